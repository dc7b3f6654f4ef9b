"""One's own side of a conversation: on all of one's devices alike, and nobody else's business."""

import asyncio
import random
import time

import pytest

from tests.flows.conftest import MoveIn
from tests.flows.meeting import DONE, Json, Meeting, Side
from tests.patience import PATIENCE_SECONDS
from tests.wire import Wire, new_client_id, wire

pytestmark = pytest.mark.everywhere

WAYS = pytest.mark.parametrize("way", ["socket", "http"])

PLAIN = {"muted_until": None, "archived": False, "marked_unread": False, "draft": ""}
FOR_EVER = 2**53 - 1


async def own(met: Meeting, side: Side) -> Json:
    """One's own side, in a snapshot and a list alike."""
    listed = (await side.http("conversation.list"))["conversations"]
    (found,) = [one["own"] for one in listed if one["id"] == met.talk]
    assert (await met.snapshot(side))["own"] == found
    return dict(found)


@WAYS
@pytest.mark.parametrize(
    ("command", "change", "after"),
    [
        ("conversation.update", {"muted_until": FOR_EVER}, {"muted_until": FOR_EVER}),
        ("conversation.update", {"archived": True}, {"archived": True}),
        ("conversation.update", {"marked_unread": True}, {"marked_unread": True}),
        ("conversation.update", {"archived": True, "muted_until": 1}, {"archived": True,
                                                                       "muted_until": 1}),
        ("draft.save", {"text": "Kære Mette,\n"}, {"draft": "Kære Mette,\n"}),
        ("draft.save", {"text": "🚶" * 4_000}, {"draft": "🚶" * 4_000}),
    ],
)  # fmt: skip
async def test_it_follows_to_all_of_ones_devices_and_to_nobody_else(
    met: Meeting, way: str, command: str, change: Json, after: Json
) -> None:
    shown = await met.all_that_shows(met.mette)
    code, answer = await met.ole.by(way, command, conversation=met.talk, **change)
    assert (code, answer) == (DONE, PLAIN | after)
    event = await met.all_hear("conversation.changed", met.ole)
    assert event["data"] == PLAIN | after
    assert event["cursor"]
    assert await own(met, met.ole) == PLAIN | after
    missed = await met.missed_here(met.ole)
    assert missed is not None
    assert (missed["own"], missed["entries"]) == (PLAIN | after, [])
    assert await met.ole.by(way, command, conversation=met.talk, **change) == (code, answer)
    await met.nobody_hears()
    assert (await met.missed(met.mette))["conversations"] == []
    now = await met.all_that_shows(met.mette)
    assert _without_cursors(now) == _without_cursors(shown)


def _without_cursors(text: str) -> str:
    """Leave out how far the whole log has got, which anybody's change moves."""
    parts = text.split('"cursor": "')
    return parts[0] + "".join(part.partition('"')[2] for part in parts[1:])


@pytest.mark.parametrize("writer", ["oneself", "the other"])
async def test_what_is_archived_comes_back_with_the_next_message_and_nothing_less(
    met: Meeting, writer: str
) -> None:
    await met.ole.phone.do("conversation.update", conversation=met.talk, archived=True)
    await met.mette.phone.do("reaction.add", conversation=met.talk, seq=1, reaction="heart")
    await met.mette.phone.do("conversation.read", conversation=met.talk, seq=1)
    await met.ole.phone.do("draft.save", conversation=met.talk, text="Må")
    assert (await own(met, met.ole))["archived"]
    await met.forget_events()
    side = met.ole if writer == "oneself" else met.mette
    await side.phone.send(met.talk, "Hej igen")
    assert await own(met, met.ole) == PLAIN | {"draft": "Må"}
    missed = await met.missed_here(met.ole)
    assert missed is not None
    assert not missed["own"]["archived"]


async def test_reading_ends_a_mark_as_unread_on_all_devices(met: Meeting) -> None:
    await met.mette.phone.do("conversation.read", conversation=met.talk, seq=1)
    await met.forget_events()
    await met.mette.phone.do("conversation.update", conversation=met.talk, marked_unread=True)
    assert (await met.all_hear("conversation.changed", met.mette))["data"]["marked_unread"]
    assert (await met.snapshot(met.mette))["unread"] == 0
    await met.mette.computer.do("conversation.read", conversation=met.talk, seq=1)
    ended = await met.all_hear("conversation.changed", met.mette)
    assert ended["data"] == PLAIN == await own(met, met.mette)
    await met.nobody_hears(met.ole)
    assert await met.missed_here(met.ole) is None


# --- drafts ---------------------------------------------------------------------------------------


async def test_of_two_devices_that_write_a_draft_at_once_the_last_one_counts(met: Meeting) -> None:
    async def write(device: Wire, name: str) -> None:
        for number in range(10):
            await device.do("draft.save", conversation=met.talk, text=f"{name} {number}")

    await asyncio.gather(write(met.ole.phone, "telefon"), write(met.ole.computer, "computer"))
    last = await own(met, met.ole)
    assert last["draft"] in {"telefon 9", "computer 9"}
    for device in met.ole.devices:
        while (await device.event("conversation.changed"))["data"] != last:
            pass
    await met.nobody_hears()


async def test_a_draft_is_there_after_everything_was_closed(met: Meeting) -> None:
    await met.ole.phone.do("draft.save", conversation=met.talk, text="Jeg ville sige")
    for device in met.ole.devices:
        await device.socket.close()
    async with wire(met.server, met.ole.person.headers) as back:
        listed = (await back.do("conversation.list"))["conversations"]
        assert [one["own"]["draft"] for one in listed] == ["Jeg ville sige"]
        await back.do("draft.save", conversation=met.talk, text="")
    assert await own(met, met.ole) == PLAIN


@WAYS
async def test_a_draft_is_no_longer_than_a_message(met: Meeting, way: str) -> None:
    code, _ = await met.ole.by(way, "draft.save", conversation=met.talk, text="x" * 4_001)
    assert code == "invalid_field"
    await met.nobody_hears()


@WAYS
@pytest.mark.parametrize("moment", [-1, 2**53, 2**63, 2**200, "x", 1.5, True])
async def test_a_moment_that_is_none_mutes_nothing(met: Meeting, way: str, moment: object) -> None:
    change = {"conversation": met.talk, "muted_until": moment}
    assert (await met.ole.by(way, "conversation.update", **change))[0] == "invalid_field"
    assert await own(met, met.ole) == PLAIN


@WAYS
async def test_whose_conversation_it_is_not_finds_none(
    met: Meeting, way: str, settler: MoveIn
) -> None:
    async with wire(met.server, settler(f"Eva {met.talk}").headers) as at_eva:
        eva = Side(met.ole.api, settler(f"Ida {met.talk}"), [at_eva])
        for command, change in (
            ("conversation.update", {"archived": True}),
            ("draft.save", {"text": "x"}),
            ("conversation.leave", {}),
        ):
            for talk in (met.talk, "0123456789abcdef"):
                code, _ = await eva.by(way, command, conversation=talk, **change)
                assert code == "not_found"


# --- unread ---------------------------------------------------------------------------------------


class Device:
    """Counts what is unread from events alone, as the guide to the wire has it."""

    def __init__(self, socket: Wire, me: int, unread: int) -> None:
        self.socket = socket
        self.me = me
        self.unread = unread
        self.read = 0
        self.others: dict[int, bool] = {1: True} if me == 1 else {}

    async def catch_up(self) -> int:
        """Take what has come, and give the count."""
        await self.socket.do("account.get")
        for event in self.socket.events:
            data = event["data"]
            if event["event"] == "message.created" and data["sender"] != self.me:
                self.others[data["seq"]] = True
            elif event["event"] == "message.deleted":
                self.others.pop(data["message"]["seq"], None)
            elif event["event"] == "position.moved" and data["member"] == self.me:
                self.read = max(self.read, data["read_seq"])
        self.socket.events.clear()
        return sum(seq > self.read for seq in self.others)


async def counted(met: Meeting, devices: list[Device], shown: int) -> list[int]:
    """Give each device's count: at once in one process, and as soon as all is told in several."""
    patience = PATIENCE_SECONDS if met.server.settle_seconds else 0
    until = time.monotonic() + patience
    while True:
        found = [await one.catch_up() for one in devices]
        if set(found) == {shown} or time.monotonic() >= until:
            return found
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("seed", range(4))
async def test_unread_is_exact_on_every_device_after_any_mix(met: Meeting, seed: int) -> None:
    dice = random.Random(seed)
    devices = [
        [Device(socket, number + 1, 0) for socket in side.devices]
        for number, side in enumerate(met.sides)
    ]
    said: list[tuple[int, int]] = [(1, 2)]
    for _ in range(60):
        number = dice.choice((1, 2))
        side = met.sides[number - 1]
        device = dice.randrange(2)
        socket, mine = side.devices[device], [seq for seq, sender in said if sender == number]
        talk = {"conversation": met.talk}
        act = dice.choice(("say", "say", "edit", "delete", "react", "read", "mute", "unread"))
        if act == "say":
            sent = await socket.send(met.talk, f"hej {len(said)}")
            said.append((sent["seq"], number))
        elif act == "edit" and mine:
            text = f"rettet {new_client_id()}"
            await socket.ask("message.edit", **talk, seq=dice.choice(mine), text=text)
        elif act == "delete" and mine:
            gone = dice.choice(mine)
            await socket.do("message.delete", **talk, seq=gone)
        elif act == "react":
            await socket.ask("reaction.add", **talk, seq=dice.choice(said)[0], reaction="heart")
        elif act == "read":
            seq = dice.choice(said)[0]
            await socket.do("conversation.read", **talk, seq=seq)
            devices[number - 1][device].read = max(devices[number - 1][device].read, seq)
        elif act == "mute":
            until = dice.choice((None, FOR_EVER))
            await socket.do("conversation.update", **talk, muted_until=until)
        elif act == "unread":
            await socket.do("conversation.update", **talk, marked_unread=True)
        for at, someone in enumerate(met.sides):
            shown = (await met.snapshot(someone))["unread"]
            assert await counted(met, devices[at], shown) == [shown, shown]
            missed = await met.missed_here(someone)
            assert missed is None or missed["unread"] == shown
