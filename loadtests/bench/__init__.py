"""The bench: what a message, a connection, a reconnect and a page of history cost the server."""
