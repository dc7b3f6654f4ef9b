-- The change log's head: every kept change takes the next position, in commit order.
CREATE TABLE log_head (
    one {rowid},
    position BIGINT NOT NULL
);
INSERT INTO log_head (one, position) VALUES (1, 0);

-- Changes that are not entries of a conversation: rights, sessions, account entries.
-- Entries are rows of the log themselves: entries.position (see conversations).
CREATE TABLE changes (
    position {rowid},
    kind TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    account_seq BIGINT,
    at BIGINT NOT NULL
);
CREATE INDEX changes_by_account ON changes (account_id, position);

-- A new epoch is made when a backup is restored; cursors of another epoch are refused.
CREATE TABLE deployment (
    one {rowid},
    epoch TEXT NOT NULL
);
