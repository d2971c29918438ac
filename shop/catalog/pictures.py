"""Pictures of goods: looked at, stripped of everything but what is seen, and kept in three sizes.

Whatever is uploaded is decoded and written anew, so that nothing of the file itself is ever served:
no place or camera, no script, no second format behind the first.

A small file may unpack to a large picture. So each worker unpacks one at a time, no more than so many
pixels of it, and makes it small piece by piece; the first frame of a moving one is all that is unpacked.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any

from PIL import Image

from shop.context import Context
from shop.errors import Reject

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
WIDTHS = (320, 640, 1280)
"""of the files that are made of one, in pixels; a small picture is not made larger"""
TALL = 2
"""times its width that a picture may be high"""
ORIENTATION = 0x0112
"""of Exif; from 5 on the picture lies on its side"""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
MOST_PIXELS = 50_000_000
LONGEST = 30_000
"""pixels along a side"""
MOST_OF_FORMAT = {"WEBP": 25_000_000}
"""fewer where unpacking takes more: WebP is held four times"""
TILE = 1024
"""pixels along a side of the pieces that are made small one after another"""
GAP = 1.5
"""how much larger than wanted a picture is made by averaging, before it is resampled"""
PATIENCE = 20.0
"""seconds that an upload waits for those before it"""
QUALITY = 80

_one_at_a_time = threading.Lock()


@contextmanager
def _turn() -> Iterator[None]:
    """Of one thread of this worker at a time; 503 if the others take too long."""
    if not _one_at_a_time.acquire(timeout=PATIENCE):
        raise Reject("unavailable_service", 503, retry_after=5)
    try:
        yield
    finally:
        _give_back()
        _one_at_a_time.release()


def _give_back() -> None:
    """Let the C library return to the system what a picture took; it keeps it otherwise."""
    with suppress(AttributeError, OSError):  # not glibc
        ctypes.CDLL(None).malloc_trim(0)


def keep(ctx: Context, content: bytes) -> dict[str, Any]:
    """{src, width, height} of the picture in `content`, kept as WebP in the store's media folder.
    `src` is the largest; the others have its name with their width instead of its own (`WIDTHS`).
    The same picture again is the same file; one that is none is refused as `read` does.
    """
    with _turn():
        return _keep(ctx, content)


def _keep(ctx: Context, content: bytes) -> dict[str, Any]:
    picture, (width, height) = _read(content)
    folder = ctx.config.path(ctx.config.media) / ctx.code
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(content).hexdigest()[:24]
    for most in sorted(WIDTHS, reverse=True):
        picture.thumbnail((most, most * TALL), Image.Resampling.LANCZOS)
        path = folder / f"{name}-{most}.webp"
        part = folder / f".{name}-{most}.{os.getpid()}.{threading.get_ident()}"
        picture.save(part, "WEBP", quality=QUALITY, method=4)
        part.replace(path)
    return {"src": f"/media/{ctx.code}/{name}-{WIDTHS[-1]}.webp", "width": width, "height": height}


def read(content: bytes) -> tuple[Image.Image, tuple[int, int]]:
    """(the picture upright, no larger than the largest that is kept; its own size upright). Nothing is
    decoded that is too large, and nothing but the colours is taken over.

    422 `picture_invalid` if it is none of `FORMATS`, or broken; 413 `picture_too_large` past
    50 million pixels (25 million of WebP) or 30,000 along a side; 503 if others keep this worker busy for too long.
    """
    with _turn():
        return _read(content)


def _read(content: bytes) -> tuple[Image.Image, tuple[int, int]]:
    try:
        with warnings.catch_warnings(), Image.open(BytesIO(content), formats=FORMATS) as picture:
            warnings.simplefilter("ignore")
            width, height = picture.size
            most = MOST_OF_FORMAT.get(picture.format or "", MOST_PIXELS)
            if width * height > most or max(width, height) > LONGEST:
                raise Reject(
                    "picture_too_large", 413, width=width, height=height, most=most, longest=LONGEST
                )
            orientation = _orientation(picture)
            turned = orientation >= 5
            small = _small(picture, (WIDTHS[-1], WIDTHS[-1] * TALL), turned)
        if orientation in TURNS:
            small = small.transpose(TURNS[orientation])
        clean = Image.new(small.mode, small.size)
        clean.paste(small)
        return clean, (height, width) if turned else (width, height)
    except Reject:
        raise
    except (Image.DecompressionBombError, MemoryError):
        raise Reject("picture_too_large", 413, most=MOST_PIXELS, longest=LONGEST) from None
    except Exception:  # whatever a decoder stumbles over in a stranger's bytes
        raise Reject("picture_invalid", formats=", ".join(FORMATS)) from None


def _orientation(picture: Image.Image) -> int:
    """1 to 8; 1 if the Exif data is broken: the picture itself may be good."""
    try:
        found = picture.getexif().get(ORIENTATION, 1)
    except Exception:
        return 1
    return found if isinstance(found, int) and found in TURNS else 1


def _small(picture: Image.Image, most: tuple[int, int], turned: bool) -> Image.Image:
    """In RGB or RGBA, within `most` once it is upright. A JPEG is unpacked small at once; of the
    others nothing but the picture as it is unpacked is ever held whole."""
    width, height = picture.size
    wide, high = most[::-1] if turned else most
    scale = max(width / wide, height / high, 1.0)
    picture.draft("RGB", (int(width * GAP / scale) + 1, int(height * GAP / scale) + 1))
    seen = "RGBA" if picture.has_transparency_data else "RGB"
    picture.load()
    factor = int(max(picture.width / wide, picture.height / high) / GAP)
    small = _averaged(picture, factor, seen) if factor > 1 else picture.convert(seen)
    small.thumbnail((wide, high), Image.Resampling.LANCZOS)
    return small


def _averaged(picture: Image.Image, factor: int, mode: str) -> Image.Image:
    """`Image.reduce`, a tile at a time: it would convert all of the picture first."""
    side = factor * max(1, TILE // factor)
    small = Image.new(mode, (-(-picture.width // factor), -(-picture.height // factor)))
    for top in range(0, picture.height, side):
        for left in range(0, picture.width, side):
            box = left, top, min(left + side, picture.width), min(top + side, picture.height)
            tile = picture.crop(box).convert(mode).reduce(factor)
            small.paste(tile, (left // factor, top // factor))
    return small
