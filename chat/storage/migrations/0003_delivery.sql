-- Mail on its way out. A claim moves due_at on, so that a process that dies gives it back.
-- Address and params are erased a day after the notice is settled (G7).
CREATE TABLE notices (
    id {rowid},
    kind TEXT NOT NULL,
    address TEXT,
    language TEXT NOT NULL,
    params TEXT,
    dedupe TEXT UNIQUE,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    settled_at BIGINT,
    failure TEXT
);
CREATE INDEX notices_by_due ON notices (state, due_at);
CREATE INDEX notices_by_settled ON notices (settled_at);
