-- What one process does for all: who does it, and a number that it raises as long as it lives.
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    beat BIGINT NOT NULL
) {clustered};
