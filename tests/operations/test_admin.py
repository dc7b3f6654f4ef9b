"""What operators do from the command line: to accounts, subscriptions and notices, audited."""

import datetime
import io
import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from chat.cli import main
from loadtests.people import GLADSAXE, HERLEV, move_in
from loadtests.processes import ServerProcess
from protocol.ids import encode_id
from tests.flows.test_replies import post_bubble
from tests.patience import PATIENCE_SECONDS
from tests.wire import wire

TODAY = datetime.datetime.now(datetime.UTC).date()


class Said(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


Admin = Callable[..., Said]


@pytest.fixture
def admin(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> Admin:
    """`samtale admin` beside a running server, in a thread: it has an event loop of its own."""
    monkeypatch.setattr("chat.cli.set_up_logs", lambda *_: None)

    def run(*arguments: object) -> Said:
        out, err = io.StringIO(), io.StringIO()
        line = ["admin", "--data", str(server.data), *map(str, arguments)]
        with redirect_stdout(out), redirect_stderr(err), ThreadPoolExecutor(1) as thread:
            try:
                code = thread.submit(main, line).result()
            except SystemExit as wrong:
                code = int(str(wrong.code))
        return Said(code, out.getvalue(), err.getvalue())

    return run


# --- accounts -------------------------------------------------------------------------------------


async def test_an_account_is_found_suspended_and_logged_out_while_the_server_runs(
    server: ServerProcess, admin: Admin
) -> None:
    mette = move_in(server.data / "samtale.db", "Mette")
    email = f"{mette.account}@people.example"
    found = admin("find", email)
    assert f"id            {encode_id(mette.account)}" in found.out
    assert "state         active" in found.out
    assert "151 Ballerup" in found.out
    assert email not in found.out
    async with wire(server, mette.headers) as phone:
        assert admin("suspend", encode_id(mette.account)).code == 0
        assert (await phone.event("account.changed"))["data"]["state"] == "suspended"
        assert admin("reinstate", email).code == 0
        assert (await phone.event("account.changed"))["data"]["state"] == "active"
        assert admin("log-out", email).code == 0
        assert await phone.closed() == 4301
    actions = [line.split()[3] for line in admin("audit").out.splitlines()]
    assert actions == ["log-out", "reinstate", "suspend", "find"]
    assert email not in admin("audit").out


async def test_whom_nobody_knows_is_not_found(admin: Admin) -> None:
    for who in ("nobody@people.example", "0" * 15 + "7"):
        said = admin("suspend", who)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith("samtale: ")
    assert admin("audit").out.endswith("suspend 0000000000000007: not_found\n")


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("suspend",),
        ("fly", "eva@example.dk"),
        ("subscriptions", "set", "163", "tomorrow"),
        ("subscriptions", "set", "100", "2026-01-01"),
        ("subscriptions", "set", "163", "2026-02-01", "--to", "2026-02-01"),
        ("dead-letters", "replay", "some"),
    ],
)
async def test_wrong_use_is_told_apart_and_changes_nothing(
    admin: Admin, wrong: tuple[str, ...]
) -> None:
    said = admin(*wrong)
    assert (said.code, said.out) == (2, "")
    assert "samtale" in said.err


async def test_what_is_kept_of_talks_is_exported_and_erased_only_with_yes(
    server: ServerProcess, admin: Admin
) -> None:
    mette = move_in(server.data / "samtale.db", "Mette")
    email = f"{mette.account}@people.example"
    assert admin("branch", "Aarhus", 751, email, "Mette").code == 0
    kept = json.loads(admin("rights", "export", email).out)
    assert kept["account"] == encode_id(mette.account)
    assert [one["name"] for one in kept["snaksammen"]["coordinator"]] == ["Mette"]
    assert admin("rights", "erase", email).code == 1
    assert json.loads(admin("rights", "export", email).out)["snaksammen"]["coordinator"]
    assert admin("rights", "erase", email, "--yes").code == 0
    assert json.loads(admin("rights", "export", email).out)["snaksammen"]["coordinator"] == []
    assert "rights erase" in admin("audit").out


async def test_roles_are_listed_and_coordinating_ends_once_another_is_there(
    server: ServerProcess, admin: Admin
) -> None:
    mette, eva = (move_in(server.data / "samtale.db", name) for name in ("Mette", "Eva"))
    emails = [f"{one.account}@people.example" for one in (mette, eva)]
    assert admin("branch", "Odense", 461, emails[0], "Mette").code == 0
    async with wire(server, mette.headers) as phone:
        alone = admin("roles", "revoke", emails[0])
        assert (alone.code, "another must coordinate" in alone.err) == (1, True)
        assert admin("branch", "Odense", 461, emails[1], "Eva").code == 0
        listed = admin("roles", "list").out.splitlines()
        assert [line.split("  ")[:4] for line in listed] == [
            ["Odense", "coordinator", encode_id(one.account), name]
            for one, name in ((mette, "Mette"), (eva, "Eva"))
        ]
        assert admin("roles", "revoke", emails[0]).code == 0
        assert await phone.closed() == 4301
    assert encode_id(mette.account) not in admin("roles", "list").out
    assert admin("roles", "revoke", emails[0]).code == 1
    assert "roles revoke" in admin("audit").out


# --- subscriptions --------------------------------------------------------------------------------


async def test_a_municipality_that_subscribes_is_seen_at_once_by_a_running_server(
    server: ServerProcess, admin: Admin
) -> None:
    mette, ali = (
        move_in(server.data / "samtale.db", name, municipality=HERLEV) for name in ("Mette", "Ali")
    )
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as api:

        async def seen() -> list[str]:
            answer = await api.get("/api/v1/bubbles", headers=ali.headers)
            return [one["id"] for one in answer.json()["bubbles"]]

        bubble = await post_bubble(api, mette)
        assert await seen() == []
        said = admin("subscriptions", "set", HERLEV, TODAY.isoformat())
        assert said.code == 0, said.err
        assert f"163 Herlev: none -> {TODAY} to …" in said.out
        until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=PATIENCE_SECONDS)
        while await seen() != [bubble]:
            assert datetime.datetime.now(datetime.UTC) < until
        assert admin("subscriptions", "end", HERLEV, TODAY.isoformat()).code == 0
        assert f"{HERLEV} Herlev               none" in admin("subscriptions", "list").out


async def test_a_list_is_taken_in_whole_or_not_at_all(admin: Admin, tmp_path: Path) -> None:
    good = tmp_path / "good.csv"
    good.write_text(
        "code,name,from,to\n163,Herlev,2026-01-01,\n159,Gladsaxe,2020-01-01,2025-01-01\n"
        "159,Gladsaxe,2026-01-01,\n",
        encoding="utf-8",
    )
    before = admin("subscriptions", "list").out
    dry = admin("subscriptions", "import", good, "--dry-run")
    assert (dry.code, "2 of 2 municipalities change" in dry.out) == (0, True)
    assert admin("subscriptions", "list").out == before

    bad = tmp_path / "bad.csv"
    bad.write_text(good.read_text() + "999,Atlantis,2026-01-01,\n163,Herlev,2026-02-01,\n")
    refused = admin("subscriptions", "import", bad)
    assert refused.code == 1
    assert "line 5: there is no municipality '999'" in refused.err
    assert "163" in refused.err
    assert admin("subscriptions", "list").out == before

    assert admin("subscriptions", "import", good).code == 0
    after = admin("subscriptions", "list").out
    assert "163 Herlev               2026-01-01 to …\n" in after
    assert "2020-01-01 to 2025-01-01, 2026-01-01 to …" in after
    unnamed = [line for line in before.splitlines() if line[:3] not in {str(GLADSAXE), "163"}]
    assert set(unnamed) <= set(after.splitlines())
    again = admin("subscriptions", "import", good)
    assert "0 of 2 municipalities change" in again.out


# --- dead letters ---------------------------------------------------------------------------------


def bury(server: ServerProcess, number: int, address: str | None) -> None:
    """Let a notice have been given up."""
    with closing(sqlite3.connect(server.data / "samtale.db", timeout=10)) as database, database:
        database.execute(
            "INSERT INTO notices (id, channel, kind, address, language, params, state, attempts,"
            " created_at, due_at, settled_at, failure)"
            " VALUES (?, 'mail', 'confirm_email', ?, 'da', ?, 'dead', 20, 0, 0, ?, '550')",
            (number, address, json.dumps({"link": f"https://x.example/{number}", "hours": "24",
                                          "alias": "Mette"}),
             int(datetime.datetime.now(datetime.UTC).timestamp() * 1_000)),
        )  # fmt: skip


async def test_what_was_given_up_is_listed_without_its_words_and_sent_again_or_dropped(
    server: ServerProcess, admin: Admin
) -> None:
    bury(server, 11, "mette@people.example")
    bury(server, 12, "mette@people.example")
    bury(server, 13, None)
    listed = admin("dead-letters", "list").out
    assert listed.count("confirm_email") == 3
    assert listed.count("replayable") == 2
    assert "mette" not in listed.lower()
    assert "x.example" not in listed
    assert "550" in admin("dead-letters", "show", 11).out
    assert admin("dead-letters", "replay", 13).code == 1
    assert admin("dead-letters", "replay", 11).out == "1 done\n"
    assert admin("dead-letters", "drop", 12).code == 0
    assert admin("dead-letters", "drop", "all").code == 0
    assert admin("dead-letters", "list").out == ""
    assert admin("dead-letters", "replay", "all").code == 1


async def test_a_new_epoch_is_asked_for_before_a_start(server: ServerProcess, admin: Admin) -> None:
    said = admin("new-epoch")
    assert said.code == 0
    server.stop()
    server.start()
    mette = move_in(server.data / "samtale.db", "Mette")
    async with wire(server, mette.headers, greeted=False) as phone:
        assert (await phone.event("hello"))["data"]["epoch"] in said.out
