"""Golden frames and transcripts: what the wire looks like, byte for byte. See README.md."""
