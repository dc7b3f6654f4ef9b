import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent
GUARANTEES = (REPOSITORY / "docs" / "guarantees.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", GUARANTEES)))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_is_named_as_proof_exists(file: str, test: str) -> None:
    source = (REPOSITORY / file).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {test}\(", source, re.MULTILINE)


def test_every_promise_names_its_proof() -> None:
    promises = re.split(r"^## (?=G\d)", GUARANTEES, flags=re.MULTILINE)[1:]
    assert [promise[:2] for promise in promises] == [f"G{n}" for n in range(1, 9)]
    assert all("::test_" in promise for promise in promises)
