"""Pure rules of pictures: which are taken, how large, and which part of one a reader gets."""

import re
import struct
from enum import IntEnum
from typing import NamedTuple

from protocol.errors import Refused

LONG_SIDE = 1600
THUMB_SIDE = 320
MEDIA_TYPE = "image/webp"
UNCLAIMED_MS = 24 * 60 * 60 * 1000

_MAX_SEGMENTS = 1_000


class Reencoded(NamedTuple):
    """A picture that is ours through and through: size in pixels, and two WebP files."""

    width: int
    height: int
    image: bytes
    thumb: bytes


class ChildStatus(IntEnum):
    """How the re-encoding child ends; any other status is a fault of ours."""

    DONE = 0
    UNREADABLE = 65
    TOO_LARGE = 66


ANSWER_BYTES = 8 * 1024 * 1024
_ANSWER = struct.Struct("!IIII")


def pack(picture: Reencoded) -> bytes:
    """Write the child's answer: sizes, then the files."""
    sizes = _ANSWER.pack(picture.width, picture.height, len(picture.image), len(picture.thumb))
    return sizes + picture.image + picture.thumb


def unpack(answer: bytes) -> Reencoded:
    """Read the child's answer. Raises `ValueError` unless it is whole."""
    if len(answer) < _ANSWER.size:
        raise ValueError("no header")
    width, height, image, thumb = _ANSWER.unpack_from(answer)
    middle = _ANSWER.size + image
    if len(answer) != middle + thumb:
        raise ValueError("not of the length it says")
    return Reencoded(width, height, answer[_ANSWER.size : middle], answer[middle:])


def check_header(body: bytes, max_pixels: int) -> None:
    """Check what a picture says of itself, before anything is decoded.

    Raises `Refused`: `bad_picture` unless it begins as a JPEG, PNG or WebP does, whatever its name
    or declared type; `too_large` for more than `max_pixels`, so that a decompression bomb is never
    opened (design section 7).
    """
    size = _png_size(body) or _webp_size(body) or _jpeg_size(body)
    if size is None or 0 in size:
        raise Refused("bad_picture")
    if size[0] * size[1] > max_pixels:
        raise Refused("too_large")


def _png_size(body: bytes) -> tuple[int, int] | None:
    """Read IHDR, which comes first (PNG specification, section 11.2.1)."""
    if not body.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR") or len(body) < 24:
        return None
    return int.from_bytes(body[16:20]), int.from_bytes(body[20:24])


def _webp_size(body: bytes) -> tuple[int, int] | None:
    """Read the first chunk after RIFF: lossy, lossless or extended (RFC 9649)."""
    if body[:4] != b"RIFF" or body[8:12] != b"WEBP" or len(body) < 30:
        return None
    match body[12:16]:
        case b"VP8 " if body[23:26] == b"\x9d\x01\x2a":
            width = int.from_bytes(body[26:28], "little") & 0x3FFF
            return width, int.from_bytes(body[28:30], "little") & 0x3FFF
        case b"VP8L" if body[20] == 0x2F:
            bits = int.from_bytes(body[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            width = int.from_bytes(body[24:27], "little") + 1
            return width, int.from_bytes(body[27:30], "little") + 1
    return None


def _jpeg_size(body: bytes) -> tuple[int, int] | None:
    """Walk the marker segments to the frame header (ITU-T T.81, annex B)."""
    if body[:2] != b"\xff\xd8":
        return None
    at = 2
    for _ in range(_MAX_SEGMENTS):
        while body[at : at + 2] == b"\xff\xff":
            at += 1
        if len(body) < at + 9 or body[at] != 0xFF:
            return None
        marker = body[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(body[at + 7 : at + 9]), int.from_bytes(body[at + 5 : at + 7])
        if marker in (0xD9, 0xDA):
            return None
        at += 2 + int.from_bytes(body[at + 2 : at + 4])
    return None


class Unsatisfiable(Exception):
    """A range that lies outside of what there is."""


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Tell the first and last byte that a Range header asks for, or None for all of them.

    Several ranges, other units and what cannot be read are answered with the whole (RFC 9110
    section 14.2). Raises `Unsatisfiable`.
    """
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header.strip(), re.ASCII)
    if found is None or found[0].endswith("=-"):
        return None
    if not found[1]:
        first, last = max(0, size - int(found[2])), size - 1
    else:
        first, last = int(found[1]), min(int(found[2] or size), size - 1)
        if found[2] and int(found[2]) < first:
            return None
    if first > last:
        raise Unsatisfiable
    return first, last
