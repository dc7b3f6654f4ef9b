-- Bubbles carry copies of what the rules need of their authors, so that one index answers a list;
-- they are kept true in the transaction that changes the account.
CREATE TABLE bubbles (
    id {rowid},
    account_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    author_active INTEGER NOT NULL,
    author_municipality BIGINT NOT NULL,
    author_born TEXT NOT NULL,
    author_alias TEXT NOT NULL,
    held TEXT,
    created_at BIGINT NOT NULL,
    edited_at BIGINT,
    picture_id BIGINT,
    symbol TEXT NOT NULL,
    interests TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX bubbles_by_account ON bubbles (account_id, id);

-- What others may find, newest first: of everyone, and of one municipality.
CREATE INDEX bubbles_listed ON bubbles (id, author_municipality, author_born, account_id)
    WHERE state = 'open' AND author_active = 1;
CREATE INDEX bubbles_by_municipality ON bubbles (author_municipality, id, author_born, account_id)
    WHERE state = 'open' AND author_active = 1;

-- The inverted index: terms are made by chat/terms.py, the same for every engine.
CREATE TABLE bubble_terms (
    term TEXT NOT NULL,
    bubble_id BIGINT NOT NULL,
    PRIMARY KEY (term, bubble_id)
) {clustered};
CREATE INDEX bubble_terms_by_bubble ON bubble_terms (bubble_id, term);
