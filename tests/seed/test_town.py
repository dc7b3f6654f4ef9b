"""The made-up town follows the rules of the real one, and the figures it was made from."""

import datetime
from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat.accounts.model import age
from chat.municipalities.model import visible
from chat.safety.model import contact_allowed
from chat.seed import model
from chat.seed.model import BadPlan, Circle, Plan, Town, letters, shared_out
from chat.seed.people import People

UNTIL = 1_795_000_000_000
CODES = list(range(101, 199))
SUBSCRIBING = frozenset({101, 151, 157, 159, 167, 173, 183, 185, 190})

PLANS = st.builds(
    Plan, st.integers(2, 450), st.integers(0, 3_000).filter(lambda n: n != 1), st.integers(),
    st.just(UNTIL),
)  # fmt: skip


def people(plan: Plan) -> People:
    return People.new(plan.accounts, plan.messages, plan.seed)


def circles(plan: Plan) -> list[Circle]:
    of = people(plan)
    town = Town(plan, of, CODES, SUBSCRIBING)
    return [town.circle(number) for number in range(of.circles)]


@settings(max_examples=25, deadline=None)
@given(PLANS)
@example(Plan(200, 2, 0, UNTIL))
@example(Plan(450, 3, 0, UNTIL))
def test_everybody_lives_in_one_circle_and_every_message_in_one_conversation(plan: Plan) -> None:
    made = circles(plan)
    assert [one.number for circle in made for one in circle.people] == list(range(plan.accounts))
    written = sum(talk.messages for circle in made for talk in circle.meetings)
    assert written == plan.messages
    assert all(talk.messages >= 2 for circle in made for talk in circle.meetings)


@settings(max_examples=25, deadline=None)
@given(PLANS)
def test_nobody_talks_with_whom_the_rules_keep_apart(plan: Plan) -> None:
    for circle in circles(plan):
        for talk in circle.meetings:
            author = circle.people[circle.wishes[talk.wish].author]
            replier = circle.people[talk.replier]
            assert author != replier
            assert contact_allowed(author.born, replier.born, plan.today)
            assert visible(
                author_subscribes=author.municipality in SUBSCRIBING,
                viewer_subscribes=replier.municipality in SUBSCRIBING,
            )


@settings(max_examples=10, deadline=None)
@given(PLANS)
def test_the_same_plan_makes_the_same_town_and_circle_by_circle(plan: Plan) -> None:
    first, again = circles(plan), circles(plan)
    assert first == again
    for before, after in pairwise(first):
        assert before.ends <= after.begins
        assert max(one.id for one in before.people) < UNTIL << 20


def test_the_shares_are_those_of_the_domain() -> None:
    plan = Plan(30_000, 0, 7, UNTIL)
    town = circles(Plan(30_000, 200_000, 7, UNTIL))
    inhabitants = [one for circle in town for one in circle.people]
    talks = sum(len(circle.meetings) for circle in town)
    assert talks / plan.accounts == pytest.approx(4_666 / 5_944, rel=0.02)
    answered = sum(len({talk.wish for talk in circle.meetings}) for circle in town)
    assert answered / sum(len(circle.wishes) for circle in town) == pytest.approx(0.864, abs=0.02)
    places = Counter(one.municipality for one in inhabitants)
    assert places[151] / plan.accounts == pytest.approx(5_944 / 439_738, rel=0.15)
    ages = [age(one.born, plan.today) for one in inhabitants]
    assert sum(30 <= years <= 55 for years in ages) / plan.accounts == pytest.approx(0.6, abs=0.02)
    assert (min(ages), max(ages)) == (13, 94)
    assert sum(years < 15 for years in ages) / plan.accounts == pytest.approx(0.01, abs=0.001)


def test_most_messages_are_short_and_most_conversations_too() -> None:
    dice = Random(3)
    lengths = sorted(letters(dice) for _ in range(10_000))
    assert lengths[5_000] == pytest.approx(70, rel=0.05)
    assert lengths[0] >= 2
    assert lengths[-1] <= 2_000
    sizes = sorted(shared_out(100_000, 2_000, dice))
    assert sizes[1_000] < 50 < sizes[-1]


@pytest.mark.parametrize(("accounts", "messages"), [(0, 0), (1, 5), (10, 1), (10, -1)])
def test_a_town_that_cannot_be_is_refused_with_a_reason(accounts: int, messages: int) -> None:
    with pytest.raises(BadPlan, match=r"accounts|messages"):
        model.check(Plan(accounts, messages, 1, UNTIL))


def test_a_birthday_is_never_to_come() -> None:
    leap_day = datetime.date(2028, 2, 29)
    for _ in range(500):
        born = model.born_before(leap_day, 15, Random(_))
        assert age(born, leap_day) == 15
