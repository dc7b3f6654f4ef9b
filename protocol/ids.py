"""Ids: 63-bit numbers inside, 16 hex digits on the wire. They say nothing but when."""


def encode_id(number: int) -> str:
    """Write an id for the wire."""
    return f"{number:016x}"


def decode_id(text: str) -> int:
    """Read an id from the wire; `Id` has checked its form."""
    return int(text, 16)
