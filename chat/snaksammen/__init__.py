"""SnakSammen: from a volunteer's published times to a talk that works, and its care."""
