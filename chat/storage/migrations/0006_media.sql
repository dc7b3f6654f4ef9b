-- What an account has uploaded, re-encoded. `digest` is the SHA-256 of the upload itself: sending
-- it again finds the same picture. `unclaimed_since` is null while something shows the picture.
CREATE TABLE pictures (
    id {rowid},
    account_id BIGINT NOT NULL,
    digest {blob} NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    unclaimed_since BIGINT
);
CREATE UNIQUE INDEX pictures_by_digest ON pictures (account_id, digest);
CREATE INDEX pictures_unclaimed ON pictures (unclaimed_since) WHERE unclaimed_since IS NOT NULL;

-- Beside the rows that change, so that a claim does not rewrite a hundred kilobytes.
CREATE TABLE picture_files (
    picture_id {rowid},
    thumb {blob} NOT NULL,
    image {blob} NOT NULL
);

-- What shows a picture: a bubble, later a message. The last to let go erases it.
CREATE TABLE picture_claims (
    picture_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    of_id BIGINT NOT NULL,
    PRIMARY KEY (picture_id, kind, of_id)
) {clustered};
