"""Who lives in the bench's town: one store of a million messages for every measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtests.seed import Person, Talk, Town, new_database

FULL_MESSAGES = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How many there are of everything.

    `pairs` write to each other, and so do `couples`, with two devices each; `phones` come back to
    `phone_talks` conversations each, `hubs` to `hub_talks`; `histories` are long conversations,
    filled up until the store holds `messages`.
    """

    pairs: int = 500
    couples: int = 250
    phones: int = 20_000
    phone_devices: int = 2
    phone_talks: int = 10
    hubs: int = 100
    hub_devices: int = 100
    hub_talks: int = 500
    histories: int = 2_000
    messages: int = FULL_MESSAGES


MISSED = 3


@dataclass(frozen=True, slots=True)
class Residents:
    """What the measures need to know of the town.

    `cursor` is where the phones and the hubs were when they went away: each has missed `MISSED`
    messages since, in as many conversations.
    """

    pairs: Sequence[tuple[str, str, str]]
    couples: Sequence[tuple[tuple[str, ...], str]]
    phones: Sequence[str]
    hubs: Sequence[str]
    histories: Sequence[tuple[str, str]]
    cursor: str


def build(data: Path, plan: Plan) -> Residents:
    """Make the store."""
    with Town(new_database(data)) as town:
        partners = town.people("partner", 1_000)
        pairs = _open_pairs(town, plan)
        couples = town.talks(
            list(
                zip(
                    town.people("first", plan.couples, 2),
                    town.people("second", plan.couples, 2),
                    strict=True,
                )
            )
        )
        readers = town.people("reader", plan.histories)
        histories = town.talks(_with_partners(readers, partners, 1))
        phones = town.people("phone", plan.phones, plan.phone_devices)
        phone_talks = town.talks(_with_partners(phones, partners, plan.phone_talks))
        hubs = town.people("hub", plan.hubs, plan.hub_devices)
        hub_talks = town.talks(_with_partners(hubs, partners, plan.hub_talks))
        town.write([*pairs, *couples], 1, title="pairs")
        town.write(phone_talks, 2, title="talks of phones")
        town.write(hub_talks, 2, title="talks of hubs")
        written = len(pairs) + len(couples) + 2 * (len(phone_talks) + len(hub_talks))
        each = max(60, (plan.messages - written) // max(1, len(histories)))
        town.write(histories, each, title="histories")
        cursor = town.cursor
        town.write(_some(phone_talks, plan.phone_talks), 1, read=False, title="missed by phones")
        town.write(_some(hub_talks, plan.hub_talks), 1, read=False, title="missed by hubs")
    return Residents(
        pairs=[(one.replier.token, one.author.token, one.public_id) for one in pairs],
        couples=[((*one.author.tokens, *one.replier.tokens), one.public_id) for one in couples],
        phones=_tokens(phones),
        hubs=_tokens(hubs),
        histories=[(one.replier.token, one.public_id) for one in histories],
        cursor=cursor,
    )


def _open_pairs(town: Town, plan: Plan) -> list[Talk]:
    authors, repliers = town.people("author", plan.pairs), town.people("replier", plan.pairs)
    return town.talks(list(zip(authors, repliers, strict=True)))


def _with_partners(
    people: Sequence[Person], partners: Sequence[Person], each: int
) -> list[tuple[Person, Person]]:
    return [
        (partners[(7 * number + at) % len(partners)], person)
        for number, person in enumerate(people)
        for at in range(each)
    ]


def _tokens(people: Sequence[Person]) -> list[str]:
    """List the first device of everyone, then the second: who is known comes as late as can be."""
    return [
        token for devices in zip(*(one.tokens for one in people), strict=True) for token in devices
    ]


def _some(talks: Sequence[Talk], each: int) -> list[Talk]:
    """Pick `MISSED` conversations of everyone, who have `each`."""
    return [talk for at, talk in enumerate(talks) if at % each < MISSED]
