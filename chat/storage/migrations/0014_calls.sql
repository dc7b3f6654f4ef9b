-- Calls: what state they are in stands here, so that one outlives the process that signalled it.
CREATE TABLE calls (
    id {rowid},
    conversation_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    started_by INTEGER NOT NULL,
    started_at BIGINT NOT NULL,
    expires_at BIGINT,
    ends_at BIGINT,
    warned INTEGER NOT NULL,
    extensions INTEGER NOT NULL,
    due_at BIGINT,
    ended_at BIGINT,
    reason TEXT
);
-- One live call in a conversation, however many start one at once.
CREATE UNIQUE INDEX calls_live ON calls (conversation_id) WHERE ended_at IS NULL;
-- For the clock that moves them on.
CREATE INDEX calls_due ON calls (due_at) WHERE ended_at IS NULL;
CREATE INDEX calls_by_end ON calls (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE call_parties (
    call_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    account_id BIGINT NOT NULL,
    device TEXT NOT NULL,
    medium TEXT NOT NULL,
    direct INTEGER NOT NULL,
    connected INTEGER NOT NULL,
    wants_more INTEGER NOT NULL,
    here INTEGER NOT NULL,
    PRIMARY KEY (call_id, number)
) {clustered};
