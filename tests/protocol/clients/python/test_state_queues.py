"""What the client's state sends by itself: changes, arrivals, signs; and how missed ones come."""

from protocol.clients.python.effects import Arrived, CaughtUp, Done, Event
from protocol.clients.python.queued import QUIET_MS
from protocol.clients.python.state import ANSWER_MS
from protocol.codec import encode_error, encode_event, encode_reply
from protocol.errors import Refused
from protocol.golden import examples
from protocol.messages import Changed, EventFrame, MessageChange, Resumed
from protocol.requests import EditMessage, OneMessage
from protocol.resources import Change, Empty, Entry
from tests.protocol.clients.python.person import CONVERSATION, Person, created, hello

DELIVERED = "conversation.delivered"
EDIT = EditMessage(CONVERSATION, 1, "Hej")
DELETE = OneMessage(CONVERSATION, 1)


def asked(person: Person) -> list[tuple[int, str]]:
    return [(frame["id"], frame["command"]) for frame in person.sent()]


def test_a_change_made_offline_goes_out_once_there_is_a_connection() -> None:
    person = Person()
    number = person.client.change("message.edit", EDIT, 0)
    person.client.opened(0)
    person.hears(hello())
    assert asked(person) == [(1, "message.edit")]
    done = Change(CONVERSATION, 2)
    person.hears(encode_reply(1, done))
    assert person.take() == [Done(number, done)]


def test_a_change_whose_answer_was_lost_goes_out_again() -> None:
    person = Person().online()
    person.client.change("message.edit", EDIT, 0)
    person.reconnects()
    [(resume, _)] = asked(person)
    person.hears(encode_reply(resume, Resumed([], None, "e-0", more=False)))
    assert [command for _, command in asked(person)] == ["message.edit"]


def test_all_that_waited_for_a_change_hear_of_it() -> None:
    person = Person()
    first = person.client.change("message.edit", EDIT, 0)
    second = person.client.change("message.delete", DELETE, 0)
    person.online()
    person.hears(encode_error(1, Refused("gone"), "da"))
    done = person.take(Done)
    assert {each.change_id for each in done} == {first, second}
    assert {each.reply.code for each in done} == {"gone"}


def test_what_has_arrived_is_told_the_newest_of_it() -> None:
    person = Person().online(DELIVERED)
    person.hears(created(1)).hears(created(2)).hears(created(3))
    [first] = person.sent()
    assert (first["command"], first["data"]) == (
        DELIVERED,
        {"conversation": CONVERSATION, "seq": 1},
    )
    person.hears(encode_reply(first["id"], Empty()))
    [second] = person.sent()
    assert second["data"]["seq"] == 3
    person.hears(encode_reply(second["id"], Empty()))
    assert person.take() == [Arrived(CONVERSATION, 3)]


def quiet_person() -> Person:
    """One of a server that answers only whom an answer is worth it."""
    return Person().online(DELIVERED, "typing.start", "typing.stop", ids_optional=True)


def test_nobody_waits_to_hear_that_what_arrived_was_told() -> None:
    person = quiet_person()
    for seq in (1, 2):
        person.hears(created(seq))
        assert person.take(Arrived) == [Arrived(CONVERSATION, seq)]
    person.hears(created(3))
    assert person.sent() == [
        {"command": DELIVERED, "data": {"conversation": CONVERSATION, "seq": 3}}
    ]
    assert person.client.deadline is None


def test_what_was_told_quietly_is_told_again_after_a_break_and_answered() -> None:
    person = quiet_person().hears(created(1))
    person.client.closed(1006, person.now)
    person.client.wake(person.now)
    person.client.take()
    person.online(DELIVERED, ids_optional=True)
    person.client.closed(1006, person.now)
    person.client.wake(person.now)
    person.client.opened(person.now)
    person.hears(hello(commands=[DELIVERED], ids_optional=True))
    [(resume, _)] = asked(person)
    person.hears(encode_reply(resume, Resumed([], None, "e-1", more=False)))
    [told] = person.sent()
    assert (told["command"], told["data"]["seq"]) == (DELIVERED, 1)
    person.hears(encode_reply(told["id"], Empty())).hears(created(2))
    assert ["id" in frame for frame in person.sent()] == [False]


def test_what_was_told_quietly_and_refused_is_told_again() -> None:
    person = quiet_person().hears(created(1))
    person.client.take()
    person.hears(encode_error(None, Refused("unavailable"), "da", DELIVERED))
    [told] = person.sent()
    assert (told["id"], told["data"]["seq"]) == (1, 1)


def test_signs_are_not_answered_but_too_early_ones_are_said_again() -> None:
    person = quiet_person()
    person.client.typing(CONVERSATION, "writing", 0)
    person.client.typing(CONVERSATION, None, 1)
    assert ["id" in frame for frame in person.sent()] == [False, False]
    person.client.typing(CONVERSATION, "thinking", 3_000)
    person.client.take()
    early = Refused("rate_limited", retry_after_ms=40)
    person.now = 3_000
    person.hears(encode_error(None, early, "da", "typing.start"))
    person.client.tick(3_039)
    assert person.sent() == []
    person.client.tick(3_040)
    assert [frame["data"]["doing"] for frame in person.sent()] == ["thinking"]


def test_after_a_long_silence_an_answer_is_asked_for_to_see_whether_the_socket_lives() -> None:
    person = quiet_person()
    person.client.typing(CONVERSATION, "writing", QUIET_MS - 1)
    person.client.typing(CONVERSATION, None, QUIET_MS)
    assert ["id" in frame for frame in person.sent()] == [False, True]
    assert person.client.deadline == QUIET_MS + ANSWER_MS


def test_a_server_that_does_not_know_of_arrivals_is_not_told() -> None:
    assert asked(Person().online().hears(created(1))) == []


def test_who_does_not_want_to_tell_of_arrivals_does_not() -> None:
    person = Person(tells_arrivals=False).online(DELIVERED)
    assert asked(person.hears(created(1))) == []


def test_writing_is_said_while_there_is_a_connection() -> None:
    person = Person()
    person.client.typing(CONVERSATION, "writing", 0)
    person.online("typing.start", "typing.stop")
    assert person.take() == []
    person.client.typing(CONVERSATION, "writing", 0)
    person.client.typing(CONVERSATION, None, 1)
    assert [command for _, command in asked(person)] == ["typing.start", "typing.stop"]


def test_a_sign_that_the_server_found_too_early_is_said_again() -> None:
    person = Person().online("typing.start")
    person.client.typing(CONVERSATION, "writing", 0)
    [(number, _)] = asked(person)
    person.hears(encode_error(number, Refused("rate_limited", retry_after_ms=40), "da"))
    person.client.tick(39)
    assert asked(person) == []
    person.client.tick(40)
    assert [command for _, command in asked(person)] == ["typing.start"]


def test_a_missed_change_comes_as_the_event_that_it_was() -> None:
    person = Person().online().reconnects()
    entry = Entry(5, "message_edited", 9, examples.EDITED, by=examples.ANNA, target=4)
    changed = Changed(CONVERSATION, [entry], [], 5, 3, 0)
    left = "019d2f0c5d314007"
    person.take()
    person.hears(encode_reply(1, Resumed([changed], None, "e-5", more=False, left=[left])))
    assert person.take() == [
        Event("message.edited", MessageChange(2, 9, examples.EDITED), CONVERSATION, 5),
        CaughtUp(changed),
        Event("conversation.left", Empty(), left),
    ]


def test_a_change_is_handed_out_once() -> None:
    person = Person().online()
    data = MessageChange(2, 9, examples.EDITED)
    frame = EventFrame("message.edited", CONVERSATION, seq=5, cursor="e-5", data=data)
    person.hears(encode_event(frame)).hears(encode_event(frame))
    assert person.take() == [Event("message.edited", data, CONVERSATION, 5)]
