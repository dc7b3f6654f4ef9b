"""The verdict of a run: what all processes know, put together and judged. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from loadtests.oracle.oracle import EXAMPLES, EarData, OracleData, VoiceData
from loadtests.oracle.seqs import Seqs


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many messages went wrong, of how many.

    lost: acked, and never seen by a device of the recipient (G1, G2). gaps: numbers below one
    that was seen, which the device never got, whatever they were (G4, G5). duplicated (G3),
    reordered (G4), misdelivered (G6). unchecked: acked for someone of whom no device listened.
    """

    acked: int = 0
    heard: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    misdelivered: int = 0
    gaps: int = 0
    unchecked: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        """Everything that must be 0."""
        return self.lost + self.duplicated + self.reordered + self.misdelivered + self.gaps

    @property
    def clean(self) -> bool:
        """Whether the server kept its word, as far as was seen."""
        return self.faults == 0


def judge(known: Iterable[OracleData]) -> Verdict:
    """Judge what the oracles of all processes know at the end, when everything has settled."""
    all_known = list(known)
    acked = _acked([voice for one in all_known for voice in one["voices"]])
    examples = [line for one in all_known for line in one["examples"]]
    lost, gaps, heard_by = 0, 0, set[tuple[str, str]]()
    for ear in _ears(all_known):
        wanted, seen = acked.get(ear["conversation"], Seqs()), Seqs(ear["seen"])
        heard_by.add((ear["conversation"], ear["owner"]))
        missing = 0 if ear["left"] else wanted.missing_from(seen, ear["after"])
        holes = 0 if ear["left"] else seen.holes(wanted, ear["after"])
        lost, gaps = lost + missing, gaps + holes
        for count, what in ((missing, "lost"), (holes, "gap")):
            if count:
                examples.append(f"{what}: {ear['device']} lacks {count} of {ear['conversation']}")
    unheard, unchecked, lines = _unheard(all_known, heard_by)
    return Verdict(
        acked=sum(one["acked"] for one in all_known),
        heard=sum(one["heard"] for one in all_known),
        lost=lost + unheard,
        duplicated=sum(one["duplicated"] for one in all_known),
        reordered=sum(one["reordered"] for one in all_known),
        misdelivered=sum(one["misdelivered"] for one in all_known),
        gaps=gaps,
        unchecked=unchecked,
        examples=(examples + lines)[:EXAMPLES],
    )


def _acked(voices: Iterable[VoiceData]) -> dict[str, Seqs]:
    """Gather the acked seqs of each conversation."""
    acked: dict[str, Seqs] = {}
    for voice in voices:
        acked.setdefault(voice["conversation"], Seqs()).update(Seqs(voice["acked"]))
    return acked


def _ears(all_known: Iterable[OracleData]) -> Iterator[EarData]:
    return (ear for one in all_known for ear in one["ears"])


def _unheard(
    all_known: list[OracleData], heard_by: set[tuple[str, str]]
) -> tuple[int, int, list[str]]:
    """Count what was acked in conversations that the recipient has never heard of.

    It is lost if a device of theirs listened before the first ack; else nobody was there to see.
    """
    listening = {
        owner: since
        for one in all_known
        for _, owner, since in sorted(one["devices"], key=lambda device: -device[2])
    }
    lost, unchecked, lines = 0, 0, []
    for voice in (voice for one in all_known for voice in one["voices"]):
        if (voice["conversation"], voice["recipient"]) in heard_by:
            continue
        count = len(Seqs(voice["acked"]))
        if listening.get(voice["recipient"], float("inf")) < voice["since"]:
            lost += count
            lines.append(f"lost: {voice['recipient']} never heard of {voice['conversation']}")
        else:
            unchecked += count
    return lost, unchecked, lines
