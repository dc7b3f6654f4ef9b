"""Storage: the database, the group-commit writer, the change log and its migrations."""
