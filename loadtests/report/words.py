"""What a report says first, in plain words."""

from collections.abc import Mapping
from typing import Any

from loadtests.report.svg import number

NEEDED = {"p99": 100, "p99_9": 1_000, "p99_99": 10_000}
"""So many values a percentile needs to say more than the longest."""

TITLES = {
    "passed": "Passed",
    "failed": "Failed",
    "does not count": "This result does not count",
}


def title(found: Mapping[str, Any]) -> str:
    """Say how it ended, in a few words."""
    return TITLES[found["outcome"]]


def known(times: Mapping[str, Any], name: str) -> float | None:
    """Give a percentile of response times; None if there were too few for it to mean anything."""
    enough = times.get("count", 0) >= NEEDED.get(name, 1)
    return times["response_ms"][name] if enough else None


def sentences(found: Mapping[str, Any]) -> list[str]:
    """Say what was found, the most important first."""
    said = []
    if found["outcome"] == "does not count":
        said.append(f"Why: {'; '.join(found['why_invalid'])}.")
    elif found["why_failed"]:
        said.append(f"Why: {'; '.join(found['why_failed'])}.")
    said += [_load(found), _correctness(found["oracle"])]
    if found["outcome"] == "failed" and found["why_invalid"]:
        said.append(f"Its times do not count either: {'; '.join(found['why_invalid'])}.")
    said += _capacity(found["capacity"] or {})
    said += found["notes"]
    return [one for one in said if one]


def _load(found: Mapping[str, Any]) -> str:
    total = found["total"]
    offered = total["offered_per_second"].get("send to ack")
    delivered = total["kinds"].get("send to delivered")
    if not offered or not delivered:
        return "No message was delivered in a stage that counts."
    times = [
        f"{share} within {number(value)} ms"
        for name, share in (("p50", "half of them"), ("p99", "99 %"), ("p99_9", "99.9 %"))
        if (value := known(delivered, name)) is not None
    ]
    return (
        f"{number(offered)} messages a second were offered for {number(total['seconds'])} s, and"
        f" {number(total['done_per_second']['send to delivered'])} a second were delivered:"
        f" {', '.join(times)} of the moment when they were due."
    )


def _correctness(oracle: Mapping[str, Any]) -> str:
    acked = f"{number(oracle['acked'])} acked messages"
    faults = ("lost", "duplicated", "reordered", "misdelivered")
    if not any(oracle[one] for one in (*faults, "gaps")):
        return f"Of {acked}, none was lost, duplicated, reordered or misdelivered; no gap was left."
    listed = ", ".join(f"{number(oracle[one])} {one}" for one in faults)
    return f"Of {acked}: {listed}; {number(oracle['gaps'])} gaps were left."


def _capacity(capacity: Mapping[str, Any]) -> list[str]:
    return [
        f"Capacity, {what}: {one['words']}."
        for what in ("messages", "connections")
        if (one := capacity.get(what))
    ]
