-- A message changes in place; the entry that says so names it as `target`. All are null for the
-- plain message that most are.
ALTER TABLE entries ADD COLUMN target BIGINT;
ALTER TABLE entries ADD COLUMN changed_seq BIGINT;
ALTER TABLE entries ADD COLUMN reply_to BIGINT;
ALTER TABLE entries ADD COLUMN picture_id BIGINT;
ALTER TABLE entries ADD COLUMN reactions TEXT;
ALTER TABLE entries ADD COLUMN pinned INTEGER;
CREATE INDEX entries_pinned ON entries (conversation_id, seq) WHERE pinned = 1;

-- What a message said before it was edited or deleted: evidence for reports, for a stated time.
CREATE TABLE earlier_texts (
    conversation_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    changed_seq BIGINT NOT NULL,
    text TEXT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, seq, changed_seq)
) {clustered};
CREATE INDEX earlier_texts_by_end ON earlier_texts (until);

-- One's own side of a conversation, which nobody else sees.
ALTER TABLE members ADD COLUMN muted_until BIGINT;
ALTER TABLE members ADD COLUMN archived_ordinal BIGINT;
ALTER TABLE members ADD COLUMN marked_unread INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN draft TEXT;
ALTER TABLE members ADD COLUMN left_position BIGINT;
CREATE INDEX members_by_leaving ON members (account_id, left_position)
    WHERE left_position IS NOT NULL;
