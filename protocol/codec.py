"""Text to types and back, with the limits that concern one frame. Pure: no I/O, no clock.

Errors name a code and a field, and never repeat what was sent (G6); the one thing of the sender's
in them is the name of an unknown field, if it looks like one.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache, partial, reduce
from operator import or_
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT, UNSET, Raw, Struct, UnsetType

from protocol.errors import Language, Refused
from protocol.messages import (
    EVENTS,
    AnyFrame,
    CommandFrame,
    CommandId,
    ErrorBody,
    EventFrame,
    Problem,
    ReplyFrame,
)
from protocol.operations import OPERATIONS, Operation
from protocol.requests import Request
from protocol.resources import CLIENT_ID_PATTERN, ID_PATTERN, ClientId, Id, Seq

MAX_FRAME_BYTES = 48 * 1024
MAX_DEPTH = 8


class BadFrame(Refused):
    """A frame that cannot be decoded, with the command's id if it could still be read."""

    def __init__(self, code: str, command_id: int | None, field: str | None = None) -> None:
        super().__init__(code, field=field)
        self.command_id = command_id


# --- commands, for the server ---------------------------------------------------------------------

_FORMS = {Id: re.compile(ID_PATTERN).fullmatch, ClientId: re.compile(CLIENT_ID_PATTERN).fullmatch}

Fits = Callable[[Any], object]
IdFields = tuple[tuple[str, Fits], ...]


@cache
def _id_fields(request: type[Request]) -> IdFields:
    """List the fields that are ids, or lists of them, each with the check of its form."""
    hints = get_type_hints(request, include_extras=True)
    checks = ((name, _form(hint)) for name, hint in hints.items())
    return tuple((name, fits) for name, fits in checks if fits is not None)


def _form(hint: Any) -> Fits | None:
    """Give the check of a type that is an id, may be one, or is a list of them."""
    if hint in _FORMS:
        return _FORMS[hint]
    parts = (fits for fits in map(_form, get_args(hint)) if fits is not None)
    fits = next(parts, None)
    if fits is not None and get_origin(hint) is list:
        return partial(_all_fit, fits)
    return fits


def _all_fit(fits: Fits, values: list[str]) -> bool:
    return all(map(fits, values))


def _frame(row: Operation) -> type[Struct]:
    """Make the type of a command's frame.

    `id` may be left out if nobody waits for the answer, `data` if no field must be given.
    """
    required = any(field.required for field in msgspec.structs.fields(row.request))
    return msgspec.defstruct(
        "Command",
        [
            ("id", CommandId | UnsetType, UNSET),
            ("data", row.request, NODEFAULT if required else row.request()),
        ],
        tag_field="command",
        tag=row.name,
        forbid_unknown_fields=True,
        kw_only=True,
    )


_COMMANDS: dict[type[Struct], tuple[Operation, IdFields]] = {
    _frame(row): (row, _id_fields(row.request)) for row in OPERATIONS.values() if row.socket
}
# One decoder for all: msgspec picks the type by "command" and reads the text only once.
_decode_command: Callable[[bytes], Any] = msgspec.json.Decoder(reduce(or_, _COMMANDS)).decode

_UNREADABLE = (ValueError, RecursionError)  # msgspec's own errors and UnicodeError are ValueErrors
_BACKSLASH = ord("\\")


def decode_command(raw: bytes | str) -> tuple[int | None, Operation, Request]:
    """Decode one frame of a client: the command's id, its row of the table, and its request.

    The id is None where it has none: nobody waits for the answer.

    Raises `BadFrame`: `too_large` over `MAX_FRAME_BYTES` of UTF-8 or `MAX_DEPTH` levels of
    nesting, `bad_json`, `unknown_command`, `unknown_field`, `invalid_field`.
    """
    if isinstance(raw, str):
        raw = raw.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_FRAME_BYTES:
        raise BadFrame("too_large", _leading_id(raw))
    try:
        frame = _decode_command(raw)
    except _UNREADABLE as error:
        code, field = _fault(error, raw)
        raise BadFrame(code, _command_id(raw), field) from None
    operation, ids = _COMMANDS[type(frame)]
    number = None if frame.id is UNSET else frame.id
    request: Request = frame.data
    for name, fits in ids:
        value = getattr(request, name)
        if value is not None and not fits(value):
            raise BadFrame("invalid_field", number, name)
    if _BACKSLASH in raw and (nul := _field_with_nul(request)):
        raise BadFrame("invalid_field", number, nul)
    return number, operation, request


# --- requests over HTTP, for the server -----------------------------------------------------------

_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


def decode_request(
    operation: Operation,
    path: dict[str, str],
    query: Iterable[tuple[str, str]],
    body: bytes,
) -> Request:
    """Decode an HTTP request from its path, its query and its JSON body (empty for none).

    Raises `Refused` as `decode_command` does, and `invalid_field` for a field that is given
    twice. The size of the body is the business of whoever read it.
    """
    try:
        fields = _decode_object(body) if body else {}
        for name, value in (*path.items(), *query):
            if name in fields:
                raise Refused("invalid_field", field=_plain(name))
            beside_json = body and name in _numbers(operation.request) and value.isdecimal()
            fields[name] = int(value) if beside_json else value
        # Text becomes a number where all stands in the address, but not what stands in JSON.
        request = msgspec.convert(fields, operation.request, strict=bool(body))
    except _UNREADABLE as error:
        code, field = _fault(error, body)
        raise Refused(code, field=field) from None
    if field := _misformed_id(request) or _field_with_nul(request):
        raise Refused("invalid_field", field=field)
    return request


@cache
def _numbers(request: type[Request]) -> frozenset[str]:
    """Name the fields that are the numbers of entries."""
    hints = get_type_hints(request, include_extras=True)
    return frozenset(name for name, hint in hints.items() if hint is Seq)


def _misformed_id(request: Request) -> str | None:
    """Name a field whose id has not the form of one."""
    for name, fits in _id_fields(type(request)):
        value = getattr(request, name)
        if isinstance(value, str | list) and not fits(value):
            return name
    return None


# --- replies and events, for the server -----------------------------------------------------------

_encode = msgspec.json.Encoder().encode


def encode_reply(command_id: int, data: Struct) -> bytes:
    """Encode the answer to a command that was carried out."""
    return _encode(ReplyFrame(command_id, True, data))


def encode_error(
    command_id: int | None, refused: Refused, language: Language, command: str | None = None
) -> bytes:
    """Encode the answer to a command that was refused; without an id that can be read, its name."""
    error = error_body(refused, language)
    return _encode(ReplyFrame(command_id, False, error=error, command=command))


def encode_event(frame: EventFrame) -> bytes:
    """Encode an event, once for all who get it."""
    return _encode(frame)


def encode_data(data: Struct) -> bytes:
    """Encode the JSON body of an HTTP answer."""
    return _encode(data)


def encode_problem(refused: Refused, language: Language) -> bytes:
    """Encode the JSON body of an HTTP answer that refuses."""
    return _encode(Problem(error_body(refused, language)))


def error_body(refused: Refused, language: Language) -> ErrorBody:
    """Give a refusal in the words of a language."""
    error = refused.error
    return ErrorBody(
        error.code, error.text(language), error.then, refused.retry_after_ms, refused.field
    )


# --- for clients ----------------------------------------------------------------------------------

_decode_any = msgspec.json.Decoder(AnyFrame).decode
_decode_problem = msgspec.json.Decoder(Problem).decode
_EVENT_DATA = {row.name: msgspec.json.Decoder(row.data).decode for row in EVENTS.values()}
_REPLY_DATA = {row.name: msgspec.json.Decoder(row.reply).decode for row in OPERATIONS.values()}


def encode_command(command_id: int | None, command: str, request: Request) -> bytes:
    """Encode a command; without an id it is not answered unless it is refused."""
    number = UNSET if command_id is None else command_id
    return _encode(CommandFrame(id=number, command=command, data=Raw(_encode(request))))


def decode_frame(raw: bytes | str) -> AnyFrame:
    """Decode a frame of the server, but not its data. Raises `ValueError` if it is none.

    Fields that this version does not know are ignored.
    """
    return _decode_any(raw)


def event_data(frame: AnyFrame) -> Struct | None:
    """Decode the data of an event; None for an event that this version does not know."""
    decode = _EVENT_DATA.get(frame.event or "")
    return decode(frame.data) if decode else None


def reply_data(frame: AnyFrame, operation: str) -> Struct:
    """Decode the data of the reply to an operation, a key of `OPERATIONS`."""
    return _REPLY_DATA[operation](frame.data)


def decode_problem(body: bytes) -> ErrorBody:
    """Decode the body of an HTTP answer that refuses. Raises `ValueError` if it is none."""
    return _decode_problem(body).error


# --- what is wrong with a frame: the slow path ----------------------------------------------------

_FAULT = re.compile(
    r"(?P<command>Invalid value .* - at `\$\.command`)$"
    r"|Object contains unknown field `(?:(?P<unknown>[\w.-]{1,40})`)?"
    r"|Object missing required field `(?P<missing>\w+)`"
    r"|.* - at `\$\.(?:data\.)?(?P<at>\w+)[^`]*`$",
    re.ASCII | re.DOTALL,
)


def _fault(error: Exception, raw: bytes) -> tuple[str, str | None]:
    """Name the code and the field of what msgspec refused.

    Nesting is counted only here: no request nests deeper than the limit, so what does is never
    decoded.
    """
    if too_deep(raw):
        return "too_large", None
    found = _FAULT.match(str(error)) if isinstance(error, msgspec.ValidationError) else None
    if found is None:
        return "bad_json", None
    match found.lastgroup:
        case "command":
            return "unknown_command", "command"
        case "missing" | "at" as group:
            return "invalid_field", found[group]
        case _:
            return "unknown_field", found["unknown"]


_AS_ARRAYS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def too_deep(raw: bytes) -> bool:
    """Tell whether objects and arrays nest over `MAX_DEPTH`; brackets inside strings do not count.

    Peels off the innermost pairs, once for each level that is allowed: a few passes over the
    text, whatever stands in it (G8).
    """
    if raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH:
        return False
    unescaped = raw.replace(rb"\\", b"").replace(rb"\"", b"")
    outside_strings = b"".join(unescaped.split(b'"')[::2])
    brackets = outside_strings.translate(_AS_ARRAYS, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")
    return b"[]" in brackets or brackets.count(b"[") > MAX_DEPTH


class _OnlyId(Struct):
    id: CommandId


_decode_id = msgspec.json.Decoder(_OnlyId).decode
_LEADING_ID = re.compile(rb'\s*\{\s*"id"\s*:\s*(\d{1,15})\s*[,}]')


def _command_id(raw: bytes) -> int | None:
    """Read the id of a frame that is wrong elsewhere."""
    try:
        return _decode_id(raw).id
    except _UNREADABLE:
        return _leading_id(raw)


def _leading_id(raw: bytes) -> int | None:
    """Read the id of a frame that is not read further, if it stands first."""
    found = _LEADING_ID.match(raw, 0, 100)
    return int(found[1]) if found else None


def _plain(name: str) -> str | None:
    """Let the name of a field through only if it looks like one."""
    return name if re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name) else None


def _field_with_nul(request: Request) -> str | None:
    """Name a field with U+0000 in it, which no database takes."""
    for name in request.__struct_fields__:
        value = getattr(request, name)
        if isinstance(value, str) and "\0" in value:
            return name
    return None
