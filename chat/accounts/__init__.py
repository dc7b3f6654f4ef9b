"""Accounts: who takes part, under which alias, from where they are logged in."""
