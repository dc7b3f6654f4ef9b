"""Notifications: who is told by mail of what they have missed, and when."""
