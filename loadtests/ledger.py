"""What a run with Locust has found, gathered from all its processes."""

import json
from collections import Counter
from dataclasses import asdict

from loadtests.measures import Book, Histogram, MeterData
from loadtests.oracle import OracleData, Verdict, judge

SHOWN = (50.0, 90.0, 99.0, 99.9)


class Ledger:
    """Fills while the run goes on; `silent` are workers that never said what they know."""

    def __init__(self) -> None:
        self.book = Book()
        self.silent: list[str] = []
        self._known: list[OracleData] = []

    def take(self, data: MeterData) -> None:
        """Put in what a meter gave."""
        self.book.add(data)

    def know(self, data: OracleData) -> None:
        """Put in what an oracle knows at the end."""
        self._known.append(data)

    @property
    def any(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.book.phases) or bool(self._known)

    @property
    def verdict(self) -> Verdict:
        """What the server did to the messages."""
        return judge(self._known)

    @property
    def errors(self) -> dict[str, int]:
        """What failed, and how often."""
        total: dict[str, int] = {}
        for phase in self.book.phases.values():
            for what, count in phase.errors.items():
                total[what] = total.get(what, 0) + count
        return dict(sorted(total.items()))

    @property
    def twice(self) -> list[str]:
        """Who was played by more than one process: nobody may be."""
        players = Counter(
            owner for one in self._known for owner in {owner for _, owner, _ in one["devices"]}
        )
        return sorted(owner for owner, count in players.items() if count > 1)

    @property
    def people(self) -> int:
        """How many were there at the end."""
        return len({owner for one in self._known for _, owner, _ in one["devices"]})

    @property
    def faults(self) -> bool:
        """Whether the run has failed: a broken promise, or workers that cannot be relied on."""
        return not self.verdict.clean or bool(self.silent) or bool(self.twice)

    @property
    def kinds(self) -> list[str]:
        """Everything that was measured."""
        return sorted({kind for phase in self.book.phases.values() for kind in phase.kinds})

    def as_json(self) -> bytes:
        """Write everything that stands in the summary, and each phase."""
        phases = {
            name: {
                "offered": dict(phase.offered),
                "errors": dict(phase.errors),
                "milliseconds": {
                    kind: dict(
                        zip(map(str, SHOWN), times.response.all_milliseconds(SHOWN), strict=True)
                    )
                    | {"count": len(times.response)}
                    for kind, times in phase.kinds.items()
                },
            }
            for name, phase in self.book.phases.items()
        }
        found = {
            "verdict": asdict(self.verdict), "errors": self.errors, "silent": self.silent,
            "people": self.people, "twice": self.twice, "processes": len(self._known),
            "phases": phases,
        }  # fmt: skip
        return json.dumps(found, indent=1, ensure_ascii=False).encode()

    def summary(self) -> str:
        """Write a table of response times (ms, from the intended moment), and the verdict."""
        head = f"{'':<20}{'count':>9}" + "".join(f"{f'p{at:g}':>9}" for at in SHOWN)
        lines = [head]
        for kind in self.kinds:
            times = self.book.total(kind).response
            values = "".join(f"{value:9.1f}" for value in times.all_milliseconds(SHOWN))
            lines.append(f"{kind:<20}{len(times):>9,}{values}")
        lines += [f"{count:>9,} x {what}" for what, count in self.errors.items()]
        verdict = self.verdict
        lines.append(
            f"{verdict.acked:,} messages acked, {verdict.heard:,} heard: {verdict.lost} lost,"
            f" {verdict.duplicated} duplicated, {verdict.reordered} reordered,"
            f" {verdict.misdelivered} misdelivered, {verdict.gaps} gaps"
            f" ({verdict.unchecked:,} for people who were not there)"
        )
        lines += verdict.examples
        lines += [f"person {one} was played by two processes" for one in self.twice]
        lines += [f"nothing is known of worker {one}" for one in self.silent]
        return "\n".join(lines)


def _percentiles(times: Histogram) -> dict[str, float]:
    values = dict(zip((f"p{at:g}" for at in SHOWN), times.all_milliseconds(SHOWN), strict=True))
    return values | {"count": len(times)}
