"""Whether Locust and the driver agree, and if not, whether their own lateness explains it."""

from typing import Any

import pytest

from loadtests.agreement import DRIVER, LOCUST, tell


def percentiles(*values: float) -> dict[str, float]:
    return dict(zip(("p50", "p90", "p99"), values, strict=True))


def run(
    delivered: tuple[float, float, float], arrived: tuple[float, float, float], *why_invalid: str
) -> dict[str, Any]:
    """What a report says, as far as it is compared."""
    kinds = {"send to delivered": delivered, "sent to arrived": arrived}
    return {
        "total": {
            "kinds": {name: {"response_ms": percentiles(*of)} for name, of in kinds.items()}
        },
        "generators": {
            "late_ms": percentiles(0.1, 0.3, 2.0), "late_reading_ms": percentiles(0.2, 0.6, 4.0),
        },
        "why_invalid": list(why_invalid),
    }  # fmt: skip


QUICK = run((2.4, 4.7, 11.6), (2.0, 4.0, 8.0))


@pytest.mark.parametrize(
    ("other", "code", "said"),
    [
        (run((4.3, 5.1, 12.5), (2.0, 4.0, 8.0)), 0, "They agree."),
        (run((4.0, 9.6, 21.8), (2.5, 4.5, 8.9)), 0, "Apart at p90 and p99, by what the generators"),
        (run((4.0, 9.6, 21.8), (2.5, 4.5, 17.0)), 1, "and at p99 without their own lateness too"),
    ],
)
def test_a_difference_is_explained_only_if_it_is_the_generators_own(
    other: dict[str, Any], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell({LOCUST: [other], DRIVER: [QUICK]}) == code
    assert said in capsys.readouterr().out


def test_the_median_of_several_runs_is_compared() -> None:
    stalled = run((300.0, 400.0, 900.0), (250.0, 300.0, 800.0))
    assert tell({LOCUST: [QUICK, stalled, QUICK], DRIVER: [QUICK, QUICK, QUICK]}) == 0


def test_where_a_generator_was_late_and_they_are_apart_nothing_is_said_of_either() -> None:
    late = run((40.0, 96.0, 218.0), (25.0, 45.0, 170.0), "the load generator was late: 20 %")
    assert tell({LOCUST: [late], DRIVER: [QUICK]}) == 3


@pytest.mark.parametrize(
    ("why", "code"),
    [
        ("the load generator was late: 1.6% of what was due happened more than 10 ms late", 0),
        ("the clock was set by 400 ms during the run", 3),
    ],
)
def test_lateness_is_shown_and_what_else_is_wrong_with_a_run_makes_it_worthless(
    why: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    late = run((2.5, 4.7, 11.6), (2.0, 4.0, 8.0), why)
    assert tell({LOCUST: [late], DRIVER: [QUICK]}) == code
    assert f"a run of Locust: {why}" in capsys.readouterr().out
