"""Edit, delete, answer, react and pin: everywhere at once, and once (issue: a conversation)."""

import asyncio
import json
from collections.abc import Sequence

import pytest

from tests.flows.conftest import MoveIn
from tests.flows.meeting import DONE, Json, Meeting, Side
from tests.wire import Wire, new_client_id, wire

WAYS = pytest.mark.parametrize("way", ["socket", "http"])

CHANGES: Sequence[tuple[str, Json]] = (
    ("message.edit", {"text": "noget andet"}),
    ("message.delete", {}),
    ("reaction.add", {"reaction": "heart"}),
    ("reaction.remove", {"reaction": "heart"}),
    ("message.pin", {}),
    ("message.unpin", {}),
)


async def said_by_ole(met: Meeting, text: str = "Skal vi mødes kl. 10?") -> int:
    """Let Ole say something; gives its seq, once all have heard it."""
    sent = await met.ole.phone.send(met.talk, text)
    await met.forget_events()
    return int(sent["seq"])


# --- edit and delete ------------------------------------------------------------------------------


@WAYS
async def test_an_edited_message_is_edited_everywhere_at_once(met: Meeting, way: str) -> None:
    seq = await said_by_ole(met)
    before = await met.message(met.mette, seq)
    edit = {"conversation": met.talk, "seq": seq, "text": "Skal vi mødes kl. 11?"}
    assert await met.ole.by(way, "message.edit", **edit) == (
        DONE,
        {"conversation": met.talk, "seq": seq + 1},
    )
    event = await met.all_hear("message.edited")
    change, now = event["data"], event["data"]["message"]
    assert (event["seq"], change["by"], now["changed_seq"]) == (seq + 1, 2, seq + 1)
    assert now == {
        **before,
        "text": edit["text"],
        "edited_at": change["at"],
        "changed_seq": seq + 1,
    }
    for side in met.sides:
        message, entry = await met.history(side, after=seq - 1)
        assert message["message"] == now
        assert entry == {"seq": seq + 1, "kind": "message_edited", "at": change["at"],
                         "by": 2, "target": seq}  # fmt: skip
        missed = await met.missed_here(side)
        assert missed is not None
        assert missed["entries"] == [{**entry, "message": now}]
        assert (await met.snapshot(side))["last_message"] == now
        assert before["text"] not in await met.all_that_shows(side)


@WAYS
async def test_a_deleted_message_leaves_an_empty_number_everywhere(met: Meeting, way: str) -> None:
    seq = await said_by_ole(met, "Min adresse er Skovvej 7")
    await met.mette.phone.do("reaction.add", conversation=met.talk, seq=seq, reaction="heart")
    await met.mette.phone.do("message.pin", conversation=met.talk, seq=seq)
    assert len((await met.snapshot(met.ole))["pinned"]) == 1
    await met.forget_events()
    code, change = await met.ole.by(way, "message.delete", conversation=met.talk, seq=seq)
    assert (code, change["seq"]) == (DONE, seq + 3)
    now = (await met.all_hear("message.deleted"))["data"]["message"]
    assert (now["text"], now["deleted"], now["ordinal"]) == ("", True, 2)
    assert not {"reactions", "pinned", "edited_at", "quote", "picture"} & set(now)
    for side in met.sides:
        assert await met.message(side, seq) == now
        assert "Skovvej" not in await met.all_that_shows(side)
        assert (await met.snapshot(side))["pinned"] == []
    for command, change in CHANGES:
        asked = {"conversation": met.talk, "seq": seq, **change}
        code, _ = await met.ole.by(way, command, **asked)
        assert code == (DONE if command == "message.delete" else "gone")
        if command not in {"message.edit", "message.delete"}:
            code, _ = await met.mette.by(way, command, **asked)
            assert code == "gone"
    await met.nobody_hears()


async def test_the_message_of_another_is_as_little_there_as_one_that_is_not(met: Meeting) -> None:
    seq = await said_by_ole(met)
    await met.ole.phone.do("message.pin", conversation=met.talk, seq=seq)
    await met.forget_events()
    for command in ("message.edit", "message.delete"):
        body = {"text": "Jeg skylder dig penge"} if command == "message.edit" else {}
        anothers, not_there, no_message = [
            await met.mette.answer(command, conversation=met.talk, seq=one, **body)
            for one in (seq, 10_000, seq + 1)
        ]
        assert anothers.status_code == 404
        assert anothers.content == not_there.content == no_message.content
    await met.nobody_hears()


async def test_a_stranger_changes_nothing_and_learns_nothing(met: Meeting, settler: MoveIn) -> None:
    seq = await said_by_ole(met)
    async with wire(met.server, settler(f"Eva {met.talk}").headers) as eva:
        for command, change in CHANGES:
            for talk in (met.talk, "0123456789abcdef"):
                code = await eva.refusal(command, conversation=talk, seq=seq, **change)
                assert code == "not_found"
    await met.nobody_hears()


async def test_in_a_closed_conversation_every_change_is_refused_alike(met: Meeting) -> None:
    seq = await said_by_ole(met)
    await met.mette.http("block.create", conversation=met.talk)
    await met.forget_events()
    for side in met.sides:
        for command, change in CHANGES:
            asked = {"conversation": met.talk, "seq": seq, **change}
            assert (await side.by("socket", command, **asked))[0] == "conversation_closed"
    await met.nobody_hears()


@WAYS
@pytest.mark.parametrize(
    ("command", "change"),
    [("message.edit", {"text": "Kl. 12"}), ("message.delete", {}),
     ("reaction.add", {"reaction": "laugh"}), ("message.pin", {})],
)  # fmt: skip
async def test_to_ask_again_changes_nothing_more(
    met: Meeting, way: str, command: str, change: Json
) -> None:
    seq = await said_by_ole(met)
    asked = {"conversation": met.talk, "seq": seq, **change}
    first = await met.ole.by(way, command, **asked)
    for _ in range(3):
        assert await met.ole.by(way, command, **asked) == first
    assert len(await met.history(met.mette, after=seq)) == 1


async def test_a_resend_of_what_was_edited_meanwhile_gets_its_first_ack(met: Meeting) -> None:
    message = {"conversation": met.talk, "client_id": new_client_id(), "text": "Kl. 10?",
               "reply_to": 1}  # fmt: skip
    first = await met.ole.phone.do("message.send", **message)
    await met.ole.computer.do(
        "message.edit", conversation=met.talk, seq=first["seq"], text="Kl. 11?"
    )
    await met.forget_events()
    again = await met.ole.phone.do("message.send", **message)
    assert again == {**first, "duplicate": True}
    del message["reply_to"]
    assert await met.ole.phone.refusal("message.send", **message) == "client_id_reused"
    await met.nobody_hears()
    await met.ole.phone.do("message.delete", conversation=met.talk, seq=first["seq"])
    assert await met.ole.phone.refusal("message.send", **message) == "gone"


# --- answers with a quote -------------------------------------------------------------------------


@WAYS
async def test_a_quote_is_of_the_message_as_it_is_now_and_survives_it(
    met: Meeting, way: str
) -> None:
    long = "Jeg bor ved åen 🚶 " * 20
    seq = await said_by_ole(met, long)
    message = {"client_id": new_client_id(), "text": "Det gør jeg også", "reply_to": seq}
    code, sent = await met.mette.by(way, "message.send", conversation=met.talk, **message)
    assert code == DONE
    told = met.ole.devices + met.mette.devices[1 if way == "socket" else 0 :]
    quote = {"seq": seq, "sender": 2, "text": long[:140]}
    for device in told:
        assert (await device.event("message.created"))["data"]["quote"] == quote

    async def quotes() -> list[Json]:
        shown = [(await met.message(side, sent["seq"]))["quote"] for side in met.sides]
        for side in met.sides:
            missed = await met.missed_here(side)
            assert missed is not None
            shown.append(missed["entries"][0]["message"]["quote"])
            shown.append((await met.snapshot(side))["last_message"]["quote"])
        return shown

    assert await quotes() == [quote] * 6
    await met.ole.phone.do("message.edit", conversation=met.talk, seq=seq, text="Ved søen")
    assert await quotes() == [{**quote, "text": "Ved søen"}] * 6
    await met.ole.phone.do("message.delete", conversation=met.talk, seq=seq)
    assert await quotes() == [{**quote, "text": "", "deleted": True}] * 6


@WAYS
async def test_only_a_message_of_this_conversation_can_be_answered(met: Meeting, way: str) -> None:
    other = await met.ole.http("bubble.post", title="Kaffe", text="Hvem vil med på kaffe?")
    elsewhere = {"bubble": other["id"], "client_id": new_client_id(), "text": "Det vil jeg"}
    await met.mette.phone.do("bubble.reply", **elsewhere)
    await met.ole.phone.do("message.pin", conversation=met.talk, seq=1)
    for nothing in (0, 2, 3, 2**53 - 1):
        message = {"client_id": new_client_id(), "text": "Ja", "reply_to": nothing}
        code, _ = await met.ole.by(way, "message.send", conversation=met.talk, **message)
        assert code == "invalid_field"
    assert (await met.snapshot(met.ole))["last_seq"] == 2


# --- reactions and pins ---------------------------------------------------------------------------


@WAYS
async def test_each_reacts_once_in_each_way_and_takes_it_back(met: Meeting, way: str) -> None:
    seq = await said_by_ole(met)

    async def react(side: Side, command: str, kind: str) -> list[Json]:
        asked = {"conversation": met.talk, "seq": seq, "reaction": kind}
        code, _ = await side.by(way, command, **asked)
        assert code == DONE
        event = await met.all_hear("message.reacted")
        assert event["data"]["by"] == (1 if side is met.mette else 2)
        return list(event["data"]["message"].get("reactions", []))

    assert await react(met.mette, "reaction.add", "thanks") == [{"kind": "thanks", "members": [1]}]
    await react(met.ole, "reaction.add", "thanks")
    assert await react(met.mette, "reaction.add", "heart") == [
        {"kind": "heart", "members": [1]},
        {"kind": "thanks", "members": [1, 2]},
    ]
    await react(met.ole, "reaction.remove", "thanks")
    await react(met.mette, "reaction.remove", "heart")
    assert await react(met.mette, "reaction.remove", "thanks") == []
    assert (await met.message(met.ole, seq))["text"] == "Skal vi mødes kl. 10?"
    for nothing in ("poop", "", "HEART"):
        asked = {"conversation": met.talk, "seq": seq, "reaction": nothing}
        assert (await met.ole.by("socket", "reaction.add", **asked))[0] == "invalid_field"


async def test_reactions_of_two_at_the_same_instant_both_stand(met: Meeting) -> None:
    seq = await said_by_ole(met)
    kinds = ("heart", "thumbs_up", "laugh", "surprise", "sad", "thanks")

    async def react(device: Wire) -> list[int]:
        asked = {"conversation": met.talk, "seq": seq}
        replies = [await device.do("reaction.add", **asked, reaction=kind) for kind in kinds]
        return [reply["seq"] for reply in replies]

    hers, his = await asyncio.gather(react(met.mette.phone), react(met.ole.phone))
    assert sorted(hers + his) == list(range(seq + 1, seq + 13))
    everyone = [{"kind": kind, "members": [1, 2]} for kind in sorted(kinds)]
    last: dict[int, Json] = {}
    for number, socket in enumerate(met.sockets):
        for _ in hers + his:
            last[number] = await socket.event("message.reacted")
        assert last[number]["data"]["message"]["reactions"] == everyone
    for side in met.sides:
        assert (await met.message(side, seq))["reactions"] == everyone


@WAYS
async def test_a_pin_is_for_both_and_there_are_twenty(met: Meeting, way: str) -> None:
    for number in range(22):
        await met.ole.phone.send(met.talk, f"nr. {number}")
    await met.forget_events()
    for seq in range(2, 22):
        side = met.sides[seq % 2]
        assert (await side.by(way, "message.pin", conversation=met.talk, seq=seq))[0] == DONE
        event = await met.all_hear("message.pinned")
        assert event["data"]["message"]["pinned"]
    for seq, code in ((22, "too_many_pins"), (21, DONE)):
        assert (await met.mette.by(way, "message.pin", conversation=met.talk, seq=seq))[0] == code
    for side in met.sides:
        assert [one["seq"] for one in (await met.snapshot(side))["pinned"]] == list(range(2, 22))
    await met.mette.by(way, "message.unpin", conversation=met.talk, seq=2)
    assert "pinned" not in (await met.all_hear("message.pinned"))["data"]["message"]
    both = await asyncio.gather(
        *(side.phone.ask("message.pin", conversation=met.talk, seq=22 + at)
          for at, side in enumerate(met.sides))
    )  # fmt: skip
    assert sorted(reply["ok"] for reply in both) == [False, True]
    assert len((await met.snapshot(met.ole))["pinned"]) == 20


# --- two at once, and offline ---------------------------------------------------------------------


async def test_four_devices_that_write_at_once_get_one_order(met: Meeting) -> None:
    async def write(device: Wire, name: str) -> list[int]:
        """Send twenty without waiting for an ack, as one types on."""
        numbers = []
        for number in range(20):
            message = {"conversation": met.talk, "client_id": new_client_id(),
                       "text": f"{name}{number}"}  # fmt: skip
            frame = {"id": 1_000 + number, "command": "message.send", "data": message}
            await device.socket.send(json.dumps(frame))
            numbers.append(1_000 + number)
        return [(await device.reply_to(number))["data"]["seq"] for number in numbers]

    acks = await asyncio.gather(
        *(write(device, name) for device, name in zip(met.sockets, "abcd", strict=True))
    )
    assert sorted(seq for seqs in acks for seq in seqs) == list(range(2, 82))
    histories = [await met.history(side) for side in met.sides]
    assert histories[0] == histories[1]
    order = {entry["seq"]: entry["message"]["text"] for entry in histories[0]}
    for name, seqs, device in zip("abcd", acks, met.sockets, strict=True):
        assert seqs == sorted(seqs)
        assert [order[seq] for seq in seqs] == [f"{name}{number}" for number in range(20)]
        heard = [await device.event("message.created") for _ in range(60)]
        assert [one["seq"] for one in heard] == sorted(set(range(2, 82)) - set(seqs))
        assert all(order[one["seq"]] == one["data"]["text"] for one in heard)


async def test_what_was_queued_offline_goes_out_once_and_in_order(met: Meeting) -> None:
    queue: list[Json] = [
        {"conversation": met.talk, "client_id": new_client_id(), "text": f"nr. {number}"}
        for number in range(10)
    ]
    async with wire(met.server, met.ole.person.headers) as lost:
        for number, message in enumerate(queue[:6]):
            frame = {"id": 500 + number, "command": "message.send", "data": message}
            await lost.socket.send(json.dumps(frame))
        await lost.reply_to(502)  # the connection breaks before the other acks are read
    async with wire(met.server, met.ole.person.headers) as back:
        acks = [await back.do("message.send", **message) for message in queue[3:]]
    seqs = [ack["seq"] for ack in acks]
    assert seqs == sorted(seqs)
    for device in met.mette.devices:
        heard = [(await device.event("message.created"))["data"]["text"] for _ in queue]
        assert heard == [message["text"] for message in queue]
    await met.nobody_hears(met.mette)
