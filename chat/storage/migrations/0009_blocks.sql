-- Who has blocked whom. It acts both ways; only the one who blocked knows of it.
CREATE TABLE blocks (
    id {rowid},
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    blocked_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX blocks_by_pair ON blocks (account_id, blocked_id);
CREATE INDEX blocks_by_blocked ON blocks (blocked_id, account_id);

-- What one reads in a closed conversation the others are not told: they are shown where the marks
-- stood then (null: where they stand), and the change is one's own, at `own_position`.
ALTER TABLE members ADD COLUMN shown_delivered_seq BIGINT;
ALTER TABLE members ADD COLUMN shown_read_seq BIGINT;
ALTER TABLE members ADD COLUMN own_position BIGINT;
