"""Cursors: where in the log an account has got to. Opaque to clients, readable here."""


def write_cursor(epoch: str, position: int) -> str:
    """Write a cursor."""
    return f"{epoch}-{position:x}"


def read_cursor(cursor: str) -> tuple[str, int] | None:
    """Read a cursor's epoch and position; None if it is not one of ours."""
    epoch, dash, position = cursor.partition("-")
    try:
        return (epoch, int(position, 16)) if dash else None
    except ValueError:
        return None
