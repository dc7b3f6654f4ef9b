"""One frame: what decodes, what is refused, with which code and field."""

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import codec
from protocol import requests as ask
from protocol import resources as res
from protocol.codec import MAX_DEPTH, MAX_FRAME_BYTES, BadFrame
from protocol.errors import ERRORS, Refused
from protocol.messages import EventFrame, Typing
from protocol.operations import OPERATIONS

CONVERSATION = "0123456789abcdef"
CLIENT_ID = "0190a5c8-7b1e-7c3d-9f00-0123456789ab"
SEND = {"conversation": CONVERSATION, "client_id": CLIENT_ID, "text": "Hej, skal vi mødes?"}


def frame(data: object = None, command: str = "message.send", **more: object) -> bytes:
    given_data = {} if data is None else {"data": data}
    return json.dumps({"id": 7, "command": command} | given_data | more).encode()


def refusal(raw: bytes | str) -> tuple[str, int | None, str | None]:
    with pytest.raises(BadFrame) as refused:
        codec.decode_command(raw)
    return refused.value.code, refused.value.command_id, refused.value.field


def test_a_command_is_decoded_into_its_row_and_its_request() -> None:
    command_id, operation, request = codec.decode_command(frame(SEND))
    assert command_id == 7
    assert operation is OPERATIONS["message.send"]
    assert request == ask.SendMessage(CONVERSATION, CLIENT_ID, "Hej, skal vi mødes?")


def test_text_and_bytes_are_the_same_frame() -> None:
    raw = frame(SEND)
    assert codec.decode_command(raw.decode()) == codec.decode_command(raw)


def test_data_may_be_left_out_where_nothing_must_be_said() -> None:
    assert codec.decode_command(frame(command="account.get"))[2] == ask.Nothing()
    assert codec.decode_command(frame(command="conversation.list"))[2] == ask.ListConversations()
    assert refusal(frame(command="message.send")) == ("invalid_field", 7, "data")


@pytest.mark.parametrize(
    ("raw", "code", "command_id", "field"),
    [
        (b"", "bad_json", None, None),
        (b"hej", "bad_json", None, None),
        (b"\xff\xfe", "bad_json", None, None),
        (b"[]", "bad_json", None, None),
        (b"null", "bad_json", None, None),
        (b'{"id":7,"command":"account.get"', "bad_json", 7, None),
        (b'{"id":7,"command":"account.get"} {}', "bad_json", 7, None),
        (b'{"id":null,"command":"account.get"}', "invalid_field", None, "id"),
        (b'{"id":7.5,"command":"account.get"}', "invalid_field", None, "id"),
        (b'{"command":"message.shout"}', "unknown_command", None, "command"),
        (b'{"command":"message.send","data":{}}', "invalid_field", None, "conversation"),
        (b'{"id":"7","command":"account.get"}', "invalid_field", None, "id"),
        (b'{"id":-1,"command":"account.get"}', "invalid_field", None, "id"),
        (b'{"id":9007199254740992,"command":"account.get"}', "invalid_field", None, "id"),
        (b'{"id":7}', "invalid_field", 7, "command"),
        (b'{"id":7,"command":5}', "invalid_field", 7, "command"),
        (b'{"id":7,"command":"message.shout"}', "unknown_command", 7, "command"),
        (b'{"id":7,"command":"x - at `$.id`"}', "unknown_command", 7, "command"),
        (b'{"id":7,"command":"bubble.post"}', "unknown_command", 7, "command"),
        (b'{"command":"message.shout","id":7}', "unknown_command", 7, "command"),
        (b'{"id":7,"command":"account.get","to":1}', "unknown_field", 7, "to"),
        (b'{"id":7,"command":"account.get","data":null}', "invalid_field", 7, "data"),
        (b'{"id":7,"command":"account.get","data":[]}', "invalid_field", 7, "data"),
        (b'{"id":7,"command":"account.get","data":{"a":1}}', "unknown_field", 7, "a"),
    ],
)
def test_a_bad_envelope_is_refused_with_its_field(
    raw: bytes, code: str, command_id: int | None, field: str | None
) -> None:
    assert refusal(raw) == (code, command_id, field)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"klient": 1}, "unknown_field", "klient"),
        ({"a secret, not a name": 1}, "unknown_field", None),
        ({"x - at `$.text`": 1}, "unknown_field", None),
        ({"k" * 41: 1}, "unknown_field", None),
        ({"text": 5}, "invalid_field", "text"),
        ({"text": None}, "invalid_field", "text"),
        ({"picture": "7"}, "invalid_field", "picture"),
        ({"reply_to": -1}, "invalid_field", "reply_to"),
        ({"text": "nul \0 in it"}, "invalid_field", "text"),
        ({"client_id": "7"}, "invalid_field", "client_id"),
        ({"client_id": CLIENT_ID.upper()}, "invalid_field", "client_id"),
        ({"client_id": CLIENT_ID[:-1] + "\n"}, "invalid_field", "client_id"),
        ({"client_id": CLIENT_ID.replace("-", "0")}, "invalid_field", "client_id"),
        ({"conversation": CONVERSATION + "\n"}, "invalid_field", "conversation"),
        ({"conversation": "f" * 16}, "invalid_field", "conversation"),
        ({"conversation": "-" + "0" * 15}, "invalid_field", "conversation"),
    ],
)
def test_bad_data_is_refused_with_its_field(
    change: dict[str, object], code: str, field: str | None
) -> None:
    assert refusal(frame(SEND | change)) == (code, 7, field)


@pytest.mark.parametrize(
    "bad",
    ["f" * 16, CONVERSATION.upper(), CONVERSATION[:-1] + "\n", CONVERSATION + "0", "", 7, None],
)
def test_one_id_of_a_list_that_has_not_the_form_of_one_is_refused(bad: object) -> None:
    for ids in ([bad], [CONVERSATION, bad], [bad, CONVERSATION]):
        raw = frame({"conversations": ids}, "presence.watch")
        assert refusal(raw) == ("invalid_field", 7, "conversations")
        body = json.dumps({"conversations": ids}).encode()
        with pytest.raises(Refused) as refused:
            codec.decode_request(OPERATIONS["presence.watch"], {}, [], body)
        assert (refused.value.code, refused.value.field) == ("invalid_field", "conversations")


def test_a_list_of_ids_may_be_empty_and_is_read_in_its_order() -> None:
    for ids in ([], [CONVERSATION], ["7" * 16, CONVERSATION]):
        read = codec.decode_command(frame({"conversations": ids}, "presence.watch"))
        assert read[2] == ask.WatchPresence(ids)


def test_a_missing_field_is_named() -> None:
    assert refusal(frame({"conversation": CONVERSATION})) == ("invalid_field", 7, "client_id")


def test_text_that_is_not_unicode_is_refused() -> None:
    raw = frame(SEND | {"text": "HERE"})
    for bad in (b"\xff", b"\\ud800", b"\\udc00x", b"\x01"):
        assert refusal(raw.replace(b"HERE", bad)) == ("bad_json", 7, None)


def test_a_backslash_before_u0000_is_text_not_nul() -> None:
    _, _, request = codec.decode_command(frame(SEND | {"text": r"\u0000"}))
    assert isinstance(request, ask.SendMessage)
    assert request.text == r"\u0000"


@pytest.mark.parametrize("size", [3999, 4000])
def test_a_text_may_have_4000_code_points(size: int) -> None:
    for letter in ("a", "å", "🫧"):
        _, _, request = codec.decode_command(frame(SEND | {"text": letter * size}))
        assert request == ask.SendMessage(CONVERSATION, CLIENT_ID, letter * size)
        assert len((letter * size).encode()) <= 16 * 1024


def test_a_text_of_4001_code_points_is_refused() -> None:
    assert refusal(frame(SEND | {"text": "a" * 4001})) == ("invalid_field", 7, "text")


def test_a_frame_may_have_48_kib() -> None:
    raw = frame(SEND)
    for size in (MAX_FRAME_BYTES - 1, MAX_FRAME_BYTES):
        assert codec.decode_command(raw + b" " * (size - len(raw)))[0] == 7
    assert refusal(raw + b" " * (MAX_FRAME_BYTES + 1 - len(raw))) == ("too_large", 7, None)


def test_the_size_of_a_frame_counts_bytes_not_letters() -> None:
    raw = json.dumps({"id": 7, "command": "account.get", "x": "å" * 25_000}, ensure_ascii=False)
    assert len(raw) < MAX_FRAME_BYTES
    assert refusal(raw) == ("too_large", 7, None)


def nested(levels: int) -> bytes:
    inner = b"[" * (levels - 2) + b"]" * (levels - 2)
    return b'{"id":7,"command":"account.get","data":{"x":%s}}' % inner


def test_json_nests_at_most_8_levels() -> None:
    assert refusal(nested(MAX_DEPTH - 1)) == ("unknown_field", 7, "x")
    assert refusal(nested(MAX_DEPTH)) == ("unknown_field", 7, "x")
    assert refusal(nested(MAX_DEPTH + 1)) == ("too_large", 7, None)
    assert refusal(nested(20_000)) == ("too_large", 7, None)


def test_no_request_nests_deeper_than_the_limit() -> None:
    """So a frame deeper than that never decodes, and the hot path need not count."""

    def levels(schema: dict[str, Any], components: dict[str, Any]) -> int:
        if "$ref" in schema:
            return levels(components[schema["$ref"].rpartition("/")[2]], components)
        below = [
            *schema.get("properties", {}).values(),
            *schema.get("anyOf", []),
            *([schema["items"]] if "items" in schema else []),
        ]
        deepest = max((levels(each, components) for each in below), default=0)
        return deepest + (schema.get("type") in ("object", "array"))

    (*schemas,), components = msgspec.json.schema_components(
        [row.request for row in OPERATIONS.values()]
    )
    envelope = 1
    assert max(envelope + levels(schema, components) for schema in schemas) <= MAX_DEPTH


def test_brackets_inside_strings_do_not_nest() -> None:
    _, _, request = codec.decode_command(frame(SEND | {"text": '[{"\\' * 20}))
    assert isinstance(request, ask.SendMessage)
    assert not codec.too_deep(json.dumps({"a": "[" * 20}).encode())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=30,
)


def depth_of(value: object) -> int:
    match value:
        case dict():
            return 1 + max(map(depth_of, value.values()), default=0)
        case list():
            return 1 + max(map(depth_of, value), default=0)
        case _:
            return 0


@given(json_values)
def test_what_nests_too_deep_is_found_whatever_stands_in_its_strings(value: object) -> None:
    assert codec.too_deep(json.dumps(value).encode()) == (depth_of(value) > MAX_DEPTH)


@given(st.integers(1, 20), json_values)
def test_depth_is_counted_from_the_outside(wrapped: int, value: object) -> None:
    for _ in range(wrapped):
        value = [value]
    assert codec.too_deep(json.dumps(value).encode()) == (depth_of(value) > MAX_DEPTH)


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_bytes_decode_or_are_refused(raw: bytes | str) -> None:
    with contextlib.suppress(BadFrame):
        codec.decode_command(raw)


@given(st.sampled_from(sorted(OPERATIONS)), json_values)
def test_any_json_in_data_decodes_or_is_refused_with_the_id(command: str, data: object) -> None:
    try:
        command_id: int | None = codec.decode_command(frame(data, command))[0]
    except BadFrame as refused:
        command_id = refused.command_id
    assert command_id == 7


# --- HTTP -----------------------------------------------------------------------------------------


def http_refusal(name: str, *given_parts: Any) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        codec.decode_request(OPERATIONS[name], *given_parts)
    return refused.value.code, refused.value.field


def test_a_request_is_gathered_from_path_and_body() -> None:
    body = json.dumps({"client_id": CLIENT_ID, "text": "Hej"}).encode()
    request = codec.decode_request(
        OPERATIONS["message.send"], {"conversation": CONVERSATION}, [], body
    )
    assert request == ask.SendMessage(CONVERSATION, CLIENT_ID, "Hej")


def test_the_query_gives_numbers_and_truths_as_text() -> None:
    query = [("limit", "5"), ("municipality", "151"), ("mine", "true"), ("query", "løb 7")]
    request = codec.decode_request(OPERATIONS["bubble.list"], {}, query, b"")
    assert request == ask.ListBubbles(limit=5, municipality=151, mine=True, query="løb 7")


def test_json_gives_numbers_as_numbers() -> None:
    read = http_refusal("conversation.read", {"conversation": CONVERSATION}, [], b'{"seq":"5"}')
    assert read == ("invalid_field", "seq")


@pytest.mark.parametrize(
    ("name", "path", "query", "body", "code", "field"),
    [
        ("bubble.list", {}, [("limit", "x")], b"", "invalid_field", "limit"),
        ("bubble.list", {}, [("limit", "101")], b"", "invalid_field", "limit"),
        ("bubble.list", {}, [("limit", "1"), ("limit", "2")], b"", "invalid_field", "limit"),
        ("bubble.list", {}, [("colour", "red")], b"", "unknown_field", "colour"),
        ("bubble.list", {}, [("query", "a\0b")], b"", "invalid_field", "query"),
        ("bubble.list", {}, [("interest", "sport\n")], b"", "invalid_field", "interest"),
        ("bubble.get", {"bubble": "x"}, [], b"", "invalid_field", "bubble"),
        ("bubble.get", {"bubble": "g" * 16}, [], b"", "invalid_field", "bubble"),
        ("bubble.close", {"bubble": "1" * 16}, [], b'{"bubble":"1"}', "invalid_field", "bubble"),
        ("bubble.post", {}, [], b"[]", "bad_json", None),
        ("bubble.post", {}, [], b'{"title":', "bad_json", None),
        ("bubble.post", {}, [], b'{"title":"Gaatur"}', "invalid_field", "text"),
        ("bubble.post", {}, [], b'{"x":%s1%s}' % (b"[" * 8, b"]" * 8), "too_large", None),
        ("password.forgot", {}, [], b'{"email":"a@b.dk\\n"}', "invalid_field", "email"),
        ("bubble.edit", {"bubble": "1" * 16}, [], b'{"picture":"x"}', "invalid_field", "picture"),
    ],
)
def test_a_bad_request_is_refused_with_its_field(
    name: str,
    path: dict[str, str],
    query: list[tuple[str, str]],
    body: bytes,
    code: str,
    field: str | None,
) -> None:
    assert http_refusal(name, path, query, body) == (code, field)


def test_an_id_inside_a_union_is_checked_too() -> None:
    body = b'{"picture":"gggggggggggggggg"}'
    assert http_refusal("bubble.edit", {"bubble": "1" * 16}, [], body) == (
        "invalid_field",
        "picture",
    )


# --- replies and events ---------------------------------------------------------------------------


def test_a_reply_goes_to_the_client_and_back() -> None:
    sent = res.Sent(CONVERSATION, 41, 40, 1_763_756_000_000)
    raw = codec.encode_reply(7, sent)
    got = codec.decode_frame(raw)
    assert json.loads(raw)["ok"] is True
    assert (got.id, got.ok) == (7, True)
    assert codec.reply_data(got, "message.send") == sent


def test_a_refusal_speaks_the_language_of_the_person() -> None:
    refused = Refused("rate_limited", retry_after_ms=2000)
    danish = codec.decode_frame(codec.encode_error(7, refused, "da"))
    english = codec.decode_frame(codec.encode_error(None, refused, "en"))
    assert (danish.id, danish.ok, english.id) == (7, False, None)
    assert danish.error is not None
    assert english.error is not None
    assert danish.error.message == ERRORS["rate_limited"].danish
    assert english.error.message == ERRORS["rate_limited"].english
    assert (danish.error.then, danish.error.retry_after_ms) == ("retry", 2000)


def test_an_http_refusal_has_the_same_error() -> None:
    problem = codec.decode_problem(codec.encode_problem(Refused("gone"), "da"))
    assert (problem.code, problem.then) == ("gone", "stop")


def test_an_event_goes_to_the_client_and_back() -> None:
    raw = codec.encode_event(EventFrame("typing.started", CONVERSATION, data=Typing(2, "thinking")))
    assert json.loads(raw) == {
        "event": "typing.started",
        "conversation": CONVERSATION,
        "data": {"member": 2, "doing": "thinking"},
    }
    assert codec.event_data(codec.decode_frame(raw)) == Typing(2, "thinking")


def test_a_client_ignores_unknown_events_and_fields() -> None:
    unknown = codec.decode_frame(b'{"event":"moon.risen","phase":"full","data":{"x":1}}')
    assert codec.event_data(unknown) is None
    typing = codec.decode_frame(b'{"event":"typing.started","data":{"member":2,"with":"joy"}}')
    assert codec.event_data(typing) == Typing(2)


def test_a_client_writes_what_the_server_reads() -> None:
    request = ask.SendMessage(CONVERSATION, CLIENT_ID, "Hej")
    raw = codec.encode_command(7, "message.send", request)
    assert codec.decode_command(raw) == (7, OPERATIONS["message.send"], request)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_client_leaves_out_what_it_has_nothing_to_say_in(name: str) -> None:
    """So that a server of the version before, which knows fewer fields, takes it."""
    fields = msgspec.structs.fields(OPERATIONS[name].request)
    required = {field.name: None for field in fields if field.required}
    request = OPERATIONS[name].request(**required)
    said = msgspec.json.decode(codec.encode_command(7, name, request))["data"]
    assert said.keys() == {field.encode_name for field in fields if field.required}


def test_an_id_of_a_command_is_given_or_null() -> None:
    """So that the hot path need ask no more than whether it is null."""
    for operation, ids in codec._COMMANDS.values():
        fields = {field.name: field for field in msgspec.structs.fields(operation.request)}
        assert all(fields[name].required or fields[name].default is None for name, _ in ids)
