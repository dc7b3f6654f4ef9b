-- Who has left a conversation with whom: what they post is hidden from whoever was left, as after a
-- block, so that the two cannot be told apart. It acts one way, and ends when they write again.
CREATE TABLE partings (
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    left_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    PRIMARY KEY (account_id, left_id)
) {clustered};
CREATE INDEX partings_by_left ON partings (left_id, account_id);
