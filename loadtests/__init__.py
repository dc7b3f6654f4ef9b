"""Load tests: many people at once, met over the wire as strangers meet the server."""
