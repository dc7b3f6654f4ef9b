"""The child that re-encodes one picture and ends: `python -I -m chat.media.reencoder MAX_PIXELS`.

It reads the picture from standard input and writes a header and two WebP files to standard output.
Before it looks at the picture it gives up what a captured decoder could use: it can open no file
and no socket, start no process, and use only so much memory and time.
"""

import contextlib
import io
import os
import resource
import struct
import sys

from PIL import Image, ImageCms, MpoImagePlugin, TiffImagePlugin, WebPImagePlugin

from chat.media.model import ANSWER_BYTES, LONG_SIDE, THUMB_SIDE, ChildStatus, Reencoded, pack

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 5
NICENESS = 10

QUALITY = 80
EFFORT = 2

# Pillow imports these only when a picture needs them, and by then no file can be opened.
LOADED = (MpoImagePlugin, TiffImagePlugin, WebPImagePlugin)

ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def give_up() -> None:
    """Give up memory, time, files, sockets and processes, for good."""
    os.nice(NICENESS)
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, ANSWER_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),  # of any number: those that are open stay open
    ):
        resource.setrlimit(limit, (most, most))


def reencode(body: bytes, max_pixels: int) -> Reencoded:
    """Make the first picture in `body` ours: upright, in sRGB, no larger than it is shown."""
    with Image.open(io.BytesIO(body), formats=("JPEG", "PNG", "WEBP")) as picture:
        if picture.width * picture.height > max_pixels:
            sys.exit(ChildStatus.TOO_LARGE)
        turn = UPRIGHT.get(_orientation(picture))
        profile = picture.info.get("icc_profile")
        picture.draft(None, _within(picture.size, LONG_SIDE))
        plain = _eight_bits(picture)
    image = _in_srgb(plain.resize(_within(plain.size, LONG_SIDE)), profile)
    if turn is not None:
        image = image.transpose(turn)
    thumb = image.resize(_within(image.size, THUMB_SIDE), Image.Resampling.LANCZOS)
    return Reencoded(image.width, image.height, _webp(image), _webp(thumb))


def _orientation(picture: Image.Image) -> int:
    """Read how the camera was held; a picture with broken EXIF is taken as upright."""
    with contextlib.suppress(SyntaxError, ValueError, TypeError, KeyError, struct.error):
        orientation = picture.getexif().get(ORIENTATION)
        return orientation if isinstance(orientation, int) else 1
    return 1


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Scale a size down, never up, until its long side is at most `side`."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Decode to eight bits a channel, without a palette."""
    if picture.mode.startswith("I"):
        return picture.convert("F").point(lambda value: value / 256 + 0).convert("L")
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture.convert(picture.mode if picture.mode in ("L", "CMYK") else "RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Bring colours into sRGB, since the profile is dropped; a broken profile is left aside."""
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(image, given, srgb, outputMode=mode) or image
    return image.convert(mode)


def _webp(image: Image.Image) -> bytes:
    """Encode the pixels and nothing else."""
    image.info = {}
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=EFFORT)
    return file.getvalue()


def main(max_pixels: int) -> int:
    """Re-encode standard input to standard output; tells the exit status."""
    Image.preinit()
    give_up()
    try:
        picture = reencode(sys.stdin.buffer.read(), max_pixels)
    except Exception:  # noqa: BLE001 — decoders raise anything; the answer to all is the same
        return ChildStatus.UNREADABLE
    sys.stdout.buffer.write(pack(picture))
    sys.stdout.buffer.flush()
    return ChildStatus.DONE


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
