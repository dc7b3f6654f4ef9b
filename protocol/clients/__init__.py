"""Clients of the protocol: the only part of `protocol` that does I/O."""
