"""What a line costs in a sale that runs, and from which pool its units come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shop import Context, LinePrice, QuoteLine, db

from .items import pool
from .settings import NAME
from .words import name_of

RUNNING = """
SELECT i.variant_id, i.price, s.id, s.name, s.translations, s.tag, s.when_sold_out,
  COALESCE(p.on_hand, 0)
FROM flash_sale_item i JOIN flash_sale_sale s ON s.id = i.sale_id
LEFT JOIN stock p ON p.variant_id = i.variant_id AND p.pool = 'flash_sale:' || s.id
WHERE i.variant_id IN (??) AND s.store || '' = ? AND s.starts <= ? AND s.ends > ?
  AND s.ended_at IS NULL"""
TAGS = "SELECT tags FROM customer WHERE store = ? AND id = ?"


def price_lines(ctx: Context, lines: Sequence[QuoteLine]) -> dict[int, LinePrice]:
    """The prices of sales that run now for who asks; one statement if none does.

    A line whose pool has too few units keeps the sale's price and is `sold_out`; with
    `when_sold_out = normal_price` it is left to the catalogue. So is one that is not counted any
    more, one whose normal price has come down to the sale's, and one that a plugin listed earlier
    shows at a price of its own.
    """
    now = ctx.now_us
    ids = {line.variant_id for line in lines if line.tracked and not _earlier(ctx, line.source)}
    found = {row[0]: row[1:] for row in db.rows(RUNNING, db.many(ids), ctx.code, now, now)}
    if not found:
        return {}
    mine = tags_of(ctx) if any(row[4] is not None for row in found.values()) else set()
    left = {variant: row[6] for variant, row in found.items()}
    answer = {}
    for line in lines:
        if line.variant_id not in found or _earlier(ctx, line.source):
            continue
        amount, sale, name, translations, tag, when_sold_out, _ = found[line.variant_id]
        if amount >= line.unit_price or (tag is not None and tag not in mine):
            continue
        if when_sold_out == "normal_price" and left[line.variant_id] < line.quantity:
            continue
        left[line.variant_id] -= line.quantity
        label = name_of(ctx, name, db.load(translations))
        offer = {"sale": sale, "normal": line.unit_price}
        answer[line.index] = LinePrice(amount, label, pool(sale), offer)
    return answer


def tags_of(ctx: Context) -> set[str]:
    """Of a customer who has proved his phone; a guest has none."""
    if ctx.caller.role != "customer":
        return set()
    found: list[Any] = db.load(db.value(TAGS, ctx.code, ctx.caller.id)) or []
    return set(found)


def _earlier(ctx: Context, source: str) -> bool:
    """Whether a plugin that stands before this one in the file shows its price in the catalogue."""
    if source in ("catalogue", NAME):
        return False
    names = ctx.plugins.names
    return source in names and names.index(source) < names.index(NAME)
