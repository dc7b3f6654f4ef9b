"""How a talk looks to one who takes part."""

from typing import Any

from chat.snaksammen import talk, talk_store
from chat.snaksammen.model import Role
from chat.snaksammen.talk_store import Party, Talk
from chat.storage.database import Reader
from protocol import talks as tal
from protocol.ids import encode_id


def seen(reader: Reader, planned: Talk, role: Role, now: int) -> tal.Talk:
    """Make the public form of a talk for one party: names and times, no account and no address."""
    parties = talk_store.parties(reader, planned.id)
    me = parties[role]
    conversation = planned.conversation if me.entered_at is not None else None
    return tal.Talk(
        id=encode_id(planned.id),
        state=planned.state.value,
        service=planned.service,
        server_time=now,
        doors_at=planned.starts_at - talk.DOORS,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        warn_at=planned.ends_at - talk.WARN,
        erased_at=planned.erase_at,
        conversation=None if conversation is None else encode_id(conversation),
        booking=None if planned.booking is None else encode_id(planned.booking),
        role=role.value,
        age_band=planned.band.value,
        parties=[_party(one, me) for one in parties.values()],
        may=may(planned, me, now),
    )


def _party(one: Party, me: Party) -> tal.Party:
    return tal.Party(
        role=one.role.value,
        name=one.name,
        me=one.role is me.role,
        here=one.entered_at is not None and one.left_at is None,
        left=one.left_at is not None,
        wants_more=one.wants_more,
    )


def may(planned: Talk, me: Party, now: int) -> list[Any]:
    """List what a party may do now, in the words of the protocol."""
    entered = me.entered_at is not None
    is_open, runs = planned.state in talk.OPEN, planned.state is talk.State.RUNNING
    unbegun = planned.state in {talk.State.PLANNED, talk.State.WAITING}
    citizen, volunteer = me.role is Role.CITIZEN, me.role is Role.VOLUNTEER
    kept = planned.erase_at is None or now < planned.erase_at
    rules = {
        "call": runs and me.left_at is None,
        "leave": is_open and entered,
        "more": runs and me.role is not Role.COORDINATOR,
        "move": citizen and unbegun and planned.booking is not None and now < planned.starts_at,
        "cancel": unbegun and planned.booking is not None,
        "call_coordinator": volunteer and is_open and entered,
        "feel_before": citizen and is_open,
        "feel_after": citizen and planned.state is talk.State.ENDED,
        "report": entered and kept and planned.conversation is not None,
        "debrief": volunteer and planned.state is talk.State.ENDED,
    }
    return [name for name, allowed in rules.items() if allowed]
