from tools.check_dependencies import (
    Reason,
    astray,
    badly_locked,
    declared,
    pins,
    reasons,
    undocumented,
    unlocked,
)

LOCK = """\
# made by pip-compile
argon2-cffi==25.1.0 \\
    --hash=sha256:694ae5 \\
    --hash=sha256:fdc8b0
    # via samtale (pyproject.toml)
anyio==4.16.0 \\
    --hash=sha256:59bb03
    # via starlette
"""


def test_every_part_of_the_project_file_asks_for_packages() -> None:
    pyproject = """
        [build-system]
        requires = ["setuptools>=77"]
        [project]
        dependencies = ["Argon2_CFFI>=25.1"]
        [project.optional-dependencies]
        dev = ["pytest>=9"]
        loadtests = ["locust[x]>=2"]
    """
    assert declared(pyproject) == {"setuptools", "argon2-cffi", "pytest", "locust"}


def test_a_lock_pins_each_package_once() -> None:
    assert pins(LOCK) == {"argon2-cffi": "25.1.0", "anyio": "4.16.0"}


def test_a_lock_with_hashes_and_without_places_is_in_order() -> None:
    assert list(badly_locked("x.lock", LOCK)) == []


def test_a_lock_without_a_hash_is_refused() -> None:
    assert list(badly_locked("x.lock", LOCK + "redis==8.1.0\n")) == [
        "x.lock: redis has no hash; write it with make lock"
    ]


def test_a_lock_that_names_the_place_it_came_from_is_refused() -> None:
    for place in ("--index-url x", "--find-links=x", "anyio @ file:///x"):
        assert list(badly_locked("x.lock", f"{place}\n{LOCK}")) != []


def test_a_package_without_a_purpose_or_a_reason_is_named() -> None:
    document = (
        "| package | for | why |\n|---|---|---|\n| `a` | x | y |\n| `b` | x | |\n| `c` | x | y |\n"
    )
    rows = reasons(document)
    assert rows == {"a": Reason("x", "y"), "b": Reason("x", ""), "c": Reason("x", "y")}
    assert list(undocumented({"a", "b", "d"}, rows)) == [
        "docs/dependencies.md: b needs a row with its purpose and its reason",
        "docs/dependencies.md: d needs a row with its purpose and its reason",
        "docs/dependencies.md: c is not in pyproject.toml",
    ]


def test_the_locks_agree_and_hold_all_that_is_asked_for() -> None:
    assert list(unlocked({"a"}, {"a": "1"}, {"a": "1", "b": "2"})) == []
    assert list(unlocked({"a", "c"}, {"a": "1"}, {"a": "2"})) == [
        "requirements-dev.lock: c is missing; write it with make lock",
        "requirements-dev.lock: a is not 1 as in requirements.lock",
    ]


def test_an_environment_is_its_lock_and_nothing_more() -> None:
    assert list(astray({"a": "1"}, {"a": "1"})) == []
    assert list(astray({"a": "1", "b": "1"}, {"a": "2", "c": "1"})) == [
        ".venv: a is 2, locked is 1; see make clean",
        ".venv: b is missing, locked is 1; see make clean",
        ".venv: c is not locked; add it to pyproject.toml or see make clean",
    ]
