"""Snapshot + events == a fresh snapshot, whoever comes, goes and dies when (G2, G4, G5).

Random histories of all four classes of events on a real server. Devices arrive, lose their
connection with or without having heard what was sent, die in the middle of a resume, and come back
with the cursor that they had. In the end each knows exactly what a fresh one reads.
"""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from loadtests.processes import ServerProcess
from tests.conversations.bridge import Node
from tests.conversations.histories import VERBS, History, Step
from tests.patience import PATIENCE_SECONDS

LIMITS = {
    "MESSAGES_PER_MINUTE": "1000000",
    "MESSAGES_BURST": "1000000",
    "NEW_CONVERSATIONS_PER_DAY": "1000000",
    "BUBBLES_PER_DAY": "1000000",
    "SOCKETS_PER_ACCOUNT": "10",
    "GREETINGS_PER_SECOND": "100000",
    "RESUME_ENTRIES_PER_PAGE": "4",
    "RESUME_ENTRIES_AT_MOST": "25",
}
"""Small pages, so that resumes have many, and a resync now and then."""

STEPS = st.lists(
    st.builds(Step, st.sampled_from(VERBS), st.integers(0, 5), st.integers(0, 8)),
    min_size=5,
    max_size=40,
)

A_POSITION_BEFORE_THE_END_OF_A_PAGE = [
    Step("answer", 1, 0),
    Step("answer", 2, 0),
    *(Step("hear", device, 8) for device in range(3)),
    Step("vanish", 0, 0),
    Step("read", 1, 0),
    Step("vanish", 1, 0),
    *[Step("write", 2, 0)] * 8,
]
"""It stands alone in a conversation of which nothing else was missed."""

A_READ_BEHIND_A_BLOCK = [
    Step("arrive", 0, 0),
    Step("answer", 1, 0),
    Step("hear", 0, 8),
    Step("hear", 3, 8),
    Step("vanish", 3, 0),
    Step("block", 1, 0),
    Step("read", 0, 0),
]
"""One's other device learns of it, the other person does not."""

TWO_DEVICES_IN_A_CONVERSATION = [
    Step("arrive", 0, 0),
    Step("answer", 1, 0),
    *(Step("hear", device, 8) for device in (0, 1, 3)),
]

ALL_THAT_CAN_HAPPEN_TO_A_MESSAGE = [
    *TWO_DEVICES_IN_A_CONVERSATION,
    Step("quote", 0, 0),
    Step("vanish", 3, 0),
    Step("edit", 1, 0),
    Step("react", 0, 0),
    Step("pin", 0, 0),
    Step("draft", 0, 1),
    Step("mute", 0, 5),
    Step("mark_unread", 0, 1),
    Step("come_back", 3, 0),
    Step("unreact", 0, 0),
    Step("delete", 1, 0),
]
"""One device of the two was away for some of it."""

WHAT_IS_ARCHIVED_COMES_BACK_WITH_A_MESSAGE = [
    *TWO_DEVICES_IN_A_CONVERSATION,
    Step("archive", 0, 1),
    *(Step("hear", device, 8) for device in (0, 3)),
    Step("vanish", 3, 0),
    Step("write", 1, 0),
]

WHAT_IS_READ_WHOLE_IS_NEWER_THAN_WHAT_IS_HEARD_NEXT = [
    Step("answer", 2, 0),
    Step("archive", 0, 1),
    Step("answer", 2, 0),
]
"""The first event of an unknown conversation has it read; the second says that it is archived."""

LEAVING_WHILE_ANOTHER_DEVICE_IS_AWAY = [
    *TWO_DEVICES_IN_A_CONVERSATION,
    Step("vanish", 3, 0),
    Step("leave", 0, 0),
    Step("write", 1, 0),
]

READING_WITHOUT_RECEIPTS = [
    *TWO_DEVICES_IN_A_CONVERSATION,
    Step("receipts", 1, 0),
    Step("vanish", 1, 0),
    Step("read", 0, 0),
    Step("receipts", 1, 1),
    Step("deliver", 0, 8),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose pages are small."""
    limits = {f"SAMTALE_LIMITS_{name}": value for name, value in LIMITS.items()}
    process = ServerProcess(tmp_path_factory.mktemp("histories"), **limits).start()
    yield process
    process.stop()


async def run(server: ServerProcess, steps: list[Step], node: Node | None = None) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as api:
        history = History(server, api, node)
        try:
            await history.begin()
            for step in steps:
                await history.play(step)
            await history.end()
            for device in history.devices:
                known, truth = device.known(), await history.truth(device)
                assert known == {what: truth[what] for what in known}
        finally:
            await history.close()


async def run_in_javascript(server: ServerProcess, steps: list[Step]) -> None:
    node = await Node.start()
    try:
        await run(server, steps, node)
    finally:
        await node.stop()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
@example(steps=A_POSITION_BEFORE_THE_END_OF_A_PAGE)
@example(steps=A_READ_BEHIND_A_BLOCK)
@example(steps=ALL_THAT_CAN_HAPPEN_TO_A_MESSAGE)
@example(steps=WHAT_IS_ARCHIVED_COMES_BACK_WITH_A_MESSAGE)
@example(steps=WHAT_IS_READ_WHOLE_IS_NEWER_THAN_WHAT_IS_HEARD_NEXT)
@example(steps=LEAVING_WHILE_ANOTHER_DEVICE_IS_AWAY)
@example(steps=READING_WITHOUT_RECEIPTS)
def test_a_device_knows_what_a_fresh_snapshot_says(
    server: ServerProcess, steps: list[Step]
) -> None:
    asyncio.run(run(server, steps))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
@example(steps=A_POSITION_BEFORE_THE_END_OF_A_PAGE)
@example(steps=A_READ_BEHIND_A_BLOCK)
@example(steps=ALL_THAT_CAN_HAPPEN_TO_A_MESSAGE)
@example(steps=WHAT_IS_ARCHIVED_COMES_BACK_WITH_A_MESSAGE)
@example(steps=WHAT_IS_READ_WHOLE_IS_NEWER_THAN_WHAT_IS_HEARD_NEXT)
@example(steps=LEAVING_WHILE_ANOTHER_DEVICE_IS_AWAY)
@example(steps=READING_WITHOUT_RECEIPTS)
def test_the_javascript_client_shows_what_a_fresh_snapshot_says(
    server: ServerProcess, steps: list[Step]
) -> None:
    asyncio.run(run_in_javascript(server, steps))
