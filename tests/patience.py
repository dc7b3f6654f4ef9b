"""How long tests wait for what must come."""

PATIENCE_SECONDS = 30.0
"""Longer than the busiest machine takes: whoever passes does not wait for it to be over.

What must come within a time of the product's own is held to that instead, and marked `alone`.
"""
