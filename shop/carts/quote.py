"""What a basket costs, now, in this store: pure reading, on view and again when placing.

    priced = quote(ctx, Basket([Item("APPLE-5", 2)]))
    priced.total, priced.lines, priced.adjustments, priced.problems

Prices come from `price_lines` (per line the first listed plugin wins), else from the catalogue.
Then the lanes: discount (everyone sees one base), spend (one after another, each on what is
left), fee. A plugin that raises or answers what it may not fails the quote by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError

from shop import money
from shop.carts import hook_results
from shop.carts.hook_results import LANES
from shop.carts.quote_parts import (
    Adjustment,
    Basket,
    Item,
    LinePrice,
    Problem,
    Quote,
    QuoteLine,
)
from shop.catalog import catalog
from shop.context import Context
from shop.data.frozen import FrozenList, freeze
from shop.errors import Invalid, Reject
from shop.stock import stock

__all__ = [
    "Adjustment", "Basket", "Item", "LinePrice", "Problem", "Quote", "QuoteLine", "check_options",
    "quote",
]  # fmt: skip
DEPTH = 200
"""of options, which orjson can still dump"""


def quote(ctx: Context, basket: Basket) -> Quote:
    """Price a basket. Invalid (422) for unknown SKUs and options; everything that may change
    by itself (stock, limits) is a Problem in the answer instead."""
    check_options(ctx, basket)
    priced = Quote(
        FrozenList(_lines(ctx, basket.items)),
        ctx.store.currency,
        freeze(basket.options, DEPTH),
        basket.customer_id,
        basket.point,
        basket.window,
    )
    asked = ctx.plugins if ctx.plugins.names and priced.lines else None
    if asked:
        priced = _price(ctx, priced)
        for lane in LANES:
            priced = _adjust(ctx, priced, lane)
    problems = [*_check_goods(priced, basket.items), *_check_stock(priced)]
    if problems:
        priced = replace(priced, problems=FrozenList(problems))
    if asked:
        check = hook_results.problems(len(priced.lines))
        for _, found in asked.ask("check_quote", check, ctx=ctx, quote=priced):
            problems += found
        if len(problems) > len(priced.problems):
            priced = replace(priced, problems=FrozenList(problems))
    if priced.total > money.MAX or priced.subtotal > money.MAX:
        raise Reject("total_too_large", most=money.MAX)
    return priced


def _lines(ctx: Context, items: list[Item]) -> list[QuoteLine]:
    found = catalog.sellable(ctx, [item.sku for item in items if not item.gone])
    lines, errors = [], []
    for index, item in enumerate(items):
        known = None if item.gone else found.get(item.sku)
        if known is None and item.id:
            lines.append(_unsold(index, item))
            continue
        if known is None:
            errors.append({"path": f"lines.{index}.sku", "message": f"no such SKU: {item.sku}"})
            continue
        if item.quantity > ctx.config.limits.quantity:
            most = ctx.config.limits.quantity
            errors.append({"path": f"lines.{index}.quantity", "message": f"at most {most}"})
            continue
        lines.append(
            QuoteLine(
                index,
                item.id,
                known.variant_id,
                known.product_id,
                known.sku,
                known.title,
                item.quantity,
                known.price,
                freeze(item.options, DEPTH),
                known.cost,
                bool(known.tracked),
                known.on_hand if known.tracked else None,
                source=known.source,
            )
        )
    if errors:
        raise Invalid(errors)
    return lines


def _unsold(index: int, item: Item) -> QuoteLine:
    """A cart line whose variant was deleted or is not for sale: shown, free, and a problem."""
    options = freeze(item.options, DEPTH)
    return QuoteLine(
        index, item.id, 0, 0, item.sku, item.title, item.quantity, 0, options, None, False, 0
    )


def check_options(ctx: Context, basket: Basket) -> None:
    """The namespace of a plugin that is off, and fields it does not know, are 422."""
    errors = [
        {"path": f"{path}.{where}" if path else where, "message": message}
        for path, kind, options in _namespaces(basket)
        for where, message in _option_errors(ctx, kind, options)
    ]
    if errors:
        raise Invalid(errors)


def _namespaces(basket: Basket) -> Iterable[tuple[str, str, dict[str, Any]]]:
    if basket.options:
        yield "", "OrderOptions", basket.options
    for index, item in enumerate(basket.items):
        if item.options:
            yield f"lines.{index}", "LineOptions", item.options


def _option_errors(ctx: Context, kind: str, options: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for name, given in options.items():
        plugin = ctx.plugins.by_name.get(name)
        schema = getattr(plugin, kind, None) if plugin else None
        if schema is None:
            yield f"options.{name}", "no plugin of this name takes options here"
            continue
        try:
            schema().load(given)
        except ValidationError as error:
            yield f"options.{name}", str(error.messages)


def _price(ctx: Context, priced: Quote) -> Quote:
    """The first listed plugin that prices a line wins it."""
    check = hook_results.prices(len(priced.lines))
    won: dict[int, QuoteLine] = {}
    for name, prices in ctx.plugins.ask("price_lines", check, ctx=ctx, lines=priced.lines):
        for index, price in prices.items():
            if index not in won:
                won[index] = priced.lines[index]._replace(
                    unit_price=price.amount, label=price.label, offer=price.offer,
                    source=name, pool=price.pool or stock.MAIN,
                )  # fmt: skip
    if not won:
        return priced
    elsewhere = [line for line in won.values() if line.tracked and line.pool != stock.MAIN]
    if elsewhere:
        units = stock.in_pools(ctx, {(line.variant_id, line.pool) for line in elsewhere})
        for line in elsewhere:
            won[line.index] = line._replace(available=units[line.variant_id, line.pool])
    return replace(priced, lines=FrozenList(won.get(line.index, line) for line in priced.lines))


def _adjust(ctx: Context, priced: Quote, lane: str) -> Quote:
    """Discounts all see one base; in the other lanes each plugin sees what stands so far."""
    collected: list[Adjustment] = []
    check = hook_results.adjustments(lane, len(priced.lines))
    facts = {"ctx": ctx, "quote": priced, "lane": lane}
    for _, own in ctx.plugins.ask("adjust_quote", check, facts):
        if lane == "discount":
            collected += own
        else:
            facts["quote"] = priced = _cut(priced, own)
    return _cut(priced, collected) if collected else priced


def _cut(priced: Quote, items: list[Adjustment]) -> Quote:
    """Add them, none below what is left: the last listed is cut first."""
    for item in items:
        if item.amount < 0:
            item = replace(item, amount=-min(-item.amount, priced.left(item.lines)))
        if item.amount:
            priced = replace(priced, adjustments=FrozenList([*priced.adjustments, item]))
    return priced


def _check_goods(priced: Quote, items: list[Item]) -> list[Problem]:
    """Cart lines that cannot be sold: `gone` once deleted, `unavailable` while a draft."""
    found: list[Problem] = []
    for line in priced.lines:
        if not line.variant_id:
            gone = items[line.index].gone
            facts = {"sku": line.sku, "name": line.title}
            found.append(Problem("gone" if gone else "unavailable", line.index, 409, facts))
    return found


def _check_stock(priced: Quote) -> list[Problem]:
    """Lines that share a pool share its units."""
    found: list[Problem] = []
    wanted = Counter[tuple[int, str]]()
    for line in priced.lines:
        if line.available is None or not line.variant_id:
            continue
        wanted[line.variant_id, line.pool] += line.quantity
        if wanted[line.variant_id, line.pool] > line.available:
            facts = {"sku": line.sku, "left": line.available}
            found.append(Problem(stock.short(line.pool), line.index, 409, facts))
    return found
