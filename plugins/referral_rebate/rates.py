"""Which percent of a line's money is paid, and under which version of the rules."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import orjson

from shop import Context, db
from shop.orders.order_view import LineView

from .settings import NAME

HANDLES = """
SELECT v.id, p.handle FROM variant v JOIN product p ON p.id = v.product_id
WHERE v.id IN (??) AND v.store || '' = ?"""


def of_lines(ctx: Context, lines: Iterable[LineView]) -> dict[int, int]:
    """{line: percent}: of its SKU, else of its product's handle, else the rate of all."""
    settings, lines = ctx.settings(NAME), list(lines)
    own: dict[str, int] = settings.rates
    if not own:
        return {line.id: settings.rate for line in lines}
    handles = dict(db.rows(HANDLES, db.many({line.variant_id for line in lines}), ctx.code))
    return {
        line.id: own.get(line.sku, own.get(handles.get(line.variant_id, ""), settings.rate))
        for line in lines
    }


def version(settings: Any) -> str:
    """Another as soon as any rule is another."""
    return hashlib.sha256(orjson.dumps(asdict(settings), option=orjson.OPT_SORT_KEYS)).hexdigest()[
        :12
    ]
