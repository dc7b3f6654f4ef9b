"""What a run has found, as figures and in words."""

from collections import Counter
from typing import Any

from loadtests.bench.machine import hardware
from loadtests.everyone.run import Found, Talk
from loadtests.everyone.stage import open_files

FAULTS_SHOWN = 20


def figures(found: Found) -> dict[str, Any]:
    """Give all that was found, for a file."""
    plan, count = found.plan, found.count
    return {
        "connections": {
            "asked": plan.connections,
            "reached": found.reached,
            "held": found.held,
            "by_server_process": list(found.by_process),
            "connect_seconds": round(found.connect_seconds, 1),
            "sent_away": count.sent_away,
            "failed": dict(count.failed),
            "lost": dict(count.lost),
            "stopped_by": found.stopped_by,
        },
        "processes": {
            "servers": plan.workers, "crowds": plan.crowds, "open_files_each": open_files(),
        },
        "memory": {name: memory.as_mb() for name, memory in found.memory.items()},
        "bytes_a_connection": bytes_a_connection(found),
        "cores": found.cores,
        "pongs_per_second": round(found.pongs_per_second, 1),
        "messages": None if found.talk is None else _messages(found.talk, found),
        "limits": "all as they are by default",
        "hardware": hardware(),
    }  # fmt: skip


def bytes_a_connection(found: Found) -> dict[str, int]:
    """Tell what a connection takes, of each kind of process and of the kernel, both its ends."""
    before, empty, idle = (found.memory.get(name) for name in ("before", "empty", "idle"))
    if before is None or empty is None or idle is None or not found.reached:
        return {}
    grown = {name: idle.proportional[name] - empty.proportional[name] for name in idle.proportional}
    kernel = idle.slab + idle.page_tables - empty.slab - empty.page_tables
    each = {**grown, "kernel": kernel, "machine": empty.available - idle.available}
    return {name: round(value / found.reached) for name, value in each.items()}


def lost(talk: Talk) -> int:
    """Count the messages that were acked, and never heard."""
    return max(0, talk.result.messages - talk.heard)


def _messages(talk: Talk, found: Found) -> dict[str, Any]:
    result = talk.result
    kinds = Counter(map(_kind, result.faults))
    p50, p99 = (result.deliveries.milliseconds(at) for at in (50, 99))
    ack50, ack99 = (result.acks.milliseconds(at) for at in (50, 99))
    then, now = found.cores["idle"], found.cores["talking"]
    more = sum(now[name] - then[name] for name in ("servers", "redis"))
    return {
        "pairs": found.plan.pairs, "rate": found.plan.rate, "seconds": round(result.seconds, 1),
        "sent": talk.sent, "acked": result.messages, "delivered": talk.heard,
        "refused": talk.refused, "lost": lost(talk), "duplicated": kinds["duplicated"],
        "reordered": kinds["reordered"], "other_faults": kinds["other"],
        "delivery_ms_p50": round(p50, 1), "delivery_ms_p99": round(p99, 1),
        "ack_ms_p50": round(ack50, 1), "ack_ms_p99": round(ack99, 1),
        "cpu_ms_a_message": round(1_000 * more * result.seconds / max(1, result.messages), 2),
        "faults": result.faults[:FAULTS_SHOWN],
    }  # fmt: skip


def _kind(fault: str) -> str:
    if fault.endswith("twice") or fault.startswith("second answer"):
        return "duplicated"
    return "reordered" if "was next" in fault or "has seq" in fault else "other"


def is_whole(found: Found) -> bool:
    """Tell whether everybody was there to the end, and nothing happened to any message."""
    talk = found.talk
    return (
        found.held == found.plan.connections
        and not found.stopped_by
        and talk is not None
        and not talk.result.faults
        and not lost(talk)
    )


def words(found: Found) -> str:
    """Say what was found."""
    plan = found.plan
    held, asked = f"{found.held:,}", f"{plan.connections:,}"
    lines = [
        f"{held} of {asked} connections held to the end by {plan.workers} server processes",
        f"{found.reached:,} authenticated in {found.connect_seconds:,.0f} s",
    ]
    if found.stopped_by:
        lines.append(f"stopped by: {found.stopped_by}")
    if found.by_process:
        lines.append(f"each process had {min(found.by_process):,} to {max(found.by_process):,}")
    for what, counted in (("failed", found.count.failed), ("lost", found.count.lost)):
        if counted:
            lines.append(f"{what}: " + ", ".join(f"{why} {n:,}" for why, n in counted.items()))
    for name, memory in found.memory.items():
        parts = [f"{kind} {size / 1e6:,.0f} MB" for kind, size in memory.proportional.items()]
        parts += [f"slab {memory.slab / 1e6:,.0f} MB", f"free {memory.available / 1e6:,.0f} MB"]
        lines.append(f"memory, {name}: " + ", ".join(parts))
    each = bytes_a_connection(found)
    if each:
        lines.append("a connection: " + ", ".join(f"{kind} {n:,} B" for kind, n in each.items()))
    for name, cores in found.cores.items():
        told = ", ".join(f"{kind} {share:.2f}" for kind, share in cores.items())
        lines.append(f"cores, {name}: {told}")
    if found.talk is not None:
        said = _messages(found.talk, found)
        lines.append(
            f"{said['sent']:,} messages at {said['rate']:g} a second:"
            f" {said['acked']:,} acked, {said['delivered']:,} delivered, {said['lost']} lost,"
            f" {said['duplicated']} duplicated, {said['reordered']} reordered;"
            f" delivered within {said['delivery_ms_p50']:.1f} ms (p50) and"
            f" {said['delivery_ms_p99']:.1f} ms (p99);"
            f" {said['cpu_ms_a_message']:.2f} ms of processor time each"
        )
        lines += said["faults"]
    return "\n".join(lines)
