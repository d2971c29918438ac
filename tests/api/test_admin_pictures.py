"""Pictures: what is kept is what is seen, and nothing else of the file."""

import io
import struct
import subprocess
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageOps

from shop.catalog import pictures
from tests.tools import bombs
from tests.tools.bombs import chunk
from tests.tools.waiting import PATIENCE

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(kind="PNG", size=(400, 300), **options):
    out = io.BytesIO()
    Image.new("RGB", size, "tomato").save(out, kind, **options)
    return out.getvalue()


def send(shop, content, name="x.png", headers=None):
    return shop.client.post(
        shop.url("/admin/pictures"), data={"file": (io.BytesIO(content), name)},
        headers=headers or shop.bearer(),
    )  # fmt: skip


def shown(shop, src):
    """(bytes, headers) of a picture as it is served; its file is closed."""
    with shop.client.get(src) as answer:
        assert answer.mimetype == "image/webp"
        return answer.data, answer.headers


def kept(shop):
    folder = shop.config.path(shop.config.media) / "orchard"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_kept_in_three_sizes_and_served(shop, kind):
    answer = send(shop, picture(kind, (2000, 1000)))
    assert answer.status_code == 201, answer.text
    src = answer.json["src"]
    for width in pictures.WIDTHS:
        data, _ = shown(shop, src.replace("-1280.", f"-{width}."))
        with Image.open(io.BytesIO(data)) as image:
            assert image.width == width
    assert send(shop, picture(kind, (2000, 1000))).json["src"] == src


def test_where_and_when_it_was_taken_is_not_kept_and_it_stands_upright(shop):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretCamera"
    answer = send(shop, picture("JPEG", (400, 200), exif=exif))
    assert (answer.json["width"], answer.json["height"]) == (200, 400)
    data, _ = shown(shop, answer.json["src"])
    assert b"SecretCamera" not in data
    with Image.open(io.BytesIO(data)) as image:
        assert not image.getexif()


def test_a_small_picture_is_not_made_larger(shop):
    src = send(shop, picture(size=(40, 30))).json["src"]
    with Image.open(io.BytesIO(shown(shop, src)[0])) as image:
        assert image.size == (40, 30)


@pytest.mark.parametrize(
    "content",
    [
        SVG,
        b"<html><script>alert(1)</script></html>",
        b"GIF89a/*" + SVG + b"*/=0",
        b"%PDF-1.4",
        b"",
        picture()[:60],
        b"RIFF\x00\x00\x00\x00WEBP",
        b"\xff\xd8\xff\xe0" + b"\x00" * 100,
    ],
)
def test_case_58_what_is_no_picture_is_refused_whatever_it_is_called(shop, content):
    for name in ("x.png", "x.svg", "x.html", "../../x.jpg"):
        answer = send(shop, content, name)
        assert (answer.status_code, answer.json["code"]) == (422, "picture_invalid")
    assert kept(shop) == []


def test_case_58_a_file_that_is_two_things_is_only_its_picture(shop):
    """A page behind a good picture, and one in its comment: both are gone."""
    polyglot = picture("JPEG", comment=SVG) + b"<script>alert(1)</script>"
    data, headers = shown(shop, send(shop, polyglot, "x.html").json["src"])
    assert b"script" not in data
    assert "sandbox" in headers["Content-Security-Policy"]


def test_case_59_a_picture_of_50000_by_50000_is_refused_before_it_is_opened(shop):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")  # fmt: skip
    answer = send(shop, bomb)
    assert (answer.status_code, answer.json["code"]) == (413, "picture_too_large")
    assert kept(shop) == []


def test_case_59_too_many_bytes_are_refused(shop):
    object.__setattr__(shop.config.limits, "picture_mib", 1)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\n'
    answer = shop.client.post(
        shop.url("/admin/pictures"), data=head + b"\0" * (2 << 20) + b"\r\n--x--\r\n",
        headers=shop.bearer(), content_type="multipart/form-data; boundary=x",
    )  # fmt: skip
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


def test_only_who_may_change_products_may_upload(shop):
    assert send(shop, picture(), headers=shop.bearer("clerk")).status_code == 403
    assert send(shop, picture(), headers={"X": "y"}).status_code == 401
    assert kept(shop) == []


def test_exactly_one_file_as_a_form(shop):
    post = shop.client.post
    url, headers = shop.url("/admin/pictures"), shop.bearer()
    assert post(url, data=picture(), headers=headers | {"Content-Type": "image/png"}).status_code == 415  # fmt: skip
    assert post(url, data={"file": "text"}, headers=headers, content_type="multipart/form-data").status_code == 422  # fmt: skip


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\x7f",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40,
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x05\0\x01\0\0\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x02\0\0\0ab\0\0\0\0\0\0",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0\0\0\0\0",
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_with_broken_exif_data_is_taken_as_it_stands_or_refused(shop, kind, exif):
    content = picture(kind, (60, 40), exif=exif)
    answer = send(shop, content)
    if answer.status_code == 201:
        assert answer.json["width"] == 60
    else:  # Pillow reads it of a JPEG before anything else
        assert (kind, answer.json["code"]) == ("JPEG", "picture_invalid")


def test_a_picture_that_is_damaged_anywhere_is_refused_or_taken_and_never_an_error(shop):
    """Each byte of a small picture of each kind, with two other values."""
    found = set()
    for kind, value in product(("JPEG", "PNG", "WEBP", "GIF"), (0, 255)):
        content = picture(kind, (9, 5), **({"exif": b"Exif\0\0II*\0"} if kind != "GIF" else {}))
        for place in range(0, len(content), 1 if len(content) < 200 else 7):
            try:
                pictures.read(content[:place] + bytes([value]) + content[place + 1 :])
            except pictures.Reject as error:
                found.add(error.code)
    assert found <= {"picture_invalid", "picture_too_large"}


@pytest.mark.parametrize("kind, orientation", [("JPEG", 1), ("JPEG", 8), ("PNG", 5), ("PNG", 6)])
def test_a_picture_that_is_made_small_in_pieces_is_the_same_picture(kind, orientation):
    """As Pillow turns and resizes it in one go."""
    big = Image.linear_gradient("L").resize((4000, 2100))
    big = Image.merge("RGB", (big, big.transpose(Image.Transpose.FLIP_LEFT_RIGHT), big.rotate(180)))
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    big.save(out, kind, exif=exif)
    seen, size = pictures.read(out.getvalue())
    right = ImageOps.exif_transpose(Image.open(out))
    assert size == right.size
    right.thumbnail((1280, 2560))
    assert abs(seen.width - right.width) <= 1
    assert abs(seen.height - right.height) <= 1
    difference = ImageChops.difference(seen, right.resize(seen.size))
    assert max(high for _, high in difference.getextrema()) <= 16


PEAK = """
import sys, threading
from pathlib import Path
from shop.catalog import pictures
content = Path(sys.argv[1]).read_bytes()
def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(name))
threads = [threading.Thread(target=pictures.read, args=(content,)) for _ in range(2)]
pictures.PATIENCE = 300
before = status("VmRSS")
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(status("VmHWM") - before, status("VmRSS") - before)
"""


def test_many_large_pictures_at_once_take_the_memory_of_one(tmp_path):
    """50 million pixels in RGBA are 191 MiB."""
    (tmp_path / "bomb").write_bytes(bombs.png())
    words = [sys.executable, "-c", PEAK, str(tmp_path / "bomb")]
    peak, kept = map(int, subprocess.check_output(words).split())
    assert peak < 400, "MiB"
    assert kept < 100, "MiB"


def files():
    """Of each kind, the worst that is taken, and what is refused."""
    yield "png", bombs.png(), 201
    yield "rgb png", bombs.png(colour=2, channels=3), 201
    yield "tall png", bombs.png(5000, 9900), 201
    yield "jpeg", bombs.plain("JPEG"), 201
    yield "progressive jpeg", bombs.plain("JPEG", progressive=True), 201
    yield "webp", bombs.plain("WEBP", 4990, 4990, lossless=True, method=0), 201
    yield "moving gif", bombs.gif(), 201
    yield "wide png", bombs.png(40_000, 1000), 413
    yield "larger webp", bombs.plain("WEBP", 7071, 7071, lossless=True, method=0), 413


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_drill_eight_large_pictures_of_each_kind_at_once_and_a_worker_stays_small(
    shop, live, tmp_path
):
    """A real server: 8 uploads at once of each kind; no worker ever holds 700 MiB, nor keeps much."""
    headers = shop.bearer()
    workers = set(live.workers())

    def upload(content):
        with live.client(headers=headers) as client:
            for _ in range(PATIENCE):
                answer = client.post("/admin/pictures", files={"file": ("x", content)})
                if answer.status_code != 503:
                    return answer.status_code
                time.sleep(1)
        return 503

    for name, content, status in files():
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(upload, [content] * 8)) == {status}, name
        for pid in live.workers():
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            found = {
                line.split(":")[0]: int(line.split()[1]) >> 10 for line in lines if "kB" in line
            }
            assert found["VmHWM"] < 700, name
            assert found["VmRSS"] < 300, name
    assert set(live.workers()) == workers
    assert all(line.startswith(("{", "ready: ")) for line in live.output().splitlines())
