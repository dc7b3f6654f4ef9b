"""Two versions of the server side by side: this one, and the one before it.

The one before is what `VERSION_BEFORE` in the environment names, else the newest release (tag) that
is not this commit; where there is none, the last commit before the schema changed. Both stand in
one place under the same names, and which of them a process becomes that is started there is
switched as an upgrade on the spot does it.
"""

import os
import shutil
import subprocess
from pathlib import Path

from loadtests.cluster import ClusterProcess, Station
from loadtests.keeper import REPOSITORY

PARTS = ("chat", "protocol")
MIGRATIONS = "chat/storage/migrations"


class NoVersionBefore(Exception):
    """There is no earlier version here: no history, or one without an earlier schema."""


def version_before() -> str:
    """Name the commit of the version before this one. Raises `NoVersionBefore`."""
    told = os.environ.get("VERSION_BEFORE") or _git("describe", "--tags", "--abbrev=0", "HEAD^")
    if told:
        return told
    changed = _git("log", "-1", "--format=%H", "--diff-filter=A", "--", MIGRATIONS)
    before = _git("rev-parse", "--verify", "--quiet", f"{changed}^") if changed else ""
    if not before:
        raise NoVersionBefore("the repository's history has no version before this one")
    return before


def _git(*words: str) -> str:
    asked = subprocess.run(  # noqa: S603 — fixed words
        ["git", *words],  # noqa: S607 — whichever git there is
        cwd=REPOSITORY, check=False, capture_output=True, text=True,
    )  # fmt: skip
    return asked.stdout.strip() if asked.returncode == 0 else ""


class VersionedCluster(ClusterProcess):
    """Several processes of the version before, until `switch`."""

    def __init__(
        self, data: Path, workers: int, station: Station, module: str, **environment: str
    ) -> None:
        super().__init__(data, workers, station, module, **environment)
        self._trees = {True: data / "before", False: data / "now"}
        self._is_before = True
        self.home = data / "program"
        self.home.mkdir(parents=True)
        _unpack(version_before(), self._trees[True])
        for part in PARTS:
            shutil.copytree(REPOSITORY / part, self._trees[False] / part)
        self._link()

    def switch(self) -> None:
        """Put the other version in the place of this one; who runs already goes on."""
        self._is_before = not self._is_before
        self._link()

    def _link(self) -> None:
        for part in PARTS:
            new = self.home / f"{part}.new"
            new.symlink_to(self._trees[self._is_before] / part)
            new.replace(self.home / part)


def _unpack(commit: str, folder: Path) -> None:
    archive = subprocess.run(  # noqa: S603 — fixed words
        ["git", "archive", commit, *PARTS],  # noqa: S607 — whichever git there is
        cwd=REPOSITORY, check=True, capture_output=True,
    )  # fmt: skip
    folder.mkdir()
    subprocess.run(["tar", "-x"], cwd=folder, check=True, input=archive.stdout)  # noqa: S607
