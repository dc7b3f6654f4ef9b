"""Samtale, the conversation server: features outside, rooms (model, store, service) inside."""
