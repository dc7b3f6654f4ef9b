"""Every limit lets through what it allows, and refuses one more by its name (G8; design section 7).

Here they are met over the public interface, on a server where they are small. Those that have a
better place are tested there: the table says where, and that it is complete is tested too.

| limit | its test |
|---|---|
| messages_per_minute, messages_burst | `test_messages_at_once` |
| new_account_messages_per_minute | `test_messages_at_once` |
| new_account_days | `tests/conversations/test_sending.py::test_a_new_account_sends_fewer_messages_at_once` |
| new_conversations_per_day | `test_new_conversations_in_a_day` |
| new_conversations_per_day_first_week | `test_new_conversations_in_a_day` |
| typing_interval_ms, pinned messages | `test_typing`, `tests/flows/test_messages_change.py::test_a_pin_is_for_both_and_there_are_twenty` |
| presence_gone_after_ms | `tests/conversations/test_presence.py::test_who_goes_counts_as_here_for_half_a_minute` |
| evidence_days | `tests/conversations/test_evidence.py::test_every_earlier_text_is_kept_until_its_time_is_over` |
| searches_per_minute | `tests/conversations/test_search.py::test_an_account_searches_so_often_a_minute_and_no_other_pays_for_it` |
| sockets_per_account | `test_sockets_of_an_account` |
| unauthenticated_sockets_per_address | `test_sockets_that_do_not_say_who_they_are` |
| greetings_per_second | `tests/flows/test_draining.py::test_a_crowd_is_told_when_to_come_back` |
| authenticate_within_ms | `test_time_to_say_who_one_is` |
| ping_interval_ms, silent_after_ms | `tests/realtime/test_pressure.py::test_a_half_open_peer_is_closed_and_one_that_answers_lives_on` |
| outbox_bytes | `tests/realtime/test_outbox.py::test_an_outbox_holds_so_many_bytes_and_no_more` |
| resume_entries_per_page | `test_entries_of_a_page_of_a_resume` |
| resume_entries_at_most | `test_entries_of_a_resume` |
| body_bytes | `test_bytes_of_a_body` |
| picture_bytes | `tests/media/test_service.py::test_an_upload_may_be_as_large_as_the_limit_and_no_larger` |
| picture_pixels | `tests/media/test_reencoding.py::test_a_picture_may_have_as_many_pixels_as_the_limit_and_no_more` |
| unclaimed_pictures | `tests/media/test_service.py::test_unclaimed_pictures_are_bounded_for_each_account` |
| login_failures, login_window_ms | `tests/accounts/test_sessions.py::test_after_five_failures_each_one_doubles_the_wait`, `tests/accounts/test_rules.py::test_no_wait_is_ever_longer_than_the_window` |
| registrations_per_hour_and_address | `test_registrations_from_an_address` |
| account_mails_per_hour_and_address | `tests/accounts/test_sessions.py::test_causes_so_many_mails_to_one_address` |
| account_mails_per_hour_and_recipient | `tests/accounts/test_sessions.py::test_does_not_see_what_other_networks_cause` |
| password_checks_per_minute_and_address | `tests/accounts/test_sessions.py::test_has_so_many_passwords_checked_in_a_minute` |
| password_queue | `tests/accounts/test_sessions.py::test_more_passwords_than_can_wait_are_refused_and_the_rest_checked` |
| session_ms | `tests/accounts/test_sessions.py::test_a_session_lives_30_days_from_when_it_was_last_used` |
| volunteer_session_ms, staff_session_ms | `tests/accounts/test_lifetimes.py::test_a_session_of_one_with_a_post_ends_so_long_after_the_login` |
| sessions_per_account | `tests/accounts/test_sessions.py::test_end_the_one_longest_unused` |
| socket_ticket_ms | `tests/accounts/test_sessions.py::test_a_ticket_is_good_for_30_seconds` |
| bubbles_per_day | `test_bubbles_in_a_day` |
| bubble_edits_per_minute | `test_edits_in_a_minute` |
| calls_per_minute | `tests/calls/test_calls.py::test_only_so_many_calls_a_minute` |
| call_signals_per_minute, call_signals_burst | `tests/calls/test_calls.py::test_only_so_many_signals` |
| call_changes_per_minute, call_changes_burst | `tests/calls/test_calls.py::test_only_so_many_changes` |
| call_rings_ms, call_connects_ms, call_changes_ms, call_farewell_ms | `tests/calls/test_rules.py::test_each_ends_by_itself_at_its_moment_and_not_before` |
| call_talk_ms, call_warning_ms, call_extension_ms | `tests/calls/test_rules.py::test_both_are_warned_and_get_five_more_minutes_only_if_both_want` |
| call_extensions | `tests/calls/test_rules.py::test_a_talk_is_extended_only_so_often` |
| turn_credentials_ms | `tests/calls/test_calls.py::test_credentials_are_what_the_relay_expects_and_fresh_each_time` |
| size of a signal | `tests/calls/test_calls.py::test_a_signal_is_only_so_large` |
| text in a page of history | `tests/conversations/test_history.py::test_long_messages_make_shorter_pages_that_add_up` |
| bytes of a frame | `tests/realtime/test_shell.py::test_commands_of_every_length_are_read`, `tests/realtime/test_shell.py::test_a_command_over_the_limit_is_read_answered_and_survived` |
| bytes that close the socket | `tests/realtime/test_shell.py::test_far_over_the_limit_the_head_alone_fails_the_connection` |
| fragments of a frame | `tests/realtime/test_shell.py::test_sixteen_fragments_are_a_message_and_seventeen_are_too_many` |
| empty fragments | `tests/realtime/test_shell.py::test_fragments_out_of_order_or_empty_fail_the_connection` |
| depth of JSON | `test_depth_of_a_command`, `tests/protocol/test_codec.py::test_json_nests_at_most_8_levels` |
| text of a message, of a draft | `tests/flows/test_socket.py::test_a_message_is_at_most_four_thousand_characters`, `tests/flows/test_own_side.py::test_a_draft_is_no_longer_than_a_message` |
| bad frames in a minute | `test_bad_frames` |
| commands under way | `test_commands_under_way` |
| pings of a client | `tests/realtime/test_pressure.py::test_three_pings_at_once_are_answered_and_a_fourth_is_flooding` |
| time to answer a close | `tests/realtime/test_closing.py::test_a_peer_that_does_not_answer_a_close_is_cut_whatever_else_it_says` |
| head of a request | `tests/realtime/test_handshake.py::test_far_too_many_headers_are_refused`, `tests/realtime/test_handshake.py::test_headers_without_an_end_cost_no_memory` |
| head_within_ms | `tests/realtime/test_pressure.py::test_a_connection_that_does_not_get_to_its_first_request_is_ended` |
| passwords | `tests/accounts/test_rules.py::test_a_password_has_10_to_256_characters`, `tests/accounts/test_rules.py::test_a_common_password_is_refused` |
| cost of a hash | `tests/accounts/test_sessions.py::test_the_real_parameters_are_those_of_the_design` |
"""  # noqa: E501 — a row is a line

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat.settings import Limits
from loadtests.beside import beside
from loadtests.people import Person, move_in
from loadtests.processes import ServerProcess
from protocol.connection import BAD_FRAMES_PER_MINUTE
from tests.flows.test_replies import post_bubble
from tests.patience import PATIENCE_SECONDS
from tests.realtime.raw import TEXT, RawSocket, command, greeted, masked
from tests.wire import Wire, new_client_id, wire

SMALL = {
    "MESSAGES_PER_MINUTE": 6,
    "MESSAGES_BURST": 6,
    "NEW_ACCOUNT_MESSAGES_PER_MINUTE": 3,
    "NEW_CONVERSATIONS_PER_DAY": 4,
    "NEW_CONVERSATIONS_PER_DAY_FIRST_WEEK": 2,
    "TYPING_INTERVAL_MS": 2_000,
    "SOCKETS_PER_ACCOUNT": 3,
    "UNAUTHENTICATED_SOCKETS_PER_ADDRESS": 3,
    "AUTHENTICATE_WITHIN_MS": 4_000,
    "RESUME_ENTRIES_PER_PAGE": 3,
    "RESUME_ENTRIES_AT_MOST": 5,
    "BODY_BYTES": 2_000,
    "REGISTRATIONS_PER_HOUR_AND_ADDRESS": 2,
    "BUBBLES_PER_DAY": 3,
    "BUBBLE_EDITS_PER_MINUTE": 3,
}
ROOT = Path(__file__).parent.parent.parent
WEEK_MS = 7 * 86_400_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server where everything is soon too much."""
    limits = {f"SAMTALE_LIMITS_{name}": str(value) for name, value in SMALL.items()}
    process = ServerProcess(tmp_path_factory.mktemp("small"), **limits).start()
    yield process
    process.stop()


@pytest.fixture
async def api(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP to it."""
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as client:
        yield client


class Town:
    """People of the server."""

    def __init__(self, server: ServerProcess) -> None:
        self._database = server.database

    def move_in(self, alias: str, *, new: bool = False) -> Person:
        """Make somebody who joined a year ago, or a newcomer."""
        person = move_in(self._database, f"{alias} {time.monotonic_ns():x}"[:40])
        if new:
            joined = int(time.time() * 1_000) - WEEK_MS + 60_000
            with beside(self._database) as store:
                store.run("UPDATE accounts SET joined_at = ? WHERE id = ?", joined, person.account)
        return person


@pytest.fixture
def town(server: ServerProcess) -> Town:
    """People to be."""
    return Town(server)


async def talk(api: httpx.AsyncClient, author: Person, one: Wire) -> str:
    """Open a conversation; gives its id."""
    bubble = await post_bubble(api, author)
    sent = await one.do("bubble.reply", bubble=bubble, client_id=new_client_id(), text="1")
    return str(sent["conversation"])


# --- what an account may do -----------------------------------------------------------------------


@pytest.mark.parametrize(("new", "allowed"), [(False, 6), (True, 3)])
async def test_messages_at_once(
    server: ServerProcess, api: httpx.AsyncClient, town: Town, new: bool, allowed: int
) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali", new=new)
    async with wire(server, ali.headers) as one:
        conversation = await talk(api, mette, one)
        for _ in range(allowed - 1):
            await one.send(conversation, "igen")
        reply = await one.ask(
            "message.send", conversation=conversation, client_id=new_client_id(), text="for meget"
        )
    assert reply["error"]["code"] == "rate_limited"
    assert 0 < reply["error"]["retry_after_ms"] <= 60_000 / allowed


@pytest.mark.parametrize(("new", "allowed"), [(False, 4), (True, 2)])
async def test_new_conversations_in_a_day(
    api: httpx.AsyncClient, town: Town, new: bool, allowed: int
) -> None:
    ali = town.move_in("Ali", new=new)
    bubbles = [await post_bubble(api, town.move_in("Mette")) for _ in range(allowed + 1)]
    answers = [
        await api.post(
            f"/api/v1/bubbles/{bubble}/replies",
            headers=ali.headers,
            json={"client_id": new_client_id(), "text": "Hej"},
        )
        for bubble in bubbles
    ]
    assert [answer.status_code for answer in answers] == [201] * allowed + [429]
    assert answers[-1].json()["error"]["code"] == "too_many_conversations"


async def test_typing(server: ServerProcess, api: httpx.AsyncClient, town: Town) -> None:
    async with wire(server, town.move_in("Ali").headers) as one:
        conversation = await talk(api, town.move_in("Mette"), one)
        other = await talk(api, town.move_in("Eva"), one)
        started = time.monotonic()
        await one.do("typing.start", conversation=conversation)
        reply = await one.ask("typing.start", conversation=conversation)
        assert reply["error"]["code"] == "rate_limited"
        assert 0 < reply["error"]["retry_after_ms"] <= SMALL["TYPING_INTERVAL_MS"]
        await one.do("typing.start", conversation=other)
        while (await one.ask("typing.start", conversation=conversation))["ok"] is False:
            await asyncio.sleep(0.05)
            assert time.monotonic() - started < PATIENCE_SECONDS
        assert time.monotonic() - started > 1.9


async def test_bubbles_in_a_day(api: httpx.AsyncClient, town: Town) -> None:
    mette = town.move_in("Mette")
    answers = [
        await api.post(
            "/api/v1/bubbles",
            headers=mette.headers,
            json={"title": f"Boble {number}", "text": "Jeg vil gerne gå en tur om søndagen."},
        )
        for number in range(4)
    ]
    assert [answer.status_code for answer in answers] == [201] * 3 + [429]
    error = answers[-1].json()["error"]
    assert error["code"] == "rate_limited"
    assert 86_000_000 < error["retry_after_ms"] <= 86_400_000


async def test_edits_in_a_minute(api: httpx.AsyncClient, town: Town) -> None:
    mette = town.move_in("Mette")
    bubble = await post_bubble(api, mette)
    answers = [
        await api.patch(
            f"/api/v1/bubbles/{bubble}", headers=mette.headers, json={"title": f"Boble {number}"}
        )
        for number in range(4)
    ]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429]
    assert answers[-1].json()["error"]["code"] == "rate_limited"


def register(server: ServerProcess, name: str, address: str = "127.0.0.1") -> httpx.Response:
    body = {"email": f"{name}@people.example", "password": "tung regn i maj", "alias": name,
            "born": "1980-01-01", "municipality": 151}  # fmt: skip
    with httpx.Client(transport=httpx.HTTPTransport(local_address=address)) as client:
        return client.post(f"{server.url}/api/v1/accounts", json=body)


def test_registrations_from_an_address(server: ServerProcess) -> None:
    answers = [register(server, name) for name in ("Anna", "Bente", "Carl")]
    assert [answer.is_success for answer in answers] == [True, True, False]
    assert answers[-1].json()["error"]["code"] == "rate_limited"
    assert 3_590_000 < answers[-1].json()["error"]["retry_after_ms"] <= 3_600_000
    assert register(server, "Dorte", "127.0.0.9").is_success


# --- sockets --------------------------------------------------------------------------------------


async def test_sockets_of_an_account(server: ServerProcess, town: Town) -> None:
    mette = town.move_in("Mette")
    async with AsyncExitStack() as stack:
        first, *others = [
            await stack.enter_async_context(wire(server, mette.headers)) for _ in range(3)
        ]
        for one in (first, *others):
            await one.do("account.get")
        others.append(await stack.enter_async_context(wire(server, mette.headers)))
        assert await first.closed() == 4001
        for one in others:
            await one.do("account.get")


def test_sockets_that_do_not_say_who_they_are(server: ServerProcess, town: Town) -> None:
    address = "127.0.0.21"
    with ExitStack() as stack:
        strangers = [stack.enter_context(RawSocket(server.port, source=address)) for _ in range(3)]
        assert [one.upgrade() for one in strangers] == [101] * 3
        with RawSocket(server.port, source=address) as one_more:
            assert one_more.upgrade() == 429
        with RawSocket(server.port, source=address) as known:
            assert known.upgrade(town.move_in("Mette").headers) == 101
        with RawSocket(server.port, source="127.0.0.22") as elsewhere:
            assert elsewhere.upgrade() == 101
        token = town.move_in("Ali").token
        assert strangers[0].ask("session.authenticate", token=token)["ok"]
        with RawSocket(server.port, source=address) as instead:
            assert instead.upgrade() == 101


def test_time_to_say_who_one_is(server: ServerProcess, town: Town) -> None:
    address, token = "127.0.0.23", town.move_in("Ali").token
    with (
        RawSocket(server.port, source=address) as early,
        RawSocket(server.port, source=address) as late,
    ):
        assert [early.upgrade(), late.upgrade()] == [101, 101]
        started = time.monotonic()
        assert early.nothing_comes(1.0)
        assert early.ask("session.authenticate", token=token)["ok"]
        assert early.json()["event"] == "hello"
        assert late.closed() == 4300
        assert time.monotonic() - started > 3.9
        assert early.lives()


def test_bad_frames(server: ServerProcess, town: Town) -> None:
    with greeted(server, town.move_in("Mette")) as one:
        for _ in range(BAD_FRAMES_PER_MINUTE):
            one.send(masked(TEXT, b"?"))
            assert one.json()["error"]["code"] == "bad_json"
        assert one.lives()
        one.send(masked(TEXT, b"?"))
        assert one.closed() == 4103


@pytest.mark.parametrize(("commands", "refused"), [(31, 0), (32, 0), (33, 1)])
def test_commands_under_way(server: ServerProcess, town: Town, commands: int, refused: int) -> None:
    with greeted(server, town.move_in("Mette")) as one:
        one.send(b"".join(masked(TEXT, command(n, "account.get")) for n in range(commands)))
        replies = [one.json() for _ in range(commands)]
    assert sorted(reply["id"] for reply in replies) == list(range(commands))
    errors = [reply["error"] for reply in replies if not reply["ok"]]
    assert [error["code"] for error in errors] == ["rate_limited"] * refused


@pytest.mark.parametrize(
    ("depth", "code"), [(7, "unknown_field"), (8, "unknown_field"), (9, "too_large")]
)
def test_depth_of_a_command(server: ServerProcess, town: Town, depth: int, code: str) -> None:
    value = b"[" * (depth - 2) + b"]" * (depth - 2)
    with greeted(server, town.move_in("Mette")) as one:
        one.send(masked(TEXT, b'{"id":1,"command":"account.get","data":{"x":' + value + b"}}"))
        assert one.json()["error"]["code"] == code
        assert one.lives()


# --- resume ---------------------------------------------------------------------------------------


async def missed(
    server: ServerProcess, api: httpx.AsyncClient, town: Town, entries: int
) -> list[dict[str, Any]]:
    """Miss so many entries; gives the replies to resuming, page by page."""
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    async with wire(server, mette.headers) as phone, wire(server, ali.headers) as at_ali:
        hello = await api.get("/api/v1/conversations", headers=mette.headers)
        conversation = await talk(api, mette, at_ali)
        for _ in range(entries - 1):
            await at_ali.send(conversation, "igen")
        cursor, replies = hello.json()["cursor"], []
        while True:
            replies.append(await phone.ask("session.resume", cursor=cursor))
            if not replies[-1]["ok"] or not replies[-1]["data"]["more"]:
                return replies
            cursor = replies[-1]["data"]["cursor"]


@pytest.mark.parametrize(("entries", "pages"), [(2, [2]), (3, [3]), (4, [3, 1])])
async def test_entries_of_a_page_of_a_resume(
    server: ServerProcess, api: httpx.AsyncClient, town: Town, entries: int, pages: list[int]
) -> None:
    replies = await missed(server, api, town, entries)
    found = [reply["data"]["conversations"][0]["entries"] for reply in replies]
    assert [len(page) for page in found] == pages


@pytest.mark.parametrize(("entries", "allowed"), [(4, True), (5, True), (6, False)])
async def test_entries_of_a_resume(
    server: ServerProcess, api: httpx.AsyncClient, town: Town, entries: int, allowed: bool
) -> None:
    replies = await missed(server, api, town, entries)
    if allowed:
        assert replies[-1]["ok"]
    else:
        assert replies[-1]["error"]["code"] == "resync_required"


# --- HTTP -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(("length", "status"), [(1_999, 200), (2_000, 200), (2_001, 413)])
async def test_bytes_of_a_body(
    api: httpx.AsyncClient, town: Town, length: int, status: int, told: bool
) -> None:
    body = b'{"language":"en"}'.ljust(length)

    async def in_pieces() -> AsyncIterator[bytes]:
        yield body[:1_000]
        yield body[1_000:]

    answer = await api.patch(
        "/api/v1/account",
        headers=town.move_in("Mette").headers,
        content=body if told else in_pieces(),
    )
    assert answer.status_code == status
    if status == 413:
        assert answer.json()["error"]["code"] == "too_large"


# --- the table ------------------------------------------------------------------------------------

ROWS = [line.strip("| ").split(" | ") for line in (__doc__ or "").splitlines() if "`" in line]


def test_the_table_names_every_limit_that_can_be_set() -> None:
    named = {name for row in ROWS for name in re.findall(r"\w+", row[0])}
    assert set(Limits.__struct_fields__) <= named


@pytest.mark.parametrize("test", sorted(set(re.findall(r"`([^`]+)`", __doc__ or ""))))
def test_the_test_of_a_limit_exists(test: str) -> None:
    file, _, name = test.rpartition("::")
    source = (ROOT / (file or "tests/flows/test_limits.py")).read_text(encoding="utf-8")
    assert re.search(rf"^ *(async )?def {name}\(", source, re.MULTILINE)
