"""The commands of operators: each adds itself to the command line, and does its work."""
