"""Calls: video, voice or text at the same time, in any conversation whose policy allows them."""
