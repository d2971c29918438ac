"""Pictures at other hosts: fetched in the background, kept as our own, and reported.

Pages show no picture of another host, so an import notes the addresses of a product's pictures here,
in its own transaction, and a job fetches them: through `outgoing`, a few seconds and megabytes each,
written anew by `pictures`. Then the product names the picture in our media instead of the address. An
address that was fetched once is known, so that the same file again fetches nothing.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from shop import db, i18n
from shop.catalog import pictures, products
from shop.catalog.product_document import Document
from shop.clock import SECOND
from shop.context import Context
from shop.data import paging
from shop.errors import NotFound, Reject
from shop.jobs import jobs
from shop.messages import outgoing
from shop.people import audit

JOB = "fetch_pictures"
REMOTE = re.compile(r"https?://", re.I)
MOST = 100
"""pictures of one product that are fetched"""
SECONDS = 15.0
"""for one picture, redirects included"""
BUDGET = 30.0
"""seconds after which a job leaves the rest to the next one, well within its lease"""
REDIRECTS = 3
TRIES, PAUSE = 3, 60
"""of a picture whose server is away; the seconds before the second try, five times as long after it"""
SAFE = "/%:@!$&'()*+,;=~-._?"

KNOWN = """
SELECT digest, MIN(src) FROM remote_picture
WHERE store = ? AND state = 'fetched' AND digest IN (??) GROUP BY digest"""
NOTED = (
    "SELECT product_id, digest, state FROM remote_picture WHERE store = ? AND product_id IN (??)"
)
ROW = "store, product_id, url, digest, state, src, error, detail, tries, updated_at"
WAITING = """
SELECT id, url, digest, tries FROM remote_picture
WHERE store = ? AND product_id = ? AND state = 'waiting' ORDER BY id"""
SETTLE = """
UPDATE remote_picture SET state = ?, src = ?, error = ?, detail = ?, tries = tries + 1,
  updated_at = ? WHERE store = ? AND id = ?"""
FETCHED = """
SELECT url, src FROM remote_picture WHERE store = ? AND product_id = ? AND state = 'fetched'"""
COUNT = "SELECT state, COUNT(*) FROM remote_picture WHERE store = ? GROUP BY state"
LIST = """
SELECT r.id, p.handle, r.url, r.state, r.error, r.detail, r.src, r.updated_at
FROM remote_picture r JOIN product p ON p.id = r.product_id
WHERE r.store = ? AND r.state = ? AND r.id < ? ORDER BY r.id DESC LIMIT ?"""
FAILED = "SELECT DISTINCT product_id FROM remote_picture WHERE store = ? AND state = 'failed'"
AGAIN = """
UPDATE remote_picture SET state = 'waiting', tries = 0, error = '', detail = '', updated_at = ?
WHERE store = ? AND state = 'failed'"""
STATES = ("fetched", "waiting", "failed")


class _Failed(Exception):
    """A picture that cannot be had; `again` if it may be had later."""

    def __init__(self, error: str, detail: str = "", again: bool = False) -> None:
        self.error, self.detail, self.again = error, detail[:255], again
        super().__init__(error)


def urls_of(product: Document) -> list[str]:
    """The addresses at other hosts that a product, or a part of one, names."""
    found = [image["src"] for image in product.get("images", ())]
    found += [variant.get("image", "") for variant in product.get("variants", ())]
    return list(dict.fromkeys(src for src in found if REMOTE.match(src)))


def known(ctx: Context, urls: Iterable[str]) -> dict[str, str]:
    """Where those of the pictures lie that were fetched before."""
    digests = {_digest(url): url for url in urls}
    return {digests[digest]: src for digest, src in db.rows(KNOWN, ctx.code, db.many(digests))}


def replaced(product: Document, places: Mapping[str, str]) -> Document:
    """The product, or a part of one, with the pictures where they lie now."""
    changed = dict(product)
    if "images" in product:
        changed["images"] = [
            {**image, "src": places.get(image["src"], image["src"])} for image in product["images"]
        ]
    changed["variants"] = [
        {**variant, "image": places.get(variant["image"], variant["image"])}
        if "image" in variant else variant
        for variant in product["variants"]
    ]  # fmt: skip
    return changed


def want(ctx: Context, wanted: Mapping[int, list[str]]) -> tuple[int, int]:
    """Have pictures fetched, {product id: addresses}, in the caller's transaction. How many are to be
    fetched or are being fetched, and how many could not be."""
    states = {(product, digest): state
              for product, digest, state in db.rows(NOTED, ctx.code, db.many(wanted))}  # fmt: skip
    waiting = failed = 0
    lines: list[tuple[Any, ...]] = []
    for product, urls in wanted.items():
        fresh = []
        for url in urls[:MOST]:
            digest = _digest(url)
            state = states.get((product, digest), "")
            failed += state == "failed"
            waiting += state in ("", "waiting")
            if not state:
                fresh.append(digest)
                lines.append((ctx.code, product, url, digest, "waiting", "", "", "", 0, ctx.now_us))
        if fresh:
            key = hashlib.sha256(f"{product} {sorted(fresh)}".encode()).hexdigest()[:40]
            _schedule(ctx, product, key)
    db.link("remote_picture", ROW, *lines)
    return waiting, failed


def counts(ctx: Context) -> dict[str, int]:
    """{fetched, waiting, failed}: how many pictures there are of each."""
    return dict.fromkeys(STATES, 0) | dict(db.rows(COUNT, ctx.code))


def show(
    ctx: Context, state: str = "failed", limit: int = 20, after: str | None = None
) -> dict[str, Any]:
    """A page {items, next} of pictures in a state, the newest first, with the reason in words."""
    [before] = paging.decode(after, int) or (2**63 - 1,)
    found = [_view(ctx, line) for line in db.rows(LIST, ctx.code, state, before, limit + 1)]
    return paging.page(found, limit, lambda picture: (picture["id"],))


def _view(ctx: Context, line: tuple[Any, ...]) -> dict[str, Any]:
    number, handle, url, state, error, detail, src, updated = line
    reason = i18n.say(error, ctx.locale, detail=detail) if error else ""
    return {"id": number, "product": handle, "url": url, "state": state, "error": error,
            "reason": reason, "src": src, "updated_at": updated}  # fmt: skip


def retry(ctx: Context) -> int:
    """Fetch those again that could not be fetched; how many they are."""
    with db.transaction():
        found = [product for (product,) in db.rows(FAILED, ctx.code)]
        count = db.change(AGAIN, ctx.now_us, ctx.code)
        for product in found:
            _schedule(ctx, product, f"again:{product}:{ctx.now_us}")
        if count:
            audit.record(ctx, "pictures.retry", "pictures", count=count)
    return count


def _schedule(ctx: Context, product: int, key: str, seconds: int = 0) -> None:
    data = {"product": product, "key": key}
    jobs.schedule(ctx, jobs.CORE, JOB, key, ctx.now_us + seconds * SECOND, data)


# -- the job -----------------------------------------------------------------------------------


@jobs.handler(JOB)
@jobs.network
def fetch(ctx: Context, data: dict[str, Any]) -> None:
    """Fetch what waits of a product, then have the product name what was fetched."""
    product, until = data["product"], time.monotonic() + BUDGET
    waiting = db.rows(WAITING, ctx.code, product)
    places = known(ctx, (url for _, url, _, _ in waiting))
    left, pause = 0, 0
    for number, url, _, tries in waiting:
        if time.monotonic() > until:
            left += 1
            continue
        try:
            src = places.get(url) or _fetched(ctx, url)
            places[url] = src
            _settle(ctx, number, "fetched", src=src)
        except _Failed as failed:
            again = failed.again and tries + 1 < TRIES
            _settle(ctx, number, "waiting" if again else "failed", failed.error, failed.detail)
            pause = max(pause, PAUSE * 5**tries if again else 0)
    _replace(ctx, product)
    if left or pause:
        base, _, turn = data["key"].partition("/")
        with db.transaction():
            _schedule(ctx, product, f"{base}/{int(turn or 0) + 1}", 0 if left else pause)


def _settle(
    ctx: Context, number: int, state: str, error: str = "", detail: str = "", src: str = ""
) -> None:
    with db.transaction():
        db.change(SETTLE, state, src, error, detail, ctx.now_us, ctx.code, number)


def _fetched(ctx: Context, url: str) -> str:
    """The `src` of the picture at an address, in our media. _Failed if there is none."""
    content = _content(ctx, url)
    try:
        return str(pictures.keep(ctx, content)["src"])
    except Reject as refused:
        if refused.code == "unavailable_service":
            raise _Failed("remote_picture_unreachable", "busy", again=True) from None
        error = "no_picture" if refused.code == "picture_invalid" else "too_large"
        raise _Failed(f"remote_picture_{error}") from None


def _content(ctx: Context, url: str) -> bytes:
    """What lies at an address. Each redirect is an address of its own and is looked at like the first."""
    most, until = ctx.config.limits.picture_mib << 20, time.monotonic() + SECONDS
    for _ in range(REDIRECTS + 1):
        try:
            seconds = max(0.1, until - time.monotonic())
            answer = outgoing.send(ctx, "GET", _ascii(url), seconds=seconds, most=most)
        except Reject as refused:
            private = refused.facts.get("reason") == "private"
            raise _Failed(f"remote_picture_{'private' if private else 'refused'}") from None
        except outgoing.TooLarge:
            raise _Failed("remote_picture_too_large") from None
        except outgoing.Unreachable as error:
            raise _Failed("remote_picture_unreachable", str(error), again=True) from None
        if answer.status == 200:
            return answer.body
        if answer.status not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
            again = answer.status == 429 or answer.status >= 500
            raise _Failed("remote_picture_answer", str(answer.status), again)
        try:
            url = urljoin(url, answer.headers["location"])
        except ValueError:
            raise _Failed("remote_picture_refused") from None
    raise _Failed("remote_picture_answer", str(answer.status))


def _ascii(url: str) -> str:
    """An address as it is sent: `…/图.jpg` with its letters escaped."""
    try:
        parts = urlsplit(url)
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
        return urlunsplit((parts.scheme.lower(), host, quote(parts.path, SAFE),
                           quote(parts.query, SAFE), ""))  # fmt: skip
    except ValueError:
        raise _Failed("remote_picture_refused") from None


def _replace(ctx: Context, product_id: int) -> None:
    """Put what was fetched into the product, unless somebody took the picture out meanwhile."""
    places = dict(db.rows(FETCHED, ctx.code, product_id))
    for last in (False, False, False, True):
        try:
            before = products.get(ctx, product_id)
        except NotFound:
            return
        after = replaced(before, places)
        changes = {
            "images": after["images"],
            "variants": [{name: v[name] for name in ("sku", "image")} for v in after["variants"]],
        }
        try:
            products.update(ctx, product_id, changes, seen=before["version"])
            return
        except Reject as refused:
            if last or refused.code != "precondition_failed":
                raise


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()
