"""Bubbles (*bobler*): what people post to find each other, and how they are found."""
