"""Which entries of each conversation have been handed out: the client drops what comes twice."""


class Seen:
    """Sets of seqs, kept as spans: a conversation that misses nothing is one span."""

    def __init__(self) -> None:
        self._spans: dict[str, list[list[int]]] = {}  # first and last, falling, never adjacent

    def add(self, conversation: str, seq: int) -> bool:
        """Note an entry; False if it was there."""
        spans = self._spans.setdefault(conversation, [])
        at = 0
        while at < len(spans) and spans[at][0] > seq + 1:
            at += 1
        if at == len(spans) or spans[at][1] < seq - 1:
            spans.insert(at, [seq, seq])
            return True
        span = spans[at]
        if span[0] <= seq <= span[1]:
            return False
        if seq == span[1] + 1:
            span[1] = seq
            return True
        span[0] = seq  # it stood just below this span: perhaps just above the next one too
        if at + 1 < len(spans) and spans[at + 1][1] == seq - 1:
            span[0] = spans.pop(at + 1)[0]
        return True

    def clear(self) -> None:
        """Forget everything."""
        self._spans.clear()
