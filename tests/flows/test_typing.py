"""Writing, and needing a moment to think: heard by the other, at once, and never stored."""

import pytest

from loadtests.beside import beside
from tests.flows.meeting import DONE, Meeting

pytestmark = pytest.mark.everywhere

WAYS = pytest.mark.parametrize("way", ["socket", "http"])


BY_ITSELF = {"sessions", "leases", "settled", "told", "notices"}
"""What moves while nobody does anything.

When a session was last seen, a process's beat, and what is mailed to those who have not read.
"""


def everything_stored(met: Meeting) -> str:
    """All rows of the store that people make, as text."""
    with beside(met.server.database) as store:
        tables = sorted(set(store.tables()) - BY_ITSELF)
        return repr(
            [(table, sorted(map(repr, store.run(f"SELECT * FROM {table}")))) for table in tables]
        )


@WAYS
@pytest.mark.parametrize("doing", ["writing", "thinking"])
async def test_both_devices_of_the_other_hear_what_one_does_and_its_end(
    met: Meeting, way: str, doing: str
) -> None:
    before = everything_stored(met)
    talk = {"conversation": met.talk}
    assert (await met.mette.by(way, "typing.start", **talk, doing=doing))[0] == DONE
    for device in met.ole.devices:
        assert await device.event("typing.started") == {
            "event": "typing.started", **talk, "data": {"member": 1, "doing": doing},
        }  # fmt: skip
    assert (await met.mette.by(way, "typing.stop", **talk))[0] == DONE
    for device in met.ole.devices:
        assert await device.event("typing.stopped") == {
            "event": "typing.stopped", **talk, "data": {"member": 1},
        }  # fmt: skip
    await met.nobody_hears()
    for side in met.sides:
        assert (await met.missed(side))["conversations"] == []
        assert (await met.snapshot(side))["last_seq"] == 1
    assert everything_stored(met) == before


@WAYS
async def test_once_in_three_seconds_in_each_conversation_and_an_end_of_every_one(
    met: Meeting, way: str
) -> None:
    other = await met.ole.http("bubble.post", title="Kaffe", text="Hvem vil med på kaffe?")
    reply = {"client_id": "01890a5d-ac96-7b2e-a4ff-0123456789ab", "text": "Jeg vil gerne"}
    elsewhere = await met.mette.http("bubble.reply", bubble=other["id"], **reply)
    for talk in (met.talk, elsewhere["conversation"]):
        for command, code in (
            ("typing.start", DONE),
            ("typing.stop", DONE),
            ("typing.start", "rate_limited"),
            ("typing.stop", DONE),
            ("typing.stop", "rate_limited"),
        ):
            assert (await met.mette.by(way, command, conversation=talk))[0] == code


async def test_a_message_needs_no_end_of_writing_and_comes_after_it(met: Meeting) -> None:
    await met.mette.phone.do("typing.start", conversation=met.talk)
    await met.mette.phone.send(met.talk, "Så ses vi")
    for device in met.ole.devices:
        names = [(await device.next_event())["event"] for _ in range(2)]
        assert names == ["typing.started", "message.created"]


@WAYS
async def test_who_may_not_write_is_not_seen_to_write(met: Meeting, way: str) -> None:
    await met.ole.phone.do("typing.start", conversation=met.talk)  # its rights are known now
    await met.ole.http("block.create", conversation=met.talk)
    await met.forget_events()
    for command in ("typing.start", "typing.stop"):
        for side in met.sides:
            code, _ = await side.by(way, command, conversation=met.talk)
            assert code in {"conversation_closed", "rate_limited"}
        code, _ = await met.mette.by(way, command, conversation="0123456789abcdef")
        assert code == "not_found"
    await met.nobody_hears()
