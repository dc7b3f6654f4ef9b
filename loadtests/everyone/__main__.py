"""Connect everyone at once, let some of them talk, and tell what it takes of this machine.

    python -m loadtests.everyone --connections 439738 --rate 500 --seconds 120 --data DIR

Nothing is raised: servers and crowds keep their open files, and the limits are the default ones.
"""

import argparse
import json
import math
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from loadtests.bench.machine import require_disk
from loadtests.everyone.report import figures, is_whole, words
from loadtests.everyone.run import Plan, Run
from loadtests.everyone.stage import CROWD_FILES, SERVER_FILES, open_files
from loadtests.keeper import end_in_order
from loadtests.validity import raise_open_files

GREETINGS_PER_SECOND, MESSAGES_PER_MINUTE = 250, 60
"""What each process greets and each person may write, by default."""

SECONDS_A_MESSAGE = 4
"""How often each of those who talk writes: a quarter of what they may."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it. Exit codes: 0 everybody stayed and every message came, 1 not, 2 wrong options."""
    end_in_order()
    raise_open_files()
    options = _options(arguments)
    options.data.mkdir(parents=True, exist_ok=True)
    require_disk(options.data)
    with tempfile.TemporaryDirectory(prefix="samtale-everyone-", dir=options.data) as folder:
        run = Run(_plan(options), Path(folder))
        try:
            run.go()
        finally:
            options.output.parent.mkdir(parents=True, exist_ok=True)
            options.output.write_text(
                json.dumps(figures(run.found), indent=2, ensure_ascii=False), encoding="utf-8"
            )
            log = Path(folder) / "server.log"
            if log.exists():  # whoever wonders why can read on
                shutil.copy(log, options.output.with_suffix(".log"))
            print(words(run.found))
    return 0 if is_whole(run.found) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "loadtests.everyone", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--connections", type=int, default=439_738, help="in all (439,738)")
    parser.add_argument("--rate", type=float, default=500.0, help="messages a second (500)")
    parser.add_argument("--seconds", type=float, default=120.0, help="of talking (120)")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds of peace measured (60)")
    parser.add_argument(
        "--quiet", type=float, default=30.0,
        help="seconds between the last who comes and the peace (30: a ping's interval and more)",
    )  # fmt: skip
    parser.add_argument("--pairs", type=int, help="who talk (so many that each writes every 4 s)")
    parser.add_argument("--workers", type=int, help="server processes (as open files ask for)")
    parser.add_argument("--crowds", type=int, help="processes of people (as open files ask for)")
    parser.add_argument(
        "--per-second", type=float, help="connect no faster (four fifths of what the doors let in)"
    )
    parser.add_argument(
        "--spare-mb", type=int, default=1_500, help="stop connecting when less memory is left"
    )
    parser.add_argument("--data", type=Path, default=Path("build"), help="a folder on a disk")
    parser.add_argument("--output", type=Path, default=Path("build/everyone.json"))
    options = parser.parse_args(arguments)
    options.pairs = options.pairs or math.ceil(SECONDS_A_MESSAGE * options.rate)
    if options.rate / options.pairs > MESSAGES_PER_MINUTE / 120:
        parser.error("so few pairs would come near the limit of messages a minute: take more")
    if 2 * options.pairs >= options.connections:
        parser.error(f"{options.pairs} pairs are more than {options.connections} connections hold")
    return options


def _plan(options: argparse.Namespace) -> Plan:
    workers = options.workers or -(-options.connections // (open_files() - SERVER_FILES))
    crowds = options.crowds or -(-options.connections // (open_files() - CROWD_FILES))
    workers = max(2, workers)  # of each pair the two are at different ones
    return Plan(
        connections=options.connections, workers=workers, crowds=crowds, pairs=options.pairs,
        rate=options.rate, seconds=options.seconds, idle=options.idle, quiet=options.quiet,
        per_second=options.per_second or 0.8 * workers * GREETINGS_PER_SECOND,
        spare=options.spare_mb * 1_000_000,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
