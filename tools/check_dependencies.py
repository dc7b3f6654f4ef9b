"""Check the dependencies without the network: what is installed, what is locked, and why.

- Every package of pyproject.toml has a row with its purpose and its reason in
  docs/dependencies.md, and every row is a package of pyproject.toml.
- Every package of pyproject.toml is locked, the runtime's versions are the same in both locks,
  every locked version has its hashes, and no lock names the place where it was resolved.
- What is installed is what requirements-dev.lock says, nothing more, and fits together.

Known vulnerabilities need a service to ask: that is `make audit`.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import NamedTuple

PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)(.*)$")
PLACE = re.compile(r"\w+://|^--(?:extra-)?index-url|^--find-links|^--trusted-host", re.MULTILINE)
NAME = re.compile(r"^[A-Za-z0-9][\w.-]*")
ROW = re.compile(r"^\|\s*`([^`]+)`\s*\|(.*)\|\s*$", re.MULTILINE)


class Reason(NamedTuple):
    """A row of docs/dependencies.md."""

    purpose: str
    choice: str


def normal(name: str) -> str:
    """Return a package's name in its one normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(pyproject: str) -> set[str]:
    """Return the names of all packages that pyproject.toml asks for, the build's included."""
    table = tomllib.loads(pyproject)
    project = table["project"]
    asked: list[str] = list(table["build-system"]["requires"]) + list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        asked += extra
    return {normal(match[0]) for line in asked if (match := NAME.match(line))}


def pins(lock: str) -> dict[str, str]:
    """Return each locked package's version."""
    return {normal(match[1]): match[2] for match in map(PIN.match, lock.splitlines()) if match}


def reasons(document: str) -> dict[str, Reason]:
    """Return the rows of docs/dependencies.md by package."""
    rows = {}
    for name, rest in ROW.findall(document):
        purpose, _, choice = (part.strip() for part in rest.partition("|"))
        rows[normal(name)] = Reason(purpose, choice)
    return rows


def undocumented(asked: set[str], rows: Mapping[str, Reason]) -> Iterator[str]:
    """Yield what is asked for without a reason, and what is explained without being asked for."""
    for name in sorted(asked):
        if not all(rows.get(name, Reason("", ""))):
            yield f"docs/dependencies.md: {name} needs a row with its purpose and its reason"
    for name in sorted(set(rows) - asked):
        yield f"docs/dependencies.md: {name} is not in pyproject.toml"


def badly_locked(name: str, lock: str) -> Iterator[str]:
    """Yield what is wrong with a lock file by itself."""
    if place := PLACE.search(lock):
        yield f"{name}: names a place ({place[0]}); write it with make lock"
    blocks = re.split(r"\n(?=\S)", lock)
    for block in blocks:
        if (pin := PIN.match(block)) and "--hash=sha256:" not in block:
            yield f"{name}: {pin[1]} has no hash; write it with make lock"


def unlocked(asked: set[str], runtime: dict[str, str], whole: dict[str, str]) -> Iterator[str]:
    """Yield what is asked for but not locked, and where the two locks disagree."""
    for package in sorted(asked - whole.keys()):
        yield f"requirements-dev.lock: {package} is missing; write it with make lock"
    for package, version in sorted(runtime.items()):
        if whole.get(package) != version:
            yield f"requirements-dev.lock: {package} is not {version} as in requirements.lock"


def astray(locked: Mapping[str, str], installed: Mapping[str, str]) -> Iterator[str]:
    """Yield where an environment is not what its lock says."""
    for package, version in sorted(locked.items()):
        if installed.get(package) != version:
            found = installed.get(package, "missing")
            yield f".venv: {package} is {found}, locked is {version}; see make clean"
    for package in sorted(installed.keys() - locked.keys()):
        yield f".venv: {package} is not locked; add it to pyproject.toml or see make clean"


def problems(root: Path) -> Iterator[str]:
    """Yield one line for everything that is wrong with the dependencies of a repository."""

    def read(name: str) -> str:
        return (root / name).read_text(encoding="utf-8")

    asked = declared(read("pyproject.toml"))
    yield from undocumented(asked, reasons(read("docs/dependencies.md")))
    for name in ("requirements.lock", "requirements-dev.lock"):
        yield from badly_locked(name, read(name))
    whole = pins(read("requirements-dev.lock"))
    yield from unlocked(asked, pins(read("requirements.lock")), whole)

    installed = {normal(one.name): one.version for one in distributions()}
    installed.pop("samtale", None)
    yield from astray(whole, installed)
    pip_check = [sys.executable, "-m", "pip", "--disable-pip-version-check", "check"]
    outcome = subprocess.run(pip_check, capture_output=True, text=True, check=False)
    if outcome.returncode:
        yield from outcome.stdout.splitlines()


def main() -> int:
    """Print what is wrong with this repository's dependencies; 1 if anything is."""
    found = list(problems(Path(__file__).resolve().parent.parent))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
