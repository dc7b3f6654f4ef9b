"""The oracle sees each kind of fault, and nothing where there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.oracle import Ear, Oracle, Verdict, Voice, judge
from loadtests.oracle.seqs import Seqs

TALK, OTHER = "talk", "other talk"


class Couple:
    """Anna writes to Bo, whose phone listens; the test is the server."""

    def __init__(self) -> None:
        self.oracle = Oracle("run")
        self.anna: Voice = self.oracle.voice("anna", "bo")
        self.bo: Ear = self.oracle.ear("bo's phone", "bo")
        self.bo.follow(TALK, after=1)
        self.texts: dict[int, str] = {}

    def write(self, *seqs: int, ack: bool = True) -> None:
        for seq in seqs:
            self.texts[seq] = self.anna.mark() + "Hej!"
            if ack:
                self.anna.acked(TALK, self.anna.number, seq)

    def hear(self, *seqs: int) -> None:
        for seq in seqs:
            self.bo.heard(TALK, seq, self.texts[seq])

    @property
    def verdict(self) -> Verdict:
        return judge([self.oracle.data])


@pytest.fixture
def couple() -> Couple:
    couple = Couple()
    couple.write(2, 3, 4, 5)
    return couple


def test_what_arrives_once_in_order_is_fine(couple: Couple) -> None:
    couple.hear(2, 3, 4, 5)
    assert couple.verdict == Verdict(acked=4, heard=4)
    assert couple.verdict.clean


@pytest.mark.parametrize("missing", [2, 3, 5])
def test_what_was_acked_and_never_arrives_is_lost(couple: Couple, missing: int) -> None:
    couple.hear(*(seq for seq in (2, 3, 4, 5) if seq != missing))
    assert couple.verdict.lost == 1
    assert not couple.verdict.clean


def test_what_was_not_acked_may_arrive_or_not(couple: Couple) -> None:
    couple.hear(2, 3, 4, 5)
    couple.write(6, 7, ack=False)
    couple.hear(6)
    assert couple.verdict.clean


def test_what_arrives_again_is_duplicated(couple: Couple) -> None:
    couple.hear(2, 3, 3, 4, 5)
    assert couple.verdict.duplicated == 1


def test_what_was_stored_under_two_seqs_is_duplicated(couple: Couple) -> None:
    couple.hear(2, 3, 4, 5)
    couple.texts[6] = couple.texts[5]
    couple.hear(6)
    assert couple.verdict.duplicated == 1


def test_what_arrives_late_is_reordered(couple: Couple) -> None:
    couple.hear(2, 4, 3, 5)
    assert couple.verdict.reordered >= 1
    assert not couple.verdict.lost


def test_a_senders_own_order_is_kept_in_acks_and_at_the_other_end(couple: Couple) -> None:
    couple.texts[3], couple.texts[4] = couple.texts[4], couple.texts[3]
    couple.hear(2, 3, 4, 5)
    assert couple.verdict.reordered == 1
    couple.write(4)
    assert couple.verdict.reordered > 1


def test_what_was_meant_for_someone_else_is_misdelivered(couple: Couple) -> None:
    couple.hear(2, 3, 4, 5)
    stranger = couple.oracle.ear("carl's phone", "carl")
    stranger.heard(TALK, 5, couple.texts[5])
    assert couple.verdict.misdelivered == 1
    stranger.fetched(TALK, 5, couple.texts[5])
    assert couple.verdict.misdelivered == 2


def test_a_number_that_is_skipped_and_never_fetched_is_a_gap(couple: Couple) -> None:
    couple.hear(2, 3, 4, 5)
    couple.bo.heard(TALK, 8)
    assert couple.verdict.gaps == 2
    couple.bo.resumed(TALK, 6)
    couple.bo.fetched(TALK, 7)
    assert couple.verdict.clean


def test_a_resume_brings_what_was_missed_and_may_overlap(couple: Couple) -> None:
    couple.hear(2)
    couple.bo.reconnected()
    for seq in (2, 3, 4):
        couple.bo.resumed(TALK, seq, couple.texts[seq])
    couple.hear(4, 5)
    assert couple.verdict == Verdict(acked=4, heard=4)


def test_the_event_of_what_was_read_in_a_page_may_come_after_it_once_and_in_its_turn(
    couple: Couple,
) -> None:
    couple.hear(2)
    for seq in (3, 4, 5):
        couple.bo.fetched(TALK, seq, couple.texts[seq])
    couple.hear(3, 4)
    assert couple.verdict == Verdict(acked=4, heard=4)
    couple.hear(4)
    assert couple.verdict.duplicated == 1
    couple.hear(5, 3)
    assert couple.verdict.duplicated == 2


def test_the_event_of_what_was_read_comes_in_order_too(couple: Couple) -> None:
    couple.hear(2)
    couple.bo.fetched(TALK, 3, couple.texts[3])
    couple.bo.fetched(TALK, 5, couple.texts[5])
    couple.bo.reconnected()
    couple.hear(4, 3)
    assert not couple.verdict.clean


def test_what_was_sent_again_on_another_connection_may_come_there_once_after_its_ack(
    couple: Couple,
) -> None:
    couple.hear(2, 3, 4, 5)
    couple.bo.own(TALK, 6, resent=True)
    couple.bo.heard(TALK, 6)
    assert couple.verdict.clean
    couple.bo.heard(TALK, 6)
    assert couple.verdict.duplicated == 1
    couple.bo.own(TALK, 7)
    couple.bo.heard(TALK, 7)
    assert couple.verdict.duplicated == 2


def test_what_was_heard_before_a_resume_does_not_come_again_after_it(couple: Couple) -> None:
    couple.hear(2, 3)
    couple.bo.reconnected()
    for seq in (2, 3, 4, 5):
        couple.bo.resumed(TALK, seq, couple.texts[seq])
    couple.hear(3)
    assert couple.verdict.duplicated == 1


def test_history_from_before_counts_for_nothing(couple: Couple) -> None:
    couple.hear(2, 3, 4, 5)
    couple.bo.fetched(TALK, 1, "fra i fjor")
    couple.bo.fetched(OTHER, 7, "fra i fjor")
    assert couple.verdict.clean


def test_ones_own_acks_stand_for_events(couple: Couple) -> None:
    couple.hear(2, 3, 4, 5)
    reply = couple.oracle.voice("bo", "anna")
    reply.mark()
    reply.acked(TALK, reply.number, 6)
    couple.bo.own(TALK, 6)
    couple.write(7)
    couple.hear(7)
    assert couple.verdict.clean
    assert couple.verdict.unchecked == 1, "no device of Anna's listens"


def test_a_conversation_that_the_recipient_never_hears_of_is_lost(couple: Couple) -> None:
    couple.hear(2, 3, 4, 5)
    couple.anna.mark()
    couple.anna.acked(OTHER, couple.anna.number, 1)
    assert couple.verdict.lost == 1


def test_whoever_left_is_owed_nothing(couple: Couple) -> None:
    couple.hear(2, 3)
    couple.bo.leave()
    assert couple.verdict.clean


def test_workers_that_have_one_end_each_are_judged_together() -> None:
    writers, readers = Oracle("run"), Oracle("run")
    anna, bo = writers.voice("anna", "bo"), readers.ear("bo's phone", "bo")
    bo.follow(TALK, after=0)
    for seq in range(1, 1_001):
        text = anna.mark()
        anna.acked(TALK, anna.number, seq)
        if seq != 500:
            bo.heard(TALK, seq, text)
    assert judge([writers.data, readers.data]).lost == 1


def test_marks_of_another_run_say_nothing(couple: Couple) -> None:
    couple.hear(2, 3, 4, 5)
    couple.bo.heard(TALK, 6, Oracle("yesterday").voice("carl", "dora").mark())
    assert couple.verdict.clean


@pytest.mark.parametrize("seq", [-5, 10**15])
def test_a_wild_number_is_reordered_and_fills_no_memory(couple: Couple, seq: int) -> None:
    couple.hear(2, 3, 4, 5)
    couple.bo.heard(TALK, seq)
    couple.anna.acked(TALK, couple.anna.number + 1, seq)
    assert couple.verdict.reordered >= 1


NUMBERS = st.lists(st.integers(0, 300), max_size=60)


@given(NUMBERS, NUMBERS, st.integers(0, 300))
def test_sets_of_numbers_behave_as_sets(one: list[int], other: list[int], after: int) -> None:
    first, second = Seqs(), Seqs()
    news = [first.add(number) for number in one]
    assert sum(news) == len(set(one)) == len(first)
    for number in other:
        second.add(number)
    assert all((number in first) == (number in one) for number in range(310))
    missing = {number for number in one if number > after} - set(other)
    assert first.missing_from(second, after) == len(missing)
    between = set(range(max(min(one), after + 1), max(one))) if one else set()
    assert first.holes(second, after) == len(between - set(one) - set(other))
    copy = Seqs(first.data)
    copy.update(second)
    assert len(copy) == len({*one, *other})
