"""Bad pictures, each made here byte by byte or spoiled from a good one."""

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, ImageDraw

PNG = b"\x89PNG\r\n\x1a\n"


def drawing(width: int = 240, height: int = 160) -> Image.Image:
    """Draw something that no run-length can swallow, with a corner to tell up from down."""
    image = Image.effect_mandelbrot((width, height), (-2, -1.3, 1, 1.3), 60).convert("RGB")
    ImageDraw.Draw(image).rectangle((0, 0, width // 4, height // 4), fill=(255, 0, 0))
    return image


def saved(image: Image.Image, form: str, **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **how)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))


def ihdr(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    return chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, depth, colour, 0, 0, 0))


def png(*chunks: bytes) -> bytes:
    return PNG + b"".join(chunks) + chunk(b"IEND", b"")


def idat(raw: bytes) -> bytes:
    return chunk(b"IDAT", zlib.compress(raw))


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def canvas(width: int, height: int) -> tuple[bytes, bytes]:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X", b"\0\0\0\0" + sides


def with_jpeg_size(jpeg: bytes, width: int, height: int) -> bytes:
    at = jpeg.index(b"\xff\xc0")
    return jpeg[: at + 5] + struct.pack("!HH", height, width) + jpeg[at + 9 :]


def bad_pictures() -> Iterator[tuple[str, bytes]]:
    """Give each with the words for what is wrong with it."""
    jpeg = saved(drawing(), "JPEG")
    a_png = saved(drawing(), "PNG")
    webp = saved(drawing(), "WEBP")
    lossless = saved(drawing(), "WEBP", lossless=True)
    yield from _other_things(jpeg)
    for name, good in (("JPEG", jpeg), ("PNG", a_png), ("WebP", webp), ("lossless", lossless)):
        for part in (0.01, 0.1, 0.5, 0.95):
            yield f"{name} broken off after {part:.1%}", good[: int(len(good) * part)]
    yield from _bad_jpegs(jpeg)
    yield from _bad_pngs(a_png, jpeg)
    yield from _bad_webps(webp)


def _other_things(jpeg: bytes) -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    yield "one byte", b"\xff"
    yield "words", b"Dette er ikke et billede.\n" * 10
    yield "a web page", b"<!doctype html><script>alert(1)</script>" + b" " * 100
    yield "a drawing in SVG", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    yield "a PDF", b"%PDF-1.7\n" + b"0" * 200
    yield "a ZIP", b"PK\x03\x04" + b"\0" * 200
    yield "a HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200
    yield "a script before a JPEG", b"GIF89a=1;alert(1)//" + jpeg
    for form in ("GIF", "BMP", "TIFF", "ICO"):
        yield f"a {form}", saved(drawing(64, 64), form)


def _bad_jpegs(jpeg: bytes) -> Iterator[tuple[str, bytes]]:
    yield "JPEG of 65535 by 65535", with_jpeg_size(jpeg, 65535, 65535)
    yield "JPEG without width", with_jpeg_size(jpeg, 0, 100)
    yield "JPEG without height", with_jpeg_size(jpeg, 100, 0)
    yield "JPEG of a beginning alone", b"\xff\xd8" + b"\xff" * 500_000
    yield "JPEG of empty segments", b"\xff\xd8" + b"\xff\xe1\0\2" * 1_000_000
    yield "JPEG of segments without length", b"\xff\xd8" + b"\xff\xe1\0\0" * 1_000
    yield "JPEG that never says its size", b"\xff\xd8" + jpeg[jpeg.index(b"\xff\xda") :]
    yield "JPEG without tables", jpeg[:2] + jpeg[jpeg.index(b"\xff\xc0") :]
    yield "JPEG of zeros after its header", jpeg[: jpeg.index(b"\xff\xda")] + b"\0" * 5_000


def _bad_pngs(good: bytes, jpeg: bytes) -> Iterator[tuple[str, bytes]]:
    yield (
        "PNG bomb of 30,000 by 30,000 dots",
        png(ihdr(30_000, 30_000, 1, 0), chunk(b"IDAT", zlib.compress(bytes(30_000 * 3_751), 1))),
    )
    yield "PNG of the largest numbers", png(ihdr(2**31 - 1, 2**31 - 1), idat(b"\0"))
    yield "PNG without width", png(ihdr(0, 10), idat(b"\0"))
    yield "PNG that is smaller than it says", png(ihdr(4_000, 3_000), idat(b"\0" * 100))
    yield (
        "PNG that changes its mind about its size",
        png(ihdr(10, 10), ihdr(30_000, 30_000), idat(b"\0" * 310)),
    )
    yield "PNG in an unknown colour", png(ihdr(10, 10, 8, 7), idat(b"\0" * 310))
    yield "PNG without pixels", png(ihdr(10, 10))
    yield "PNG with a palette that is missing", png(ihdr(10, 10, 8, 3))
    yield "PNG with a wrong checksum", good[:29] + b"\0\0\0\0" + good[33:]
    yield "PNG with spoiled pixels", good[:60] + bytes(400) + good[460:]
    yield (
        "PNG with a bomb of words",
        png(
            ihdr(1, 1),
            chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80_000_000), 1)),
            idat(b"\0" * 4),
        ),
    )
    yield "PNG with a JPEG inside", PNG + jpeg
    yield "PNG with a chunk of four gigabytes", PNG + ihdr(9, 9) + b"\xff\xff\xff\xffIDAT" + b"x"


def _bad_webps(good: bytes) -> Iterator[tuple[str, bytes]]:
    frame = good[20:]
    yield "WebP of 16,777,216 by 16,777,216", riff(canvas(2**24, 2**24), (b"VP8 ", frame))
    yield "WebP with a frame larger than its canvas", riff(canvas(8, 8), (b"VP8 ", frame))
    yield "WebP without a frame", riff(canvas(100, 100))
    yield "lossless WebP of 16,384 by 16,384", riff((b"VP8L", b"\x2f\xff\xff\xff\x0f" + bytes(60)))
    yield "lossless WebP of zeros", riff((b"VP8L", b"\x2f\x63\0\x19\0" + bytes(60)))
    yield "WebP with another key frame", riff((b"VP8 ", b"\0\0\0\x9d\x01\x2b" + frame[6:]))
    yield "WebP with half a frame", riff((b"VP8 ", frame[: len(frame) // 2]))
    yield "WebP of an unknown kind", riff((b"ABCD", frame))
    yield "a sound in RIFF", b"RIFF" + struct.pack("<I", 400) + b"WAVEfmt " + bytes(400)
