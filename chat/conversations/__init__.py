"""Conversations (*samtaler*): the one messaging core behind every origin."""
