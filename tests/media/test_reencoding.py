import resource
import struct
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from chat.media.limited import LimitedReencoder
from chat.media.model import LONG_SIDE, THUMB_SIDE, Reencoded, check_header
from chat.media.reencoder import reencode
from chat.settings import Limits
from protocol.errors import Refused
from tests.media.conftest import PATIENCE_S
from tests.media.corpus import bad_pictures, drawing, saved
from tests.media.odd import SECRET, exif, odd_pictures, opened, srgb

PIXELS = 12_000_000


def near(colour: object, expected: tuple[int, ...]) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(a - b) < 40 for a, b in zip(colour, expected, strict=True))


def chunks(webp: bytes) -> set[bytes]:
    names, at = set(), 12
    while at < len(webp):
        names.add(webp[at : at + 4])
        size = int.from_bytes(webp[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    return names


def in_a_child(body: bytes) -> Reencoded:
    """Do what the service does with a body, short of storing it."""
    check_header(body, PIXELS)
    reencoder = LimitedReencoder(wall_seconds=PATIENCE_S)
    try:
        return reencoder.run(body, PIXELS)
    finally:
        reencoder.close()


@pytest.mark.slow
def test_no_bad_picture_gets_in_or_hurts() -> None:
    answers = {}
    for what, body in bad_pictures():
        with pytest.raises(Refused) as refused:
            in_a_child(body)
        answers[what] = refused.value.code
    assert len(answers) >= 40
    assert set(answers.values()) == {"bad_picture", "too_large"}


@pytest.mark.slow
def test_of_odd_pictures_nothing_comes_out_but_what_is_seen() -> None:
    bodies = dict(odd_pictures())
    assert len(bodies) + len(list(bad_pictures())) >= 100
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    taken = 0
    for what, body in bodies.items():
        assert len(body) <= Limits().picture_bytes, what
        try:
            made = in_a_child(body)
        except Refused as refused:
            assert refused.code in {"bad_picture", "too_large"}, what  # noqa: PT017
            continue
        taken += 1
        assert max(made.width, made.height) <= LONG_SIDE, what
        for file in (made.image, made.thumb):
            assert SECRET not in file, what
            assert chunks(file) <= {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}, what
            assert not opened(file).getexif(), what
            assert getattr(opened(file), "n_frames", 1) == 1, what
    assert taken > len(bodies) // 2
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024, "kilobytes, in the process that has to live on"


@given(st.binary(max_size=64), st.sampled_from([b"", b"\xff\xd8", b"RIFF\0\0\0\0WEBPVP8 "]))
def test_a_header_of_any_bytes_is_taken_or_refused(body: bytes, beginning: bytes) -> None:
    try:
        check_header(beginning + body, PIXELS)
    except Refused as refused:
        assert refused.code in {"bad_picture", "too_large"}  # noqa: PT017 — most are taken


def sized(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + struct.pack("!II", width, height)


def test_a_picture_may_have_as_many_pixels_as_the_limit_and_no_more() -> None:
    check_header(sized(4000, 2999), 4000 * 3000)
    check_header(sized(4000, 3000), 4000 * 3000)
    with pytest.raises(Refused, match="too_large"):
        check_header(sized(4000, 3001), 4000 * 3000)


def test_the_child_can_open_nothing_and_take_no_more_memory() -> None:
    proof = """
import socket
from chat.media.reencoder import give_up
give_up()
for forbidden in (lambda: open("/dev/null"), socket.socket, lambda: bytearray(600 * 2**20)):
    try:
        forbidden()
    except (OSError, MemoryError):
        continue
    raise SystemExit("allowed")
"""
    subprocess.run([sys.executable, "-I", "-c", proof], check=True, timeout=20)


async def test_a_child_that_does_not_end_is_ended() -> None:
    reencoder = LimitedReencoder(wall_seconds=0.001)
    with pytest.raises(Refused, match="unavailable") as refused:
        await reencoder.reencode(saved(drawing(), "PNG"), PIXELS)
    assert refused.value.retry_after_ms
    reencoder.close()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_where_a_picture_was_taken_is_gone(form: str) -> None:
    secret = {"exif": exif(), "comment": SECRET, "xmp": SECRET, "icc_profile": srgb()}
    body = saved(drawing(), form, **secret) + b"PK\x03\x04" + SECRET
    assert SECRET in body
    made = in_a_child(body)
    for file in (made.image, made.thumb):
        assert SECRET not in file
        assert chunks(file) <= {b"VP8 ", b"VP8L"}
        assert not opened(file).getexif()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_however_the_camera_was_held(form: str, orientation: int) -> None:
    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    as_stored = drawing()
    if orientation > 1:
        as_stored = as_stored.transpose(turned[orientation])
    made = reencode(saved(as_stored, form, exif=exif(orientation)), PIXELS)
    assert (made.width, made.height) == (240, 160)
    for file in (made.image, made.thumb):
        upright = opened(file)
        assert upright.size == (240, 160)
        assert near(upright.getpixel((20, 15)), (255, 0, 0))
        assert not near(upright.getpixel((220, 15)), (255, 0, 0))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_does_not_spoil_a_picture() -> None:
    for broken in (b"Exif\0\0", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0II*\0\x04\0\0\0\1\0"):
        assert reencode(saved(drawing(), "JPEG", exif=broken), PIXELS).width == 240


@pytest.mark.parametrize(
    ("size", "image", "thumb"),
    [
        ((4000, 3000), (1600, 1200), (320, 240)),
        ((1600, 1600), (1600, 1600), (320, 320)),
        ((1601, 10), (1600, 10), (320, 2)),
        ((20, 6000), (5, 1600), (1, 320)),
        ((1, 1), (1, 1), (1, 1)),
    ],
)
def test_long_sides_are_bounded_and_nothing_is_enlarged(
    size: tuple[int, int], image: tuple[int, int], thumb: tuple[int, int]
) -> None:
    made = reencode(saved(Image.new("RGB", size, "red"), "JPEG"), PIXELS)
    assert (made.width, made.height) == opened(made.image).size == image
    assert opened(made.thumb).size == thumb
    assert max(image) <= LONG_SIDE
    assert max(thumb) <= THUMB_SIDE


def palette(image: Image.Image) -> Image.Image:
    return image.convert("P", palette=Image.Palette.ADAPTIVE)


def test_unusual_colours_come_out_right() -> None:
    red = Image.new("RGB", (64, 48), (250, 10, 10))
    grey16 = Image.new("I;16", (64, 48), 0x8000)
    cases: list[tuple[bytes, tuple[int, ...]]] = [
        (saved(red.convert("CMYK"), "JPEG"), (250, 10, 10)),
        (saved(palette(red), "PNG"), (250, 10, 10)),
        (saved(red, "PNG", icc_profile=srgb()), (250, 10, 10)),
        (saved(red, "JPEG", icc_profile=b"not a profile"), (250, 10, 10)),
        (saved(red.convert("L"), "JPEG", icc_profile=srgb()), (82, 82, 82)),
        (saved(red, "JPEG", progressive=True), (250, 10, 10)),
        (saved(grey16, "PNG"), (128, 128, 128)),
        (saved(Image.new("1", (64, 48), 1), "PNG"), (255, 255, 255)),
        (saved(Image.new("LA", (64, 48), (90, 128)), "PNG"), (90, 90, 90, 128)),
        (saved(Image.new("RGBA", (64, 48), (0, 200, 0, 128)), "WEBP"), (0, 200, 0, 128)),
        (saved(palette(red), "PNG", transparency=0), (250, 10, 10, 0)),
    ]
    for body, colour in cases:
        image = opened(reencode(body, PIXELS).image)
        seen = image.getpixel((30, 20))
        assert len(colour) == 3 or colour[3] == 0 or near(seen, colour)
        assert len(colour) == 4 or near(seen, colour)
        assert (image.mode == "RGBA") == (len(colour) == 4)


@pytest.mark.parametrize(
    "save",
    [
        lambda first, rest: saved(first, "WEBP", save_all=True, append_images=rest, lossless=True),
        lambda first, rest: saved(first, "PNG", save_all=True, append_images=rest),
        lambda first, rest: saved(first, "MPO", save_all=True, append_images=rest),
    ],
)
def test_of_a_moving_picture_the_first_frame_is_kept(
    save: Callable[[Image.Image, list[Image.Image]], bytes],
) -> None:
    first, second = Image.new("RGB", (64, 48), "red"), Image.new("RGB", (64, 48), "blue")
    made = in_a_child(save(first, [second]))
    image = opened(made.image)
    assert getattr(image, "n_frames", 1) == 1
    assert near(image.convert("RGB").getpixel((30, 20)), (255, 0, 0))
