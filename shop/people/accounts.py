"""Customers: a phone in a store. The row is made by an order or a login; only a login by code
makes it verified."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

import phonenumbers

from shop import db
from shop.context import Context
from shop.data import paging
from shop.errors import NotFound, Reject
from shop.jobs import events
from shop.people import audit

FIND = "SELECT id FROM customer WHERE store = ? AND phone = ?"
HOLD = f"{FIND} FOR NO KEY UPDATE"
MAKE = """
INSERT INTO customer (store, phone, name, tags, locale, verified_at, created_at)
VALUES (?, ?, ?, '[]', ?, ?, ?)
ON CONFLICT (store, phone) DO NOTHING RETURNING id"""
COLUMNS = "id, phone, name, tags, locale, verified_at, erased_at, created_at"
NAMES = tuple(COLUMNS.split(", "))
GET = f"SELECT {COLUMNS} FROM customer WHERE store = ? AND id = ?"
SEARCH = f"""
SELECT {COLUMNS} FROM customer WHERE store = ? AND id < ? {{where}} ORDER BY id DESC LIMIT ?"""
TAGS = "UPDATE customer SET tags = ? WHERE store = ? AND id = ?"
NEWEST = 2**63 - 1
MOBILE = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)
TYPED = re.compile(r"\+?[\d\s().,/‐‑‒–—−-]+")
"""digits and what people put between them: letters are no digits, and # begins an extension"""


@lru_cache(maxsize=16_384)
def _parse(text: str, country: str) -> str | None:
    """The one place where what people type becomes a number. Without a plus it is one of `country`,
    or else one whose country code stands in front, with or without 00; if it is valid as both, the
    one that is a mobile phone, for codes are sent to it."""
    typed = unicodedata.normalize("NFKC", text)
    typed = "".join(char for char in typed if unicodedata.category(char) != "Cf").strip()
    if not TYPED.fullmatch(typed):
        return None
    digits = "".join(char for char in typed if char.isdecimal())
    tries = [f"+{digits}"] if typed.startswith("+") else [digits, f"+{digits.removeprefix('00')}"]
    found = [number for one in tries if (number := _valid(one, country)) is not None]
    mobile = (number for number in found if phonenumbers.number_type(number) in MOBILE)
    number = next(mobile, found[0] if found else None)
    if number is None:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _valid(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def e164(ctx: Context, phone: str) -> str:
    """The phone as `+8613800138000`; without a plus it is one of the store's country, or begins with
    its country code.
    422 `phone_invalid`."""
    number = _parse(phone, ctx.store.orders.default_country)
    if number is None:
        raise Reject("phone_invalid")
    return number


def find(ctx: Context, phone: str) -> int | None:
    """The id of a phone's customer; None if there is none yet. 422 `phone_invalid`."""
    found: int | None = db.value(FIND, ctx.code, e164(ctx, phone))
    return found


def find_or_make(
    ctx: Context,
    phone: str,
    name: str = "",
    options: dict[str, Any] | None = None,
    proved: bool = False,
) -> tuple[int, bool]:
    """(id, joined): the customer of a phone, in the caller's transaction, which holds the row from
    now on.

    A new row is unverified unless the phone is `proved`, and plugins hear `customer_joined` with
    `options`. The name of a row that exists stays: whoever types a phone has not proved that it is
    his.
    """
    number = e164(ctx, phone)
    found = db.value(HOLD, ctx.code, number)
    if found is not None:
        return found, False
    with db.transaction():
        since = ctx.now_us if proved else None
        made = db.value(MAKE, ctx.code, number, name, ctx.locale, since, ctx.now_us)
        if made is None:
            return db.value(HOLD, ctx.code, number), False
        events.customer_joined(ctx, made, options or {})
    return made, True


def get(ctx: Context, customer_id: int) -> dict[str, Any]:
    """{id, phone, name, tags, locale, verified_at, erased_at, created_at}; NotFound."""
    found = db.row(GET, ctx.code, customer_id)
    if found is None:
        raise NotFound
    return _view(found)


def search(ctx: Context, q: str = "", limit: int = 20, after: str | None = None) -> dict[str, Any]:
    """A page {items, next}, the newest first; `q` is part of a name, or a phone whole or
    by its last digits."""
    [before] = paging.decode(after, int) or (NEWEST,)
    where, params = "", []
    if q := q.strip():
        digits = "".join(char for char in q if char.isdigit())
        if digits and len(digits) >= len(q.strip("+").replace(" ", "").replace("-", "")):
            exact = _parse(q, ctx.store.orders.default_country)
            where, params = "AND phone LIKE ? ESCAPE '!'", [exact or f"%{digits}"]
        else:
            where, params = "AND lower(name) LIKE ? ESCAPE '!'", [f"%{_literal(q.lower())}%"]
    found = db.rows(SEARCH.format(where=where), ctx.code, before, *params, limit + 1)
    page = paging.page(found, limit, lambda line: (line[0],))
    page["items"] = [_view(line) for line in page["items"]]
    return page


def masked(name: str) -> str:
    """As strangers may read it: enough for those who know each other, the first letter."""
    return f"{name[:1]}**"


def set_tags(ctx: Context, customer_id: int, tags: list[str]) -> dict[str, Any]:
    """Replace the tags that staff gave a customer."""
    with db.transaction():
        if not db.change(TAGS, db.dump(sorted(set(tags))), ctx.code, customer_id):
            raise NotFound
        audit.record(ctx, "customer.tags", f"customer:{customer_id}", tags=sorted(set(tags)))
    return get(ctx, customer_id)


def _literal(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _view(line: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(NAMES, line, strict=True)) | {"tags": db.load(line[3])}
