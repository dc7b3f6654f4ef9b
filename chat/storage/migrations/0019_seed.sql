-- What `samtale seed` was asked to make, and how far it has got. Empty wherever real people live.
CREATE TABLE seeded (
    one {rowid},
    plan TEXT NOT NULL,
    done BIGINT NOT NULL
);
