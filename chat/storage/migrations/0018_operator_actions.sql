-- What operators did from the command line: written before it is done, settled after.
-- `operator` is who was logged in on the machine; `target` an id or a code, never an address.
CREATE TABLE operator_actions (
    id {rowid},
    at BIGINT NOT NULL,
    operator TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    outcome TEXT NOT NULL
);
