"""Bring the search terms of products up to date after an upgrade that reads words otherwise.

The periodic job runs once as soon as a shop is upgraded, in steps of some products; where the terms
of a product are right already it writes nothing.
"""

from __future__ import annotations

from typing import Any

from shop import db
from shop.catalog import product_rows, search
from shop.catalog.product_document import texts
from shop.context import Context
from shop.jobs import jobs

JOB = "refresh_search"
EVERY = 30 * 86_400
STEP = 1000
NEXT = """
SELECT id FROM product WHERE store = ? AND status IN (??) AND id > ? ORDER BY id LIMIT ?"""
TERMS = "SELECT product_id, term FROM search_term WHERE product_id IN (??) AND store || '' = ?"
LOCK = "SELECT id FROM product WHERE store = ? AND id = ? FOR UPDATE"


@jobs.handler(JOB, every=EVERY)
def refresh(ctx: Context, data: dict[str, Any]) -> None:
    """Index those of the next products whose terms are not what they should be."""
    after, live = int(data.get("after", 0)), db.many(product_rows.LIVE)
    ids = [row[0] for row in db.rows(NEXT, ctx.code, live, after, STEP)]
    for start in range(0, len(ids), 200):
        for product_id in _outdated(ctx, ids[start : start + 200]):
            _index(ctx, product_id)
    if len(ids) == STEP:
        with db.transaction():
            key = f"{ctx.now_us}:{ids[-1]}"
            jobs.schedule(ctx, jobs.CORE, JOB, key, ctx.now_us, {"after": ids[-1]})


def _outdated(ctx: Context, ids: list[int]) -> list[int]:
    held: dict[int, set[str]] = {product_id: set() for product_id in ids}
    for product_id, term in db.rows(TERMS, db.many(ids), ctx.code):
        held[product_id].add(term)
    found = product_rows.read(ctx, ids)
    return [i for i, product in found.items() if search.terms_of(texts(product)) != held[i]]


def _index(ctx: Context, product_id: int) -> None:
    with db.transaction():
        if db.is_postgres():
            db.rows(LOCK, ctx.code, product_id)
        for product in product_rows.read(ctx, [product_id]).values():
            if product["status"] in product_rows.LIVE:
                search.index(ctx, {product_id: texts(product)})
