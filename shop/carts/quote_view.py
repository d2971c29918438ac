"""A quote as the API shows it: in a cart, and in the answer `quote_changed`."""

from __future__ import annotations

from typing import Any

from shop import i18n
from shop.carts.quote import Problem, Quote
from shop.context import Context


def view(ctx: Context, priced: Quote) -> dict[str, Any]:
    """{lines, adjustments, subtotal, total, currency, problems}; ids of what is not stored
    yet are positions."""
    return {
        "lines": [
            {
                "id": line.id or line.index + 1,
                "sku": line.sku,
                "title": line.title,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "amount": line.amount,
                "options": line.options,
                "label": line.label,
            }
            for line in priced.lines
        ],
        "adjustments": [
            {
                "id": position,
                "kind": item.kind,
                "source": item.source,
                "label": item.label,
                "amount": item.amount,
            }
            for position, item in enumerate(priced.adjustments, 1)
        ],
        "subtotal": priced.subtotal,
        "total": priced.total,
        "currency": priced.currency,
        "problems": problems(ctx, priced),
    }


def problems(ctx: Context, priced: Quote) -> list[dict[str, Any]]:
    return [_problem(ctx, priced, item) for item in priced.problems]


def _problem(ctx: Context, priced: Quote, item: Problem) -> dict[str, Any]:
    line = None if item.line is None else priced.lines[item.line]
    return {
        "code": item.code,
        "detail": i18n.say(item.code, ctx.locale, **item.facts),
        "line": None if line is None else line.id or line.index + 1,
        **item.facts,
    }
