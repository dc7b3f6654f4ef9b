"""A talk from a branch's founding to its end, over the public interfaces, with real mail."""

import io
import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from typing import Any

import httpx
import pytest

from chat.cli import main
from loadtests.people import Person
from loadtests.processes import ServerProcess
from protocol.operations import OPERATIONS
from tests.flows.conftest import MoveIn
from tests.flows.meeting import Side
from tests.servers import MailSink
from tests.wire import Wire, new_client_id, wire

pytestmark = pytest.mark.everywhere

HOUR = 3_600_000


def found_branch(server: ServerProcess, coordinator: Person, town: str, number: str) -> None:
    line = [
        "admin", "--data", str(server.data), "branch", town, number,
        f"{coordinator.account}@people.example", "Kirsten",
    ]  # fmt: skip
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(io.StringIO()) as out,
        ThreadPoolExecutor(1) as thread,
    ):
        if isinstance(server.database, str):
            patch.setenv("SAMTALE_DATABASE", server.database)
        assert thread.submit(main, line).result() == 0
    assert "Kirsten coordinates" in out.getvalue()


async def admitted(mail: MailSink, kirsten: Side, karim: Side) -> None:
    """Let Karim become a volunteer by the link in a real mail."""
    address = f"{karim.person.account}@volunteers.example"
    await kirsten.http("branch.invite", role="volunteer", name="Karim", email=address)
    token = mail.link(address, "/branch")
    await karim.http("branch.accept", token=token)
    mine = await karim.http("volunteer.sign")
    volunteer = mine["profile"]["id"]
    await kirsten.http("branch.record", volunteer=volunteer, course_done=True, state="active")


def next_five_minutes() -> int:
    """The next whole five minutes that lie a minute ahead or more: the doors are open already."""
    return (int(time.time() * 1000) + 60_000) // 300_000 * 300_000 + 300_000


async def test_a_guest_books_and_talks_and_the_room_is_theirs_alone(
    town_server: ServerProcess, town_mail: MailSink, api: httpx.AsyncClient, someone: MoveIn
) -> None:
    kirsten, karim = (Side(api, someone(alias), []) for alias in ("Kirsten", "Karims konto"))
    found_branch(town_server, kirsten.person, "Aarhus", "751")
    await admitted(town_mail, kirsten, karim)
    await karim.http("time.publish", service="snaksammen", starts_at=next_five_minutes())
    free = (await anyone(api, "time.find"))["times"]
    held = await anyone(api, "booking.hold", time=free[0]["id"], age_band="18_up")
    booking = await anyone(
        api, "booking.confirm", hold=held["hold"], name="Gæsten", email="gaest@example.dk"
    )
    mine = await anyone(api, "talk.enter", token=booking["token"])
    theirs = await karim.http("talk.join", talk=booking["talk"])
    assert theirs["talk"]["state"] == "running"
    room = theirs["talk"]["conversation"]
    bearer = {"Authorization": f"Bearer {mine['session']}"}
    async with (
        wire(town_server, bearer) as phone,
        wire(town_server, {"Authorization": f"Bearer {theirs['session']}"}) as laptop,
    ):
        await phone.do(
            "message.send", conversation=room, client_id=new_client_id(), text="Hej Karim"
        )
        heard = await laptop.event("message.created")
        assert heard["data"]["text"] == "Hej Karim"
        members = (await laptop.do("conversation.get", conversation=room))["members"]
        assert [one["alias"] for one in members] == ["Gæsten", "Karim"]
        await may_do_nothing_else(api, bearer)
        await phone.do("talk.leave", talk=booking["talk"], reason="done")
        assert (await laptop.event("talk.changed"))["data"]["state"] == "ended"
        assert await closed_to(laptop, room)


async def may_do_nothing_else(api: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    """A seat's session opens nothing of what takes an account."""
    for name, row in OPERATIONS.items():
        if row.path and row.access in {"account", "active"} and not row.guests:
            path = row.path.format_map(Anything())
            answer = await api.request(row.method, path, headers=bearer, json={})
            assert answer.status_code == 401, name


async def closed_to(device: Wire, room: str) -> bool:
    refused = await device.refusal(
        "message.send", conversation=room, client_id=new_client_id(), text="Er du der?"
    )
    return refused == "conversation_closed"


async def anyone(api: httpx.AsyncClient, operation: str, **data: str) -> dict[str, Any]:
    """Ask without any account."""
    row = OPERATIONS[operation]
    rest = {name: value for name, value in data.items() if f"{{{name}}}" not in row.path}
    answer = await api.request(
        row.method, row.path.format(**data), json=rest if row.method == "POST" else None
    )
    assert answer.is_success, answer.text
    return dict(answer.json())


class Anything(dict[str, str]):
    """Fills every place in a path."""

    def __missing__(self, key: str) -> str:
        return "0123456789abcdef"


def link_in(mail: MailSink, to: str) -> str:
    """Give the personal link's token in the next mail to an address."""
    body = mail.wait_for(to).get_body(("plain",))
    assert body is not None, "every mail has a plain text"
    found = re.search(r"/samtale/([\w-]{43})", body.get_content())
    assert found is not None, "the mail has a link"
    return found[1]


async def test_a_lost_link_is_sent_again_and_leads_to_the_calendar_file(
    town_server: ServerProcess, town_mail: MailSink, api: httpx.AsyncClient, someone: MoveIn
) -> None:
    kirsten, karim = (Side(api, someone(alias), []) for alias in ("Kirsten", "Karims konto"))
    found_branch(town_server, kirsten.person, "Odense", "461")
    await admitted(town_mail, kirsten, karim)
    await karim.http("time.publish", service="snaksammen", starts_at=next_five_minutes() + HOUR)
    free = (await anyone(api, "time.find"))["times"]
    held = await anyone(api, "booking.hold", time=free[0]["id"], age_band="18_up")
    gerda = f"gerda.{secrets.token_hex(4)}@example.dk"  # all setups have one mail server
    await anyone(api, "booking.confirm", hold=held["hold"], name="Gerda", email=gerda)
    first = link_in(town_mail, gerda)
    assert await anyone(api, "talk.send_link", email="nobody@example.dk") == {}
    assert await anyone(api, "talk.send_link", email=gerda) == {}
    again = link_in(town_mail, gerda)
    assert again != first
    assert (await anyone(api, "talk.enter", token=again))["talk"]["role"] == "citizen"
    file = await api.get(f"/samtale/{again}/samtale.ics")
    assert file.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "BEGIN:VEVENT" in file.text
    assert again not in file.text
    unknown = await api.get(f"/samtale/{again[::-1]}/samtale.ics")
    assert (unknown.is_client_error, "link_expired" in unknown.text) == (True, True)
