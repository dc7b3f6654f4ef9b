"""Municipalities (*kommuner*): who subscribes when, and the visibility rule that follows."""
