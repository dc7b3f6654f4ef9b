"""The golden frames as text, one for each command, reply, event and kind of error."""

from pathlib import Path
from typing import Any

import msgspec

from protocol.codec import encode_command, encode_error, encode_event, encode_reply
from protocol.golden import examples as example
from protocol.golden.events import EVENTS_SEEN
from protocol.messages import EVENTS
from protocol.operations import COMMANDS

HERE = Path(__file__).parent


def files() -> dict[Path, str]:
    """Give the text of every file that is made from the examples."""
    frames = {HERE / "frames" / f"{name}.json": raw for name, raw in _frames().items()}
    encoded = frames | {HERE / "values.json": msgspec.json.encode(_values())}
    return {
        path: msgspec.json.format(raw, indent=2).decode() + "\n" for path, raw in encoded.items()
    }


def _frames() -> dict[str, bytes]:
    return {
        **{f"command.{name}": encode_command(7, name, example.REQUESTS[name]) for name in COMMANDS},
        **{f"reply.{name}": encode_reply(7, example.REPLIES[name]) for name in COMMANDS},
        **{f"event.{name}": encode_event(EVENTS_SEEN[name]) for name in EVENTS},
        **{
            f"error.{code}": encode_error(None if code == "bad_json" else 7, refused, "da")
            for code, refused in example.REFUSALS.items()
        },
    }


def _values() -> dict[str, Any]:
    """Give a value for every wildcard of the transcripts that a client takes from the server."""
    hello = EVENTS_SEEN["hello"].data
    numbered = range(1, 4)
    return {
        "$token": example.TOKEN,
        "$session": hello.session,
        "$account": hello.account,
        "$epoch": hello.epoch,
        "$heartbeat_ms": hello.heartbeat_ms,
        "$limits": hello.limits,
        "$commands": hello.commands,
        "$reconnect_spread_ms": hello.reconnect_spread_ms,
        "$spread_ms": 5_000,
        "$server_time": example.NOON,
        "$server_time_2": example.NOON + example.MINUTE,
        "$closed_at": example.NOON + example.MINUTE,
        "$cursor": example.CURSOR,
        "$cursor_2": "7f3a-30",
        "$cursor_3": "7f3a-31",
        "$cursor_4": "7f3a-32",
        "$cursor_5": "7f3a-33",
        "$conversation": example.CONVERSATION_ID,
        "$conversations": [example.CONVERSATION],
        "$others_conversation": "019d2f0c5d314fff",
        "$positions": example.REPLIES["session.resume"].conversations[0].positions,  # type: ignore[attr-defined]
        "$anna": example.ANNA,
        "$bo": example.BO,
        **{f"$client_id_{n}": f"019d2f0c-100{n}-7abc-8def-0123456789ab" for n in numbered},
        **{f"$sent_at_{n}": example.NOON + n for n in numbered},
        **{f"$at_{n}": example.AFTER + n for n in (*numbered, 4)},
    }
