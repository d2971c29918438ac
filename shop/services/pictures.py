"""Pictures of goods: looked at, stripped of everything but what is seen, and kept in three sizes.

Whatever is uploaded is decoded and written anew, so that nothing of the file itself is ever served:
no place or camera, no script, no second format behind the first.
"""

from __future__ import annotations

import hashlib
import os
import threading
import warnings
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from shop.context import Context
from shop.errors import Reject

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
WIDTHS = (320, 640, 1280)
"""of the files that are made of one, in pixels; a small picture is not made larger"""
TALL = 2
"""times its width that a picture may be high"""
ORIENTATION = 0x0112
"""of Exif; from 5 on the picture lies on its side"""
MOST_PIXELS = 50_000_000
QUALITY = 80


def keep(ctx: Context, content: bytes) -> dict[str, Any]:
    """{src, width, height} of the picture in `content`, kept as WebP in the store's media folder.
    `src` is the largest; the others have its name with their width instead of its own (`WIDTHS`).
    The same picture again is the same file; one that is none is refused as `read` does.
    """
    picture, (width, height) = read(content)
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
    50 million pixels.
    """
    try:
        with warnings.catch_warnings(), Image.open(BytesIO(content), formats=FORMATS) as picture:
            warnings.simplefilter("ignore")
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise Reject("picture_too_large", 413, width=width, height=height, most=MOST_PIXELS)
            turned = picture.getexif().get(ORIENTATION, 1) >= 5
            picture.draft("RGB", (WIDTHS[-1] * 2, WIDTHS[-1] * 4))
            seen = "RGBA" if picture.has_transparency_data else "RGB"
            upright = ImageOps.exif_transpose(picture).convert(seen)
            upright.thumbnail((WIDTHS[-1], WIDTHS[-1] * TALL), Image.Resampling.LANCZOS)
            clean = Image.new(seen, upright.size)
            clean.paste(upright)
            return clean, (height, width) if turned else (width, height)
    except Image.DecompressionBombError:
        raise Reject("picture_too_large", 413, most=MOST_PIXELS) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, ZeroDivisionError):
        raise Reject("picture_invalid", formats=", ".join(FORMATS)) from None
