-- Up to which entry someone was told that another has written. Until they have read that far, they
-- are not told again.
CREATE TABLE told (
    account_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    up_to_seq BIGINT NOT NULL,
    PRIMARY KEY (account_id, conversation_id)
) {clustered};

-- Up to where everything is settled: `answers` by position in the log, `bubbles` by bubble.
CREATE TABLE settled (
    what TEXT PRIMARY KEY,
    up_to BIGINT NOT NULL
) {clustered};
