"""What was handed out once is not handed out again."""

from hypothesis import given
from hypothesis import strategies as st

from protocol.clients.python.seen import Seen


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 40)), max_size=200))
def test_an_entry_is_new_exactly_once(entries: list[tuple[str, int]]) -> None:
    seen, before = Seen(), set()
    for conversation, seq in entries:
        assert seen.add(conversation, seq) == ((conversation, seq) not in before)
        before.add((conversation, seq))


def test_a_conversation_without_holes_takes_no_room() -> None:
    seen = Seen()
    for seq in [*range(500, 1000), *range(1, 500)]:
        seen.add("a", seq)
    assert seen._spans == {"a": [[1, 999]]}


def test_everything_is_new_again_after_clear() -> None:
    seen = Seen()
    seen.add("a", 1)
    seen.clear()
    assert seen.add("a", 1)
