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
from typing import Any

from marshmallow import ValidationError

from shop import db, money
from shop.context import Context
from shop.errors import Invalid, PluginFailure, Reject
from shop.services import catalog, stock
from shop.services.quote_parts import (
    Adjustment,
    Basket,
    Item,
    LinePrice,
    Problem,
    Quote,
    QuoteLine,
)

LANES = {"discount": ("discount",), "spend": ("spend",), "fee": ("fee", "deposit")}


def quote(ctx: Context, basket: Basket) -> Quote:
    """Price a basket. Invalid (422) for unknown SKUs and options; everything that may change
    by itself (stock, limits) is a Problem in the answer instead."""
    check_options(ctx, basket)
    priced = Quote(
        _lines(ctx, basket.items),
        ctx.store.currency,
        basket.options,
        basket.customer_id,
        basket.point,
        basket.window,
    )
    if ctx.plugins.names and priced.lines:
        with db.read_only("a quote hook"):
            _price(ctx, priced)
            for lane in LANES:
                _adjust(ctx, priced, lane)
            _check_stock(priced)
            for name, problems in ctx.plugins.ask("check_quote", ctx=ctx, quote=priced):
                priced.problems += _typed(name, "check_quote", problems, Problem)
    else:
        _check_stock(priced)
    if priced.total > money.MAX or priced.subtotal > money.MAX:
        raise Reject("total_too_large", most=money.MAX)
    return priced


def _lines(ctx: Context, items: list[Item]) -> list[QuoteLine]:
    found = catalog.sellable(ctx, [item.sku for item in items])
    lines, errors = [], []
    for index, item in enumerate(items):
        known = found.get(item.sku)
        if known is None and item.id:
            lines.append(_gone(index, item))
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
                item.options,
                known.cost,
                bool(known.tracked),
                known.on_hand if known.tracked else None,
                source=known.source,
            )
        )
    if errors:
        raise Invalid(errors)
    return lines


def _gone(index: int, item: Item) -> QuoteLine:
    """A line of an old cart whose variant is not sold any more: shown, not orderable."""
    return QuoteLine(
        index, item.id, 0, 0, item.sku, item.sku, item.quantity, 0, item.options, None, False, 0
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


def _price(ctx: Context, priced: Quote) -> None:
    """The first listed plugin that prices a line wins it."""
    taken: set[int] = set()
    answers = ctx.plugins.ask("price_lines", ctx=ctx, lines=priced.lines)
    for name, prices in answers:
        for index, price in prices.items():
            if not isinstance(price, LinePrice) or not _amount(price.amount):
                raise PluginFailure(name, "price_lines", f"not a price: {price!r}")
            if index in taken or not 0 <= index < len(priced.lines):
                continue
            taken.add(index)
            line = priced.lines[index]
            line.unit_price, line.label, line.offer = price.amount, price.label, price.offer
            line.source, line.pool = name, price.pool or "main"
    elsewhere = [line for line in priced.lines if line.tracked and line.pool != "main"]
    if elsewhere:
        units = stock.in_pools(ctx, {(line.variant_id, line.pool) for line in elsewhere})
        for line in elsewhere:
            line.available = units[line.variant_id, line.pool]


def _adjust(ctx: Context, priced: Quote, lane: str) -> None:
    """Discounts all see one base; in the other lanes each plugin sees what stands so far."""
    collected: list[Adjustment] = []
    for name, call in ctx.plugins.calls("adjust_quote"):
        try:
            answers = call(ctx=ctx, quote=priced, lane=lane)
        except (Reject, PluginFailure):
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise PluginFailure(name, "adjust_quote", reason) from error
        own = [
            _in_lane(name, lane, item, len(priced.lines))
            for item in _typed(name, "adjust_quote", answers or [], Adjustment)
        ]
        if lane == "discount":
            collected += own
        else:
            _cut(priced, own)
    _cut(priced, collected)


def _cut(priced: Quote, items: list[Adjustment]) -> None:
    """Add them, none below what is left: the last listed is cut first."""
    for item in items:
        if item.amount < 0:
            amount = -min(-item.amount, priced.left(item.lines))
            item = _replaced(item, amount)
        if item.amount:
            priced.adjustments.append(item)


def _in_lane(plugin: str, lane: str, item: Adjustment, lines: int) -> Adjustment:
    """Checked: the lane's kind, its sign, lines that exist; named after the plugin."""
    reason = ""
    if item.kind not in LANES[lane]:
        reason = f"a {item.kind} in the lane {lane}"
    elif type(item.amount) is not int or not _amount(
        item.amount if lane == "fee" else -item.amount
    ):
        reason = f"not an amount of a {item.kind}: {item.amount!r}"
    elif item.lines is not None and not (
        item.lines
        and set(item.lines) <= set(range(lines))
        and len(set(item.lines)) == len(item.lines)
    ):
        reason = f"not lines of this quote: {item.lines!r}"
    if reason:
        raise PluginFailure(plugin, "adjust_quote", reason)
    return _replaced(item, item.amount, plugin)


def _replaced(item: Adjustment, amount: int, source: str = "") -> Adjustment:
    return Adjustment(item.kind, amount, item.label, item.key, item.lines, source or item.source)


def _amount(value: Any) -> bool:
    return type(value) is int and 0 <= value <= money.MAX


def _typed(plugin: str, hook: str, answers: Any, kind: type) -> list[Any]:
    if not isinstance(answers, list) or not all(isinstance(item, kind) for item in answers):
        raise PluginFailure(plugin, hook, f"not a list of {kind.__name__}: {answers!r:.200}")
    return answers


def _check_stock(priced: Quote) -> None:
    """Lines that share a pool share its units."""
    wanted = Counter[tuple[int, str]]()
    for line in priced.lines:
        if not line.variant_id:
            priced.problems.append(Problem("unavailable", line.index, 409, {"sku": line.sku}))
        if line.available is None or not line.variant_id:
            continue
        wanted[line.variant_id, line.pool] += line.quantity
        if wanted[line.variant_id, line.pool] > line.available:
            facts = {"sku": line.sku, "left": line.available}
            priced.problems.append(Problem(stock.short(line.pool), line.index, 409, facts))
