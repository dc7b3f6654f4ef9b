"""What an operator sees of a running process: metrics and readiness, on a port of their own."""
