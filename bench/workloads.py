"""What is measured: the requests of each workload, what a good answer holds, and its target."""

from __future__ import annotations

import itertools
import random
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

import orjson

from bench.data import CART_LINES, Facts, phone
from bench.load import request

API = "/api/v1/orchard"
PAGE = 20
CHECKOUT_LINES = 3


@dataclass(frozen=True)
class Workload:
    """`target` is the least ratio to hello, `of_wsgi` the least to the bare WSGI callable; `tail` the
    most of p99 to p50; None has none."""

    name: str
    requests: Callable[[], Iterator[bytes]]
    good: Callable[[Any], bool] = lambda document: True
    due: int = 200
    target: float | None = None
    of_wsgi: float | None = None
    tail: float | None = None
    server: str = "shop"


def of_shop(facts: Facts, etag: Callable[[], str] = str, postgres: bool = False) -> list[Workload]:
    """`uncached` is the same shop with nothing kept; `etag` asks for that of the first page now."""
    ordering = {"due": 201, "target": 0.25 if postgres else 0.4, "tail": 8}
    pages, handles = partial(_lists, facts), partial(_details, facts)
    cold = {"server": "uncached"}
    return [
        Workload("list of 20", pages, _is_page, target=1.5, of_wsgi=0.9),
        Workload("list of 20, not changed (304)", partial(_known, etag), due=304, target=1.5),
        Workload("product detail", handles, _has_variants, target=1.5, of_wsgi=0.9),
        Workload("list of 20, uncached", pages, _is_page, target=0.4, **cold),
        Workload("product detail, uncached", handles, _has_variants, target=0.7, **cold),
        Workload("page of 20 goods", partial(_sheets, ""), _is_sheet),
        Workload("page of a product", partial(_sheets, facts.handles), _is_sheet),
        Workload("page of 20 goods, uncached", partial(_sheets, ""), _is_sheet, **cold),
        Workload("page of a product, uncached", partial(_sheets, facts.handles), _is_sheet, **cold),
        Workload("search for 苹果, uncached", _searches, _is_page, target=0.3, **cold),
        Workload("cart of 20 lines, its quote", partial(_carts, facts), _is_cart, target=0.25),
        Workload(
            "checkout in one call, 3 lines", partial(_checkouts, facts), _is_order, **ordering
        ),
        Workload("checkout of a cart, 3 lines", _of_carts(facts), _is_order, due=201),
        Workload("sold out, refused", partial(_refused, facts), due=409, target=0.8),
        Workload("owner's list of 20 orders", partial(_orders, facts), _is_page),
    ]


def _greetings() -> Iterator[bytes]:
    return itertools.repeat(request("GET", "/"))


HELLO = Workload("bare Flask view", _greetings, server="hello")
YARDSTICKS = (
    Workload("bare WSGI callable", _greetings, server="wsgi"),
    Workload("Flask view that commits one row", _greetings, server="commit"),
)


def first(port: int, content: bytes) -> tuple[int, dict[str, str], bytes]:
    """(status, headers, body) of one request, given as bytes."""
    head, _, body = content.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    method, path, _ = line.split(" ")
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = dict(line.split(": ", 1) for line in lines)
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def is_good(port: int, workload: Workload) -> bool:
    """Whether a first answer is what it should be, and not only in its status."""
    status, _, body = first(port, next(workload.requests()))
    document = body.decode() if body.startswith(b"<!doctype") else orjson.loads(body or b"null")
    return status == workload.due and workload.good(document)


def first_page() -> Iterator[bytes]:
    return itertools.repeat(request("GET", f"{API}/products?limit={PAGE}"))


def etag_of(port: int) -> str:
    return first(port, next(first_page()))[1]["etag"]


# -- requests --------------------------------------------------------------------------------


def _lists(facts: Facts) -> Iterator[bytes]:
    path = f"{API}/products?limit={PAGE}"
    pages = [path, *(f"{path}&after={quote(cursor)}" for cursor in facts.cursors[:-1])]
    return itertools.cycle([request("GET", page) for page in pages])


def _known(etag: Callable[[], str]) -> Iterator[bytes]:
    path = f"{API}/products?limit={PAGE}"
    return itertools.repeat(request("GET", path, {"If-None-Match": etag()}))


def _details(facts: Facts) -> Iterator[bytes]:
    return itertools.cycle([request("GET", f"{API}/products/{h}") for h in facts.handles])


def _sheets(handles: Sequence[str]) -> Iterator[bytes]:
    """Pages for customers: of the goods, or of these products."""
    paths = [f"/orchard/products/{handle}" for handle in handles] or ["/orchard/products"]
    return itertools.cycle([request("GET", path) for path in paths])


def _searches() -> Iterator[bytes]:
    return itertools.repeat(request("GET", f"{API}/products?limit={PAGE}&q={quote('苹果')}"))


def _carts(facts: Facts) -> Iterator[bytes]:
    return itertools.cycle([request("GET", f"{API}/carts/{cart}") for cart in facts.carts])


def _of_carts(facts: Facts) -> Callable[[], Iterator[bytes]]:
    """Each cart once, in all rounds together."""
    left = iter(facts.fresh_carts)

    def requests() -> Iterator[bytes]:
        chance = random.Random()
        return (_order({"cart": cart}, facts, chance) for cart in left)

    return requests


def _refused(facts: Facts) -> Iterator[bytes]:
    chance = random.Random()
    line = {"sku": facts.sold_out, "quantity": 1}
    while True:
        yield _order({"lines": [line]}, facts, chance)


def _orders(facts: Facts) -> Iterator[bytes]:
    headers = {"Authorization": f"Bearer {facts.token}"}
    return itertools.repeat(request("GET", f"{API}/admin/orders?limit={PAGE}", headers))


def _checkouts(facts: Facts) -> Iterator[bytes]:
    chance = random.Random()
    while True:
        skus = chance.sample(facts.skus, CHECKOUT_LINES)
        lines = [{"sku": sku, "quantity": chance.randint(1, 2)} for sku in skus]
        yield _order({"lines": lines}, facts, chance)


def _order(wanted: dict[str, Any], facts: Facts, chance: random.Random) -> bytes:
    body = wanted | {
        "contact": {"name": "王小明", "phone": phone(chance)},
        "pickup": {"point": facts.point, "window": facts.window},
    }
    peer = f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}"
    headers = {"Idempotency-Key": secrets.token_hex(16), "X-Forwarded-For": peer}
    return request("POST", f"{API}/orders", headers, body)


# -- answers ---------------------------------------------------------------------------------


def _is_sheet(page: Any) -> bool:
    return isinstance(page, str) and page.rstrip().endswith("</html>") and "¥" in page


def _is_page(document: Any) -> bool:
    return len(document["items"]) == PAGE and bool(document["next"])


def _has_variants(document: Any) -> bool:
    return len(document["variants"]) == 2 and document["variants"][0]["available"] == 20


def _is_cart(document: Any) -> bool:
    return len(document["lines"]) == CART_LINES and document["total"] > 0


def _is_order(document: Any) -> bool:
    return len(document["lines"]) == CHECKOUT_LINES and document["state"] == "pending"
