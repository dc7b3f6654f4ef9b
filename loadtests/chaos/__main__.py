"""The command: `python -m loadtests.chaos`, or `make chaos`."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from loadtests.chaos.checker import Kind
from loadtests.chaos.runs import Outcome, under_fault, with_bug
from loadtests.chaos.setups import SETUPS
from loadtests.progress import Bar
from protocol.clients.python.outcome import Interrupted

DESCRIPTION = """\
Lets people talk while the server is killed, frozen, starved and cut off; then holds what they
experienced against what the store says. Afterwards it plants bugs in the server, one by one: each
must be caught, or the checker is worth nothing.
"""
BUGS = (
    "ack_before_commit",
    "ack_tells_another_number",
    "asked_again_is_done_again",
    "changes_are_not_told",
    "edits_are_acked_and_forgotten",
    "event_tells_another_number",
    "everyone_hears",
    "history_skips_one",
    "marks_stand_still",
    "numbers_have_holes",
    "publish_is_forgotten",
    "refused_is_acked",
    "resends_are_new",
    "resume_forgets_a_conversation",
    "resume_skips_the_first",
    "unsynced_commit",
)
SHARE_OF_KILLS = 0.5
"""Half of all kills come at random, the rest at the named points."""

SHOWN = 10
"""Of what one fault has broken, so much is told."""

POINTS = ("before_commit", "after_commit", "before_publish", "before_ack", "after_ack")


def main() -> int:
    """Run it. Exit codes: 0 all promises kept and all bugs caught, 1 not, 2 wrong use."""
    options = _parser().parse_args()
    plan = [
        (setup, kind)
        for setup in options.setup or SETUPS
        for kind in SETUPS[setup].faults
        if not options.only or kind in options.only
    ]
    outcomes = [_run(setup, kind, options, len(plan)) for setup, kind in plan]
    _write(options.output, _report(outcomes, []))  # now: an hour's work, whatever the bugs do
    caught = [] if options.only else [_plant(bug) for bug in BUGS]
    report = _report(outcomes, caught)
    _write(options.output, report)
    print(_sum(outcomes, report))
    return 1 if any(outcome.broken for outcome in outcomes) or not all(caught) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "loadtests.chaos",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=300, help="kills in all (default 300)")
    parser.add_argument("--strikes", type=int, default=10, help="of each other fault (default 10)")
    parser.add_argument(
        "--messages", type=int, default=300_000, help="acked in all, at least (default 300000)"
    )
    parser.add_argument("--pairs", type=int, default=10, help="pairs who talk (default 10)")
    parser.add_argument("--seed", type=int, default=1, help="of the dice (default 1)")
    parser.add_argument("--setup", nargs="+", choices=SETUPS, help="only these setups")
    kinds = sorted({kind for setup in SETUPS.values() for kind in setup.faults})
    parser.add_argument("--only", nargs="+", choices=kinds, help="only these faults, no bugs")
    parser.add_argument("--output", type=Path, default=Path("build/chaos.json"))
    return parser


def _run(setup: str, kind: str, options: argparse.Namespace, faults: int) -> Outcome:
    if kind == "kill":
        strikes = round(options.kills * SHARE_OF_KILLS)
    elif kind in POINTS:
        strikes = round(options.kills * (1 - SHARE_OF_KILLS) / len(POINTS))
    else:
        strikes = options.strikes
    share = options.messages // faults
    with Bar(kind, strikes) as bar:
        outcome = asyncio.run(
            under_fault(
                kind,
                setup=setup,
                runs=strikes,
                messages=share,
                pairs=options.pairs,
                seed=options.seed,
                progress=lambda runs, acked: bar.show(runs),
            )
        )
    print(_row(outcome), flush=True)
    for broken in outcome.broken[:SHOWN]:  # now: the rest may take an hour
        print(f"{kind}: {broken.kind}: {broken.what}", file=sys.stderr, flush=True)
    return outcome


def _plant(bug: str) -> bool:
    """Tell whether a bug was caught; a server that gives no answer any more catches none."""
    try:
        broken = asyncio.run(with_bug(bug))
    except Interrupted:  # the other bugs are still to be planted
        print(f"planted {bug}: NO ANSWER from the server", flush=True)
        return False
    print(f"planted {bug}: {'caught' if broken else 'NOT CAUGHT'}", flush=True)
    return bool(broken)


def _write(path: Path, report: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")


def _report(outcomes: list[Outcome], caught: list[bool]) -> dict[str, object]:
    broken = [one for outcome in outcomes for one in outcome.broken]
    acked = sum(outcome.acked for outcome in outcomes)
    return {
        "acked": acked,
        **{str(kind): sum(one.kind is kind for one in broken) for kind in Kind},
        "setups": [
            _setup(setup.title, [one for one in outcomes if one.setup == name])
            for name, setup in SETUPS.items()
            if any(one.setup == name for one in outcomes)
        ],
        "seeded_bugs": {"planted": len(caught), "caught": sum(caught)},
    }


def _setup(title: str, outcomes: list[Outcome]) -> dict[str, object]:
    return {
        "name": title,
        "kills": sum(outcome.kills for outcome in outcomes),
        "acked": sum(outcome.acked for outcome in outcomes),
        "faults": [
            {
                "kind": outcome.kind,
                "runs": outcome.runs,
                "heal_s_max": round(outcome.heal_s_max, 3),
            }
            for outcome in outcomes
        ],
    }


def _row(one: Outcome) -> str:
    return (
        f"{one.setup:<18}{one.kind:<24}{one.runs:>6} strikes{one.acked:>10,} acked"
        f"   healed in {one.heal_s_max:.2f} s{len(one.broken):>6} broken"
    )


def _sum(outcomes: list[Outcome], report: dict[str, object]) -> str:
    counts = ", ".join(f"{report[str(kind)]} {kind}" for kind in Kind)
    kills = sum(outcome.kills for outcome in outcomes)
    return f"{kills} kills, {report['acked']:,} acked: {counts}; bugs: {report['seeded_bugs']}"


if __name__ == "__main__":
    sys.exit(main())
