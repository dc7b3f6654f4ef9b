"""The page of a capacity search that was made by itself."""

import datetime
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from loadtests.bench.machine import hardware
from loadtests.load.runs import version
from loadtests.report.page import STYLE, capacity_section


def page(found: Mapping[str, Any]) -> str:
    """Write the page."""
    said = "".join(
        f"<p><b>{escape(what.capitalize())}:</b> {escape(one['words'])}.</p>"
        for what, one in found.items()
    )
    tone = _tone([*found.values()])
    now = datetime.datetime.now(datetime.UTC).isoformat(" ", "minutes")
    known = hardware()
    machine = (
        f"{known['cpu']}, {known['cores']} cores, {known['memory_mb']:,} MB, {known['system']}"
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Capacity</title><style>{STYLE.read_text(encoding='utf-8')}</style><main>"
        f"<header><h1>Capacity</h1><p>{escape(now)} · version {escape(version())}</p>"
        f"<p>{escape(machine)}</p></header>"
        f'<section class="verdict {tone}"><h2>What it carries</h2>{said}</section>'
        f"{capacity_section(found, words=False)}</main></html>\n"
    )


def _tone(found: Sequence[Mapping[str, Any]]) -> str:
    """Give the look: a bound is less than a capacity, and nothing at all is a failure."""
    if all(one["capacity"] for one in found):
        return "passed"
    return "doubtful" if all(one["highest"] and not one["faults"] for one in found) else "failed"
