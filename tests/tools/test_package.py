import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("chat", "protocol")


def files(root: Path) -> set[str]:
    """Every file of the server and the wire, but what Python made beside them."""
    found = (path for folder in SHIPPED for path in (root / folder).rglob("*"))
    return {
        path.relative_to(root).as_posix()
        for path in found
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.slow
def test_the_package_holds_every_file_of_the_server_and_the_wire(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for folder in SHIPPED:
        shutil.copytree(
            ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", source)
    wheel = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*wheel, "--quiet", "--wheel-dir", tmp_path, source], check=True, capture_output=True
    )
    (built,) = tmp_path.glob("samtale-*.whl")
    with ZipFile(built) as archive:
        packed = set(archive.namelist())
    assert files(source) - packed == set()
