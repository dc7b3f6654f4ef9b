-- An account exists once its address is confirmed; its state is derived (chat.accounts.model).
CREATE TABLE accounts (
    id {rowid},
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    alias TEXT NOT NULL,
    alias_key TEXT NOT NULL UNIQUE,
    born TEXT NOT NULL,
    municipality INTEGER NOT NULL,
    language TEXT NOT NULL,
    consented INTEGER NOT NULL DEFAULT 0,
    suspended INTEGER NOT NULL DEFAULT 0,
    joined_at BIGINT NOT NULL,
    account_seq BIGINT NOT NULL DEFAULT 0
);

-- Who has asked for an account. A known address gets a row too, whose link is mailed to nobody, so
-- that the work is the same. Its id becomes the account's.
CREATE TABLE registrations (
    id {rowid},
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    alias TEXT NOT NULL,
    born TEXT NOT NULL,
    municipality INTEGER NOT NULL,
    language TEXT NOT NULL,
    parent_email TEXT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX registrations_by_expiry ON registrations (expires_at);

-- Links sent by mail: only the digest of the token is kept. A parent's link never expires.
CREATE TABLE links (
    digest {blob} NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    email TEXT,
    expires_at BIGINT,
    used_at BIGINT
) {clustered};
CREATE INDEX links_by_account ON links (account_id, purpose);
CREATE INDEX links_by_expiry ON links (expires_at);

CREATE TABLE parents (
    account_id BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    email TEXT NOT NULL
) {clustered};

-- What a parent was asked and has answered, kept as evidence; the latest row is the state.
CREATE TABLE consents (
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account_id, number)
) {clustered};

CREATE TABLE sessions (
    id {rowid},
    digest {blob} NOT NULL UNIQUE,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    device TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account_id, last_seen_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE socket_tickets (
    digest {blob} NOT NULL PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
) {clustered};
CREATE INDEX socket_tickets_by_session ON socket_tickets (session_id);

-- Failed logins by the digest of the address, known or not.
CREATE TABLE login_failures (
    digest {blob} NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    since BIGINT NOT NULL,
    last BIGINT NOT NULL
) {clustered};
CREATE INDEX login_failures_by_last ON login_failures (last);
