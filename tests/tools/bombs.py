"""Pictures that are small as files and large when they are unpacked, made without unpacking them here."""

import io
import struct
import zlib

from PIL import Image

SIDE = 7071
"""of a square of just under 50 million pixels"""


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width=SIDE, height=SIDE, colour=6, channels=4):
    """A PNG of one colour; 6 is RGBA, 2 RGB, 0 grey."""
    packer, row = zlib.compressobj(9), b"\0" * (width * channels + 1)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def plain(kind, width=SIDE, height=SIDE, **options):
    out = io.BytesIO()
    Image.new("RGB", (width, height), "tomato").save(out, kind, **options)
    return out.getvalue()


def gif(frames=50, width=3000, height=3000):
    out = io.BytesIO()
    first, *rest = [Image.new("P", (width, height), number) for number in range(frames)]
    first.save(out, "GIF", save_all=True, append_images=rest)
    return out.getvalue()
