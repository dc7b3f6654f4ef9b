"""What the Makefile runs beside the tools it installs."""
