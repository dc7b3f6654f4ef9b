"""Chaos: people talk while things break, over and over; then every promise is checked."""
