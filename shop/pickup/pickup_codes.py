"""The short code and the QR token by which an order is fetched, and how staff find it by them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import secrets
import unicodedata

import segno
import zxingcpp

from shop import db
from shop.catalog import pictures
from shop.context import Context
from shop.errors import NotFound, Reject
from shop.orders import order_view
from shop.orders.order_view import OrderView
from shop.people import attempts
from shop.people.attempts import Bound
from shop.pickup import points

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O or U to misread"""
LENGTH = 8
MISREAD = str.maketrans("ILO", "110", " -")
WRONG, WRONG_SECONDS = 10, 600
"""wrong codes that a point, and a member of staff, may enter in that time"""
QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)

BY_CODE = "SELECT id, point_id FROM orders WHERE store = ? AND pickup_code = ?"
BY_NUMBER = "SELECT id, point_id FROM orders WHERE store = ? AND number = ?"


def new_code() -> str:
    """40 random bits; not guessable at ten tries in ten minutes."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def normalise(text: str) -> str:
    """A code as it was typed: any case and width, with spaces or hyphens, I and L for 1, O for 0.
    >>> normalise("k7q2-ol3x")
    'K7Q2013X'
    """
    return unicodedata.normalize("NFKC", text).upper().translate(MISREAD)


def token(ctx: Context, order_id: int, number: str) -> str:
    """What the QR code says: `<number>.<128 bit of an HMAC of the order's id>`, in capitals."""
    text = f"pickup:{ctx.code}:{order_id}".encode()
    digest = hmac.digest(ctx.config.secret.encode(), text, hashlib.sha256)[:16]
    return f"{number}.{base64.b32encode(digest).decode().rstrip('=')}"


def qr_svg(ctx: Context, order: OrderView) -> str:
    """The token as an SVG image that scales with its frame."""
    image = io.BytesIO()
    segno.make_qr(token(ctx, order.id, order.number), error="m").save(
        image, kind="svg", omitsize=True, border=4, dark="#000", light="#fff"
    )
    return image.getvalue().decode()


def scan(content: bytes) -> str:
    """What the QR code in a picture says, whatever that is. 422 `code_unreadable` if none is seen;
    a picture that is none is refused as `pictures.read` does."""
    picture, _ = pictures.read(content)
    seen = zxingcpp.read_barcode(picture.convert("L"), formats=QR)
    if seen is None or not seen.text.strip():
        raise Reject("code_unreadable")
    return seen.text.strip()


def find(ctx: Context, text: str) -> OrderView:
    """The order behind a code or QR token, for staff; call it outside a transaction.

    An order of a point that is not the clerk's is missing like any other: NotFound. Wrong codes
    are counted for the staff member and each of his points: 429 `too_many_attempts` past ten.
    """
    found = _by_token(ctx, text) if "." in text else _by_code(ctx, text)
    return order_view.load(ctx, found)


def _by_token(ctx: Context, text: str) -> int:
    number, _, _ = text.partition(".")
    found = db.row(BY_NUMBER, ctx.code, number)
    if found is None or not points.is_mine(ctx, found[1]):
        raise NotFound
    right = token(ctx, found[0], number)
    if not hmac.compare_digest(right.encode(), text.upper().encode()):
        raise NotFound
    return int(found[0])


def _by_code(ctx: Context, text: str) -> int:
    for who in _counted(ctx):
        attempts.check(ctx, "pickup_code", who, WRONG, WRONG_SECONDS)
    found = db.row(BY_CODE, ctx.code, normalise(text))
    if found is not None and points.is_mine(ctx, found[1]):
        return int(found[0])
    for who in _counted(ctx):
        attempts.count(ctx, Bound("pickup_code", who, WRONG, WRONG_SECONDS))
    raise NotFound


def _counted(ctx: Context) -> list[str]:
    caller = ctx.caller
    return [f"{caller.role}:{caller.id or 0}"] + [
        f"point:{point_id}" for point_id in sorted(caller.points or ())
    ]
