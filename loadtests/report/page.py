"""The report as one page that needs nothing else: styles and plots stand in it."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from loadtests.report import words
from loadtests.report.plots import capacity_plots, plots
from loadtests.report.svg import number

STYLE = Path(__file__).parent / "style.css"
TONES = {"passed": "passed", "failed": "failed", "does not count": "doubtful"}
SHOWN = ("p50", "p90", "p99", "p99_9", "p99_99", "max")
HELP = (
    ("Response time, service time",
     ("Response time counts from the moment at which the schedule wanted something done, service"
     " time from when the generator really sent it. A server that stalls is asked less, so service"
     " time flatters it; judge by response time. Where the two differ much, the generator was"
     " late.")),
    ("Sent to arrived",
     ("The server's part of a delivery: from when the message was really sent until the kernel of"
     " the partner's machine had it. What the load generator itself was late, in sending and in"
     " reading, is in send to delivered and not in this. Over TLS only the sending is known.")),
    ("Lost, duplicated, reordered, misdelivered, gaps",
     ("Every message carries a mark. Lost: acked, and never seen by the recipient. Duplicated: seen"
     " twice, or stored twice. Reordered: numbers or a sender's own order broken. Misdelivered: a"
     " device got what was meant for others. Gap: a number that was skipped and that no resume has"
     " brought. Anything but 0 fails the run.")),
    ("Does not count",
     ("The generator itself was late, starved, out of ports or had its clock set. Its figures are"
     " shown, but say nothing about the server. Give it a quieter or a bigger machine.")),
    ("Cost per message",
     ("All of the server's processor time in the stage, divided by the messages acked in it. Idle"
     " connections, reconnects and histories are in it too.")),
)  # fmt: skip


def page(found: Mapping[str, Any]) -> str:
    """Write the page of a report's content."""
    name = escape(found["scenario"])
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{words.title(found)}: {name}</title>"
        f"<style>{STYLE.read_text(encoding='utf-8')}</style><main>"
        f"<header><h1>Load test: {name}</h1><p>{escape(found['about'])}</p>"
        f"<p>{_facts(found)}</p></header>"
        f"{_verdict(found)}{_tiles(found)}"
        f"<h2>Second by second</h2>{plots(found)}"
        f"{capacity_section(found['capacity'] or {})}"
        f"<h2>Figures by stage</h2>{_phases(found)}"
        f"<h2>Can the run be trusted?</h2>{_validity(found)}"
        f"<h2>Circumstances</h2>{_circumstances(found)}"
        f"{_help()}</main></html>\n"
    )


def _facts(found: Mapping[str, Any]) -> str:
    facts = [
        found["began"].replace("T", " ").replace("+00:00", " UTC"),
        f"{number(found['seconds'])} s",
        f"against {found['target']}",
        f"load by {found['generator']}",
    ]
    if found["version"]:
        facts.append(f"version {found['version']}")
    return escape(" · ".join(facts))


def _verdict(found: Mapping[str, Any]) -> str:
    said = "".join(f"<p>{escape(one)}</p>" for one in words.sentences(found))
    examples = found["oracle"]["examples"]
    if examples:
        listed = "".join(f"<li>{escape(one)}</li>" for one in examples[:8])
        said += f"<ul>{listed}</ul>"
    tone = TONES[found["outcome"]]
    return f'<section class="verdict {tone}"><h2>{words.title(found)}</h2>{said}</section>'


def _tiles(found: Mapping[str, Any]) -> str:
    total, oracle, server = found["total"], found["oracle"], found["total"]["server"]
    delivered = total["kinds"].get("send to delivered", {})
    faults = sum(oracle[one] for one in ("lost", "duplicated", "reordered", "misdelivered", "gaps"))
    errors = sum(total["errors"].values())
    tiles = [
        ("offered", total["offered_per_second"].get("send to ack"), "/s", ""),
        ("delivered", total["done_per_second"].get("send to delivered"), "/s", ""),
        ("delivery, half within", words.known(delivered, "p50"), "ms", ""),
        ("delivery, 99 % within", words.known(delivered, "p99"), "ms", _tone(found)),
        ("delivery, 99.9 % within", words.known(delivered, "p99_9"), "ms", ""),
        ("messages gone wrong", faults, "", "bad" if faults else "good"),
        ("errors", errors, "", "bad" if errors else "good"),
        ("server's cores in use", server["cpu"], "", ""),
        ("server's CPU a message", server["cpu_us_per_message"], "µs", ""),
        ("server's memory", server["memory_mb"], "MB", ""),
        ("server's loop lag, 99 %", server["loop_lag_ms_p99"], "ms", ""),
    ]
    shown = (
        f'<div class="tile {tone}"><b>{number(value)} <small>{unit}</small></b>'
        f"<span>{escape(name)}</span></div>"
        for name, value, unit, tone in tiles
    )
    return f'<section class="tiles">{"".join(shown)}</section>'


def _tone(found: Mapping[str, Any]) -> str:
    objective = found["objective"]
    if not objective or objective["reached_ms"] is None:
        return ""
    return "good" if objective["reached_ms"] <= objective["milliseconds"] else "bad"


def capacity_section(capacity: Mapping[str, Any], *, words: bool = True) -> str:
    """Show what a search found: in words, if they are not said before; plots; and every step."""
    parts = []
    for what in ("messages", "connections"):
        one = capacity.get(what)
        if not one:
            continue
        rows = [
            [
                _cell(number(step["offered"])),
                _came(step),
                _cell(number(step["delivered"])),
                _cell(number(step["p50_ms"])),
                _cell(number(step["p99_ms"])),
                _cell(number(step["server"]["cpu"])),
                _cell(number(step["server"]["cpu_us_per_message"])),
                _cell(number(step["server"]["memory_mb"])),
                _cell(number(step["server"]["loop_lag_ms_p99"])),
                _cell(number(step["generator_cpu"])),
            ]
            for step in one["steps"]
        ]
        unit = "messages/s" if what == "messages" else "connections"
        parts.append(
            f"<h2>Capacity: {what}</h2>"
            + (f"<p>{escape(_sentence(one['words']))}.</p>" if words else "")
            + f"{capacity_plots(what, one)}"
            + _table(
                [unit, "came of it", "delivered/s", "p50 ms", "p99 ms", "server cores",
                 "µs a message", "memory MB", "loop lag p99 ms", "generator core"],
                rows,
            )
        )  # fmt: skip
    return "".join(parts)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


CAME = {
    "kept": ("within", "kept"),
    "missed": ("over", "missed"),
    "unsure": ("", "missed; generator unfit"),
}


def _came(step: Mapping[str, Any]) -> str:
    look, said = CAME[step["came"]]
    return f'<td class="{look}" title="{escape(step["words"])}">{said}</td>'


def _phases(found: Mapping[str, Any]) -> str:
    rows = []
    for phase in found["phases"]:
        server = phase["server"]
        errors = sum(phase["errors"].values())
        title = phase["name"] if phase["counts"] else f"{phase['name']} (does not count)"
        facts = f"{number(phase['seconds'])} s"
        if server["cpu"] is not None:
            facts += f", server {number(server['cpu'])} cores"
        if server["cpu_us_per_message"]:
            facts += f", {number(server['cpu_us_per_message'])} µs a message"
        facts += f", {number(errors)} errors"
        rows.append(
            f'<tr class="group"><td>{escape(title)}</td><td class="words" colspan="9">'
            f"{escape(facts)}</td></tr>"
        )
        for what, count in phase["errors"].items():
            rows.append(
                f'<tr><td class="over">{escape(what)}</td><td class="over">{count}</td>'
                '<td colspan="8"></td></tr>'
            )
        for kind, times in phase["kinds"].items():
            done = phase["done_per_second"][kind]
            cells = [_cell(kind), _cell(number(times["count"])), _cell(number(done))]
            cells += [_cell(number(words.known(times, one))) for one in SHOWN]
            cells.append(_cell(number(times["service_ms"]["p99"])))
            rows.append(f"<tr>{''.join(cells)}</tr>")
    heads = ["ms, response time", "count", "/s", *(_percent(one) for one in SHOWN), "service p99"]
    return _frame(heads, rows)


def _percent(name: str) -> str:
    return name.replace("_", ".")


def _validity(found: Mapping[str, Any]) -> str:
    seen, oracle = found["generators"], found["oracle"]
    reading = seen["late_reading_ms"]
    rows = [
        ["half of what was due happened within", f"{number(seen['late_ms']['p50'])} ms"],
        ["99 % of what was due happened within", f"{number(seen['late_ms_p99'])} ms"],
        ["the latest happened after", f"{number(seen['late_ms_worst'])} ms"],
        ["half of what had arrived was read within", f"{number(reading['p50'])} ms"],
        ["99 % of what had arrived was read within", f"{number(reading['p99'])} ms"],
        ["busiest generator, share of a core over 5 s", f"{100 * seen['busiest_core']:.0f} %"],
        ["the clock was set by at most", f"{number(seen['clock_step_ms'])} ms"],
        ["open files used", f"{100 * seen['files_used']:.0f} %"],
        ["ports used", f"{100 * seen['ports_used']:.0f} %"],
        ["acked messages that no device of the recipient could confirm", oracle["unchecked"]],
    ]
    verdict = "; ".join(found["why_invalid"]) or "Yes: the generator did what it was told, in time."
    return f"<p>{escape(verdict)}</p>" + _table(
        ["what was watched", "seen"], [[_cell(name), _cell(value)] for name, value in rows]
    )


def _circumstances(found: Mapping[str, Any]) -> str:
    facts = {**found["machine"], **found["settings"]}
    return _table(
        ["", ""],
        [[_cell(_plain(name)), _cell(value, "words")] for name, value in facts.items()],
    )


def _plain(name: str) -> str:
    """Name a circumstance in words; a setting as it is set."""
    return name if name.isupper() else name.replace("_", " ")


def _help() -> str:
    items = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in HELP)
    return f"<details><summary>How to read this page</summary><dl>{items}</dl></details>"


def _cell(value: object, look: str = "") -> str:
    return (
        f'<td class="{look}">{escape(str(value))}</td>'
        if look
        else f"<td>{escape(str(value))}</td>"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return _frame(heads, [f"<tr>{''.join(cells)}</tr>" for cells in rows])


def _frame(heads: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    head = f"<thead><tr>{head}</tr></thead>" if any(heads) else ""
    return f'<div class="scroll"><table>{head}<tbody>{"".join(rows)}</tbody></table></div>'
