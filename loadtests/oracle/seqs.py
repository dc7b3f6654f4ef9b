"""Sets of numbers that rise: a bit each, so that a night of messages fits in memory."""

from typing import TypedDict

FARTHEST = 2**24
"""How far from the first a number may lie; a server that counts wildly must not fill our memory."""


class SeqsData(TypedDict):
    """A set of numbers as plain values."""

    base: int
    bits: bytes


class Seqs:
    """A set of numbers near each other."""

    __slots__ = ("base", "bits")

    def __init__(self, data: SeqsData | None = None) -> None:
        self.base = data["base"] if data else -1
        self.bits = bytearray(data["bits"]) if data else bytearray()

    def add(self, number: int) -> bool:
        """Put a number in; tells whether it is new. Raises `OverflowError` if it is far off."""
        if self.base < 0:
            self.base = number & ~7
        at = (number - self.base) >> 3
        if at < 0:
            self._grow_down(number)
            at = 0
        bits = self.bits
        if at >= len(bits):
            if at > FARTHEST >> 3:
                raise OverflowError(number)
            bits.extend(bytes(at + 1 - len(bits)))
        bit = 1 << (number & 7)
        if bits[at] & bit:
            return False
        bits[at] |= bit
        return True

    def _grow_down(self, number: int) -> None:
        base = number & ~7
        if number < 0 or self.base - base > FARTHEST:
            raise OverflowError(number)
        self.bits[:0] = bytes((self.base - base) >> 3)
        self.base = base

    def __contains__(self, number: int) -> bool:
        at = (number - self.base) >> 3
        return self.base >= 0 <= at < len(self.bits) and bool(self.bits[at] & 1 << (number & 7))

    def __len__(self) -> int:
        return self._number().bit_count()

    @property
    def data(self) -> SeqsData:
        """The set as plain values."""
        return {"base": self.base, "bits": bytes(self.bits)}

    def update(self, other: "Seqs") -> None:
        """Put in everything that another set holds."""
        if other.base < 0 or (self.base >= 0 and abs(other.base - self.base) > FARTHEST):
            return
        if self.base < 0:
            self.base, self.bits = other.base, bytearray(other.bits)
            return
        base = min(self.base, other.base)
        both = self.from_base(base) | other.from_base(base)
        self.base, self.bits = (
            base,
            bytearray(both.to_bytes((both.bit_length() + 7) // 8, "little")),
        )

    def missing_from(self, other: "Seqs", after: int = 0) -> int:
        """Count what is in this set, over `after`, and not in another."""
        return _count_over(self._number() & ~other.from_base(self.base), self.base, after)

    def holes(self, known: "Seqs", after: int = 0) -> int:
        """Count what lies over `after` and below the highest, and neither set has."""
        bits = self._number()
        every = (1 << bits.bit_length()) - 1
        first = max(after + 1, self.base + (bits & -bits).bit_length() - 1)
        return _count_over(every & ~bits & ~known.from_base(self.base), self.base, first - 1)

    def from_base(self, base: int) -> int:
        """Give the set as one number, whose lowest bit stands for `base`."""
        by = self.base - base
        if self.base < 0 or by > FARTHEST:
            return 0
        return self._number() << by if by >= 0 else self._number() >> -by

    def _number(self) -> int:
        return int.from_bytes(self.bits, "little")


def _count_over(bits: int, base: int, after: int) -> int:
    skip = after + 1 - base
    return (bits >> skip if skip > 0 else bits).bit_count()
