"""Realtime: sockets, the hub that hands events to them, and the broker between processes."""
