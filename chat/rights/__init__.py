"""The rights of whom data are about (GDPR art. 15, 17, 20): every feature answers for its own."""
