"""A made-up Denmark: accounts, bubbles, conversations and histories, for load tests (ADR 0021)."""
