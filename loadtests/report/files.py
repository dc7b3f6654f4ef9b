"""Writes a report: the page, its content as JSON, and its tables as CSV."""

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from loadtests.report.page import page


def write(found: Mapping[str, Any], path: Path) -> list[Path]:
    """Write `path`.html, `path`.run.json, `path`.timeline.csv and `path`.phases.csv; gives them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    contents = {
        ".html": page(found),
        ".run.json": json.dumps(found, indent=1, ensure_ascii=False) + "\n",
        ".timeline.csv": _csv(_seconds(found)),
        ".phases.csv": _csv(_phases(found)),
    }
    return [put(path.with_name(path.name + ending), text) for ending, text in contents.items()]


def put(path: Path, text: str) -> Path:
    """Write a file so that a reader finds the old or the new one, never a half."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=path.name, delete=False, encoding="utf-8"
    ) as file:
        file.write(text)
    half = Path(file.name)
    half.chmod(0o644)
    return half.replace(path)


def _csv(rows: Iterable[Mapping[str, Any]]) -> str:
    listed = list(rows)
    names = list(dict.fromkeys(name for row in listed for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue()


def _seconds(found: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Give a row for every second."""
    for row in found["timeline"]:
        flat = {"second": row["second"], "connections": row["connections"]}
        if row.get("talks") is not None:
            flat["talks"] = row["talks"]
        for group in ("offered", "done", "errors"):
            flat |= {f"{group} {name}": value for name, value in sorted(row[group].items())}
        for kind, times in sorted(row["ms"].items()):
            flat |= {f"{kind} {name} ms": value for name, value in times.items()}
        flat |= {f"server {name}": value for name, value in row["server"].items()}
        flat |= {f"generator {name}": value for name, value in row["generators"].items()}
        yield flat


def _phases(found: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Give a row for every stage and kind."""
    for phase in found["phases"]:
        for kind, times in phase["kinds"].items():
            yield {
                "stage": phase["name"],
                "counts": phase["counts"],
                "kind": kind,
                "count": times["count"],
                "per_second": phase["done_per_second"][kind],
                **{f"response {name} ms": value for name, value in times["response_ms"].items()},
                **{f"service {name} ms": value for name, value in times["service_ms"].items()},
            }
