"""Golden transcripts: how their replayers read and match them (protocol/golden/README.md)."""

import json
from pathlib import Path
from typing import Any

from protocol.golden.render import HERE

TRANSCRIPTS = sorted((HERE / "transcripts").glob("*.json"))


def read_transcript(path: Path) -> dict[str, Any]:
    transcript: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {"authenticated": True, "replay": ["server", "clients"]} | transcript


def client_values() -> dict[str, Any]:
    """What wildcards stand for when a client is replayed."""
    values: dict[str, Any] = json.loads((HERE / "values.json").read_bytes())
    return values


def transcripts_for(whom: str) -> list[Path]:
    return [path for path in TRANSCRIPTS if whom in read_transcript(path)["replay"]]


def is_wildcard(pattern: object) -> bool:
    return isinstance(pattern, str) and pattern.startswith("$")


def fill(pattern: Any, bound: dict[str, Any]) -> Any:
    """Write a pattern with what its wildcards stand for; unbound, for themselves."""
    match pattern:
        case str() if is_wildcard(pattern):
            return bound.setdefault(pattern, pattern)
        case list():
            return [fill(each, bound) for each in pattern]
        case dict():
            return {key: fill(value, bound) for key, value in pattern.items()}
        case _:
            return pattern


def assert_fits(pattern: Any, actual: Any, bound: dict[str, Any], path: str = "frame") -> None:
    """Match a value with a pattern, binding its wildcards."""
    match pattern:
        case str() if is_wildcard(pattern):
            assert actual == bound.setdefault(pattern, actual), f"{path} is not {pattern}"
        case dict():
            assert isinstance(actual, dict), f"{path}: {actual}"
            assert set(actual) == set(pattern), f"{path}: {actual}"
            for key in pattern:
                assert_fits(pattern[key], actual[key], bound, f"{path}.{key}")
        case list():
            assert isinstance(actual, list), f"{path}: {actual}"
            assert len(actual) == len(pattern), f"{path}: {actual}"
            for at, (each, other) in enumerate(zip(pattern, actual, strict=True)):
                assert_fits(each, other, bound, f"{path}[{at}]")
        case _:
            assert actual == pattern, f"{path}: {actual} is not {pattern}"
