"""The wire: every type, code and rule that a server and its clients share. No I/O, no clock."""
