-- Every talk is a conversation, whatever it came from.
CREATE TABLE conversations (
    id {rowid},
    kind TEXT NOT NULL,
    origin_kind TEXT NOT NULL,
    origin_id BIGINT NOT NULL,
    opener BIGINT NOT NULL,
    title TEXT NOT NULL,
    symbol TEXT NOT NULL,
    rights_version BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    last_ordinal BIGINT NOT NULL,
    opened_position BIGINT NOT NULL,
    changed_position BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    closed_at BIGINT
);
-- One conversation per (bubble, replier), however many replies arrive at once.
CREATE UNIQUE INDEX conversations_by_origin ON conversations (origin_kind, origin_id, opener);
CREATE INDEX conversations_by_opener ON conversations (opener, opened_at);
-- For the sweeper that tells people who are away.
CREATE INDEX conversations_by_change ON conversations (changed_position);

CREATE TABLE members (
    conversation_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    account_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    delivered_seq BIGINT NOT NULL,
    read_seq BIGINT NOT NULL,
    left_at BIGINT,
    PRIMARY KEY (conversation_id, number)
) {clustered};
CREATE UNIQUE INDEX members_by_account ON members (account_id, conversation_id);

-- Entries are rows of the change log: position rises in commit order over all conversations.
-- No foreign keys: this table is the hot path, and the batch has just read the conversation.
CREATE TABLE entries (
    position {rowid},
    conversation_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    kind INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    account_id BIGINT NOT NULL,
    client_id {blob},
    at BIGINT NOT NULL,
    text TEXT NOT NULL,
    edited_at BIGINT,
    deleted INTEGER NOT NULL
);
CREATE UNIQUE INDEX entries_by_seq ON entries (conversation_id, seq);
-- G3: a resend is answered by a constraint, not a cache. Client ids are time-ordered, so it appends.
CREATE UNIQUE INDEX entries_by_client_id ON entries (client_id, account_id);
