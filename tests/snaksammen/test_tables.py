"""The state tables: every order of events ends where the rules say, and nowhere else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.snaksammen import booking, line, onboarding, talk
from chat.snaksammen.model import AgeBand, Role
from protocol.errors import Refused

DONE = onboarding.Steps(1, 1)
TABLES: list[tuple[Any, Any, Any]] = [
    (booking.State.HELD, booking.Event, booking.after),
    (talk.State.PLANNED, talk.Event, talk.after),
    (line.State.WAITING, line.Event, line.after),
    (
        onboarding.State.ONBOARDING,
        onboarding.Event,
        lambda state, event: onboarding.after(state, event, DONE),
    ),
]
FINAL = {
    booking.State.CANCELLED, booking.State.LAPSED, booking.State.MISSED, booking.State.KEPT,
    talk.State.ENDED, talk.State.CANCELLED, talk.State.MISSED,
    line.State.TAKEN, line.State.LEFT, line.State.LAPSED, onboarding.State.ENDED,
}  # fmt: skip


@given(st.sampled_from(TABLES), st.data())
def test_what_is_over_stays_over_in_every_order_of_events(
    table: tuple[Any, Any, Any], data: st.DataObject
) -> None:
    state, events, after = table
    for event in data.draw(st.lists(st.sampled_from(list(events)), max_size=12)):
        before = state
        try:
            state = after(state, event)
        except Refused as refused:
            if refused.error.status not in {409, 410}:
                raise
        if before in FINAL:
            assert state is before


@given(st.lists(st.sampled_from(booking.Event)))
def test_a_booking_is_kept_or_missed_only_once_it_was_confirmed(events: list[Any]) -> None:
    state, confirmed = booking.State.HELD, False
    for event in events:
        try:
            state = booking.after(state, event)
        except Refused:
            continue
        confirmed |= event is booking.Event.CONFIRMED
        if state in {booking.State.KEPT, booking.State.MISSED}:
            assert confirmed


@given(st.sampled_from(AgeBand), st.sets(st.sampled_from(Role)))
def test_a_talk_runs_only_with_everyone_there_whom_the_age_asks_for(
    band: AgeBand, here: set[Role]
) -> None:
    runs = talk.on_entering(band, here) is talk.Event.ALL_CAME
    everyone = set(Role) if band is AgeBand.UNDER_15 else {Role.CITIZEN, Role.VOLUNTEER}
    assert runs == (everyone <= here)
    assert (talk.absent(band, here) is None) == runs


@given(st.sampled_from(onboarding.State), st.sampled_from(onboarding.Event))
def test_nobody_talks_before_the_steps_are_done(
    state: onboarding.State, event: onboarding.Event
) -> None:
    steps = onboarding.Steps(agreement_at=1)
    if event is onboarding.Event.ADMITTED:
        with pytest.raises(Refused, match="steps_missing"):
            onboarding.after(state, event, steps)
    elif (state, event) in onboarding.TRANSITIONS:
        assert onboarding.after(state, event, steps) in onboarding.State
    else:
        with pytest.raises(Refused, match="not_now"):
            onboarding.after(state, event, steps)


@pytest.mark.parametrize("state", list(talk.State))
def test_a_talk_is_open_or_over(state: talk.State) -> None:
    assert (state in talk.OPEN) != (state in talk.OVER)


LANGUAGES = st.sampled_from(["da", "en", "ar"])
LINES = st.lists(LANGUAGES, max_size=12).map(
    lambda spoken: [line.Waiting(n, n, language) for n, language in enumerate(spoken)]
)
FREE = st.lists(st.frozensets(LANGUAGES, min_size=1), max_size=5).map(
    lambda known: [line.Free(n, languages) for n, languages in enumerate(known)]
)


@given(LINES, FREE)
def test_nobody_is_passed_by_one_who_came_later_and_speaks_the_same(
    waiting: list[line.Waiting], free: list[line.Free]
) -> None:
    chosen = line.whom_to_offer(waiting, free)
    assert len(chosen) <= len(free)
    for one in chosen:
        earlier = [w for w in waiting if w.place < one.place and w.language == one.language]
        assert set(earlier) <= set(chosen)


@given(LINES, FREE)
def test_as_long_as_someone_is_free_who_can_serve_someone_somebody_is_offered(
    waiting: list[line.Waiting], free: list[line.Free]
) -> None:
    servable = any(w.language in one.languages for w in waiting for one in free)
    assert bool(line.whom_to_offer(waiting, free)) == servable
