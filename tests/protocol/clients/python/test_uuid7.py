"""Client ids: UUIDs of version 7 that rise."""

import uuid
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from protocol.clients.python.uuid7 import ClientIds, uuid7
from protocol.codec import _FORMS
from protocol.resources import ClientId

moments = st.integers(0, 2**48 - 2)
dice = st.integers(0, 2**74 - 1)


def test_the_example_of_the_rfc() -> None:
    """RFC 9562 appendix A.6."""
    rand_a, rand_b = 0xCC3, 0b01 << 60 | 0x8C4DC0C0C07398F
    assert uuid7(0x017F22E279B0, rand_a << 62 | rand_b) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(moments, dice)
def test_an_id_has_its_version_and_its_time(milliseconds: int, random: int) -> None:
    text = uuid7(milliseconds, random)
    parsed = uuid.UUID(text)
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == milliseconds
    assert _FORMS[ClientId](text)


@given(st.lists(st.tuples(moments, dice), min_size=2, max_size=50))
def test_ids_rise_whatever_the_clock_does(readings: list[tuple[int, int]]) -> None:
    clock: Iterator[int] = (milliseconds for milliseconds, _ in readings)
    random: Iterator[int] = (number for _, number in readings)
    ids = ClientIds(clock=lambda: next(clock), random=lambda: next(random))
    made = [ids.make() for _ in readings]
    assert made == sorted(set(made))


def test_ids_rise_when_the_random_part_is_at_its_end() -> None:
    ids = ClientIds(clock=lambda: 5, random=lambda: 2**74 - 1)
    first, second = ids.make(), ids.make()
    assert first < second
    assert uuid.UUID(second).int >> 80 == 6
