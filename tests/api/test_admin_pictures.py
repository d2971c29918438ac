"""Pictures: what is kept is what is seen, and nothing else of the file."""

import io
import struct
import zlib

import pytest
from PIL import Image

from shop.services import pictures

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


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


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
