"""The rows of the published table, by what they are about."""
