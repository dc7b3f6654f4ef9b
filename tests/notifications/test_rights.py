"""How one is reached, and what was to be said to one: given to whom it is about, and erased."""

import json
from typing import Any

from chat.calls.rights import CallRights
from chat.notifications.model import Quiet
from chat.notifications.rights import NoticeRights
from chat.rights.service import Rights
from tests.notifications.town import Town


def rights(town: Town) -> Rights:
    return Rights(town.database, {"calls": CallRights(), "notifications": NoticeRights()})


async def kept_of(town: Town, account: int) -> dict[str, Any]:
    found = json.loads(json.dumps(await rights(town).export(account)))
    return dict(found["notifications"])


async def reached(town: Town, name: str) -> int:
    """Let someone be reached by everything, and have an unread message waiting to be told of."""
    person, other = await town.person(name), await town.person(name + "ven")
    await town.reach(person, phone="+4520123456", browser=f"https://push.example/{name}")
    await town.choose(person, {("unread", "sms"): True}, Quiet(0, 60))
    await town.reply(person, other)
    await town.wait(2 * 60_000)
    return person


async def test_the_export_holds_telephone_browsers_choices_and_notices(town: Town) -> None:
    mette = await reached(town, "Mette")
    kept = await kept_of(town, mette)
    assert kept["phones"] == [
        {"phone": "+4520123456", "confirmed_at": kept["phones"][0]["confirmed_at"]}
    ]
    assert [one["endpoint"] for one in kept["browsers"]] == ["https://push.example/Mette"]
    assert kept["choices"] == {"unread:sms": True}
    assert kept["quiet_hours"] == [0, 60]
    assert {one["channel"] for one in kept["notices"]} >= {"mail", "push"}
    assert kept["conversations_told_of"] == 1


async def test_who_is_erased_is_told_of_nothing_any_more_and_the_others_are(town: Town) -> None:
    mette, bo = await reached(town, "Mette"), await reached(town, "Bo")
    await rights(town).erase(mette, town.now)
    kept = await kept_of(town, mette)
    assert kept == {
        "phones": [], "browsers": [], "choices": {}, "quiet_hours": kept["quiet_hours"],
        "conversations_told_of": 0, "notices": [],
    }  # fmt: skip
    assert {name for name, *_ in await town.mails()} == {"Bo"}
    assert {browser for browser, *_ in await town.pushed()} == {"https://push.example/Bo"}
    assert len((await kept_of(town, bo))["phones"]) == 1
