"""Whoever plays a citizen sends as the published clients do: in order, and no sooner than told."""

from collections.abc import Callable

from loadtests.letterbox import Letterbox
from protocol.errors import Then
from protocol.messages import ErrorBody


class Post:
    """A letterbox whose time passes by hand, and what was handed in by it."""

    def __init__(self) -> None:
        self.box = Letterbox[str](self._hand_in, lambda: self.now, self._wake_in)
        self.now = 1_000.0
        self.wakes_at: float | None = None
        self.handed: list[str] = []
        self.breaks = False

    def _hand_in(self, letter: str) -> int:
        self.handed.append(letter)
        if self.breaks:
            self.breaks = False
            self.box.close()
        return len(self.handed)

    def _wake_in(self, milliseconds: float | None, wake: Callable[[], None]) -> None:
        self._wake = wake
        self.wakes_at = None if milliseconds is None else self.now + milliseconds

    def write(self, *letters: str, to: str = "bo") -> None:
        for letter in letters:
            self.box.put(letter, to, letter)

    def wait_until_woken(self) -> None:
        assert self.wakes_at is not None
        self.now, self.wakes_at = self.wakes_at, None
        self._wake()


def refused(code: str = "rate_limited", milliseconds: int = 40) -> ErrorBody:
    return ErrorBody(code, "Vent lidt", Then.RETRY, milliseconds)


def test_nothing_goes_out_before_there_is_a_connection_and_each_conversation_keeps_its_order() -> (
    None
):
    post = Post()
    post.write("1", "2")
    post.write("3", to="carla")
    assert post.handed == []
    post.box.open()
    assert post.handed == ["1", "3"]
    assert post.box.answered(1, None) == "1"
    assert post.handed == ["1", "3", "2"]
    assert len(post.box) == 2


def test_whoever_meets_a_limit_waits_as_told_and_sends_the_same_again() -> None:
    post = Post()
    post.box.open()
    post.write("1", "2")
    assert post.box.answered(1, refused()) is None
    post.write("3")
    assert (post.handed, post.wakes_at) == (["1"], 1_040.0)
    post.wait_until_woken()
    assert post.handed == ["1", "1"]
    assert post.box.answered(2, None) == "1"
    assert post.handed == ["1", "1", "2"]


def test_a_limit_of_one_conversation_does_not_hold_up_another() -> None:
    post = Post()
    post.box.open()
    post.write("1", to="slow")
    post.write("2", to="quick")
    post.box.answered(1, refused(milliseconds=30_000))
    post.box.answered(2, refused(milliseconds=40))
    post.wait_until_woken()
    assert (post.now, post.handed) == (1_040.0, ["1", "2", "2"])
    post.wait_until_woken()
    assert (post.now, post.handed) == (31_000.0, ["1", "2", "2", "1"])


def test_what_was_under_way_goes_out_again_on_the_next_connection_and_a_wait_goes_on() -> None:
    post = Post()
    post.box.open()
    post.write("1")
    post.box.close()
    assert 1 not in post.box
    post.box.open()
    assert (post.handed, 2 in post.box) == (["1", "1"], True)
    post.box.answered(2, refused())
    post.box.close()
    assert post.wakes_at is None
    post.box.open()
    assert post.handed == ["1", "1"]
    post.wait_until_woken()
    assert post.handed == ["1", "1", "1"]


def test_a_line_that_breaks_while_letters_are_handed_in_leaves_the_rest_for_the_next() -> None:
    post = Post()
    post.write("1")
    post.write("2", to="carla")
    post.breaks = True
    post.box.open()
    assert (post.handed, 1 in post.box) == (["1"], False)
    post.box.open()
    assert post.handed == ["1", "1", "2"]


def test_what_the_server_could_not_do_is_settled_as_a_failure() -> None:
    post = Post()
    post.box.open()
    post.write("1")
    assert post.box.answered(1, refused("unavailable")) == "1"
    assert (len(post.box), post.handed, post.wakes_at) == (0, ["1"], None)
