"""How far one has received and read: forward only, and told only where both want receipts."""

import pytest

from tests.flows.meeting import DONE, Json, Meeting, Side

pytestmark = pytest.mark.everywhere

WAYS = pytest.mark.parametrize("way", ["socket", "http"])


async def say(met: Meeting, side: Side, count: int = 1) -> int:
    """Let one say something so many times; gives the last seq, once all have heard it."""
    for _ in range(count):
        sent = await side.computer.send(met.talk, "Er du der?")
    await met.forget_events()
    return int(sent["seq"])


async def marks(met: Meeting, viewer: Side, number: int) -> tuple[int, int]:
    """How far member `number` is, as one sees it: in a snapshot, a list and what was missed."""
    snapshot = await met.snapshot(viewer)
    listed = (await viewer.http("conversation.list"))["conversations"]
    (same,) = [one for one in listed if one["id"] == met.talk]
    assert same["members"] == snapshot["members"]
    member = snapshot["members"][number - 1]
    seen = (member["delivered_seq"], member["read_seq"])
    missed = await met.missed_here(viewer)
    if missed is not None:
        position = missed["positions"][number - 1]
        assert seen == (position["delivered_seq"], position["read_seq"])
    return seen


def position(member: int, delivered: int, read: int) -> Json:
    return {"member": member, "delivered_seq": delivered, "read_seq": read}


async def want_receipts(side: Side, wanted: bool) -> None:
    """Choose in the settings; all of one's own devices hear of it."""
    await side.http("account.update", read_receipts=wanted)
    for device in side.devices:
        assert (await device.event("account.changed"))["data"]["read_receipts"] is wanted


@WAYS
async def test_both_marks_are_told_to_all_other_devices_and_never_go_back(
    met: Meeting, way: str
) -> None:
    last = await say(met, met.ole, 5)
    told = met.ole.devices + met.mette.devices[1 if way == "socket" else 0 :]
    for command, seq, now in (
        ("conversation.delivered", 4, position(1, 4, 0)),
        ("conversation.read", 3, position(1, 4, 3)),
        ("conversation.delivered", last, position(1, last, 3)),
        ("conversation.read", 10_000, position(1, last, last)),
    ):
        assert (await met.mette.by(way, command, conversation=met.talk, seq=seq))[0] == DONE
        for device in told:
            event = await device.event("position.moved")
            assert event["data"] == now
            assert "seq" not in event
    for command in ("conversation.delivered", "conversation.read"):
        for seq in (0, 2, last):
            assert (await met.mette.by(way, command, conversation=met.talk, seq=seq))[0] == DONE
    await met.nobody_hears()
    for side in met.sides:
        assert await marks(met, side, 1) == (last, last)


async def test_opening_it_on_one_device_clears_the_badge_on_all(met: Meeting) -> None:
    last = await say(met, met.ole, 3)
    assert (await met.snapshot(met.mette))["unread"] == last
    await met.mette.phone.do("conversation.read", conversation=met.talk, seq=last - 1)
    event = await met.mette.computer.event("position.moved")
    assert event["data"] == position(1, last - 1, last - 1)
    missed = await met.missed_here(met.mette)
    assert missed is not None
    assert missed["unread"] == (await met.snapshot(met.mette))["unread"] == 1
    await met.mette.computer.do("conversation.read", conversation=met.talk, seq=last)
    assert (await met.mette.phone.event("position.moved"))["data"]["read_seq"] == last
    for device in met.mette.devices:
        listed = (await device.do("conversation.list"))["conversations"]
        assert [one["unread"] for one in listed] == [0]


@WAYS
@pytest.mark.parametrize("off", ["the reader", "the writer", "both"])
async def test_with_receipts_off_on_either_side_nobody_learns_what_was_read(
    met: Meeting, way: str, off: str
) -> None:
    reader, writer = met.sides
    await say(met, writer, 3)
    await reader.phone.do("conversation.read", conversation=met.talk, seq=2)
    for side, silent in ((reader, off != "the writer"), (writer, off != "the reader")):
        if silent:
            await want_receipts(side, False)
    last = await say(met, writer, 2)
    await reader.by(way, "conversation.delivered", conversation=met.talk, seq=last)
    for device in writer.devices:
        assert (await device.event("position.moved"))["data"] == position(1, last, 2)
    await met.forget_events()

    await reader.by(way, "conversation.read", conversation=met.talk, seq=last)
    own = await reader.computer.event("position.moved")
    assert own["data"] == position(1, last, last)
    await met.nobody_hears(writer)
    assert await met.missed_here(writer) is None
    assert await marks(met, writer, 1) == (last, 2)
    assert await marks(met, reader, 1) == (last, last)
    assert (await met.snapshot(reader))["unread"] == 0

    # What one then writes, reacts and receives says no more; nor does the other's own reading.
    await reader.phone.send(met.talk, "Ja, jeg er her")
    await reader.phone.do("reaction.add", conversation=met.talk, seq=2, reaction="heart")
    newer = await say(met, writer)
    await reader.phone.do("conversation.delivered", conversation=met.talk, seq=newer)
    for device in writer.devices:
        assert (await device.event("position.moved"))["data"] == position(1, newer, 2)
    await writer.phone.do("conversation.read", conversation=met.talk, seq=newer)
    assert (await writer.computer.event("position.moved"))["data"] == position(2, newer, newer)
    await met.forget_events()
    assert await marks(met, reader, 2) == (newer, 0)
    assert await marks(met, writer, 1) == (newer, 2)


async def test_what_was_read_unseen_stays_unseen_until_more_is_read(met: Meeting) -> None:
    reader, writer = met.sides
    await want_receipts(reader, False)
    last = await say(met, writer, 3)
    await reader.phone.do("conversation.read", conversation=met.talk, seq=last)
    await want_receipts(reader, True)
    newer = await say(met, writer)
    assert await marks(met, writer, 1) == (last, 0)
    await reader.phone.do("conversation.delivered", conversation=met.talk, seq=newer)
    for device in writer.devices:
        assert (await device.event("position.moved"))["data"] == position(1, newer, 0)
    assert await marks(met, writer, 1) == (newer, 0)
    await reader.phone.do("conversation.read", conversation=met.talk, seq=newer)
    for device in writer.devices:
        assert (await device.event("position.moved"))["data"] == position(1, newer, newer)
    assert await marks(met, writer, 1) == (newer, newer)


async def test_behind_a_block_both_marks_stand_still_for_the_other(met: Meeting) -> None:
    reader, writer = met.sides
    last = await say(met, writer, 3)
    await reader.http("block.create", conversation=met.talk)
    await met.forget_events()
    for command in ("conversation.delivered", "conversation.read"):
        await reader.phone.do(command, conversation=met.talk, seq=last)
    assert (await reader.computer.event("position.moved"))["data"] == position(1, last, 0)
    assert (await reader.computer.event("position.moved"))["data"] == position(1, last, last)
    await met.nobody_hears(writer)
    assert await met.missed_here(writer) is None
    assert await marks(met, writer, 1) == (0, 0)


async def test_who_is_no_member_marks_nothing(met: Meeting) -> None:
    await met.mette.http("conversation.leave", conversation=met.talk)
    for command in ("conversation.delivered", "conversation.read"):
        left = await met.mette.answer(command, conversation=met.talk, seq=1)
        unknown = await met.mette.answer(command, conversation="0123456789abcdef", seq=1)
        assert (left.status_code, left.content) == (404, unknown.content)
