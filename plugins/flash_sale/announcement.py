"""The text to paste into the chat group before a sale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shop import Context, i18n
from shop.catalog import catalog, catalog_view
from shop.clock import to_us
from shop.messages import templates

from . import items, sales
from .settings import NAME
from .words import name_of


def texts(ctx: Context, sale_id: int) -> dict[str, str]:
    """{locale: text} in every language we speak."""
    return {locale: text(replace(ctx, locale=locale), sale_id) for locale in i18n.LOCALES}


def text(ctx: Context, sale_id: int) -> str:
    """Prices, limit, when, and where if the setting `link` says so. A normal price stands beside
    only as far as it may be struck through."""
    sale = sales.get(ctx, sale_id)
    found = items.of_sale(ctx, sale_id)
    known = catalog.sellable(ctx, [item.sku for item in found])
    ceilings = catalog_view.reference_prices(ctx, [item.variant for item in found])
    goods = []
    for item in found:
        title = known[item.sku].title if item.sku in known else item.known_as
        ceiling = ceilings.get(item.variant, item.normal)
        before = None if ceiling is None else min(ceiling, item.normal)
        goods.append({
            "title": title, "price": item.price, "quantity": item.quantity,
            "before": before if before is not None and before > item.price else None,
        })  # fmt: skip
    return templates.render(
        ctx, NAME, "announcement.txt",
        name=name_of(ctx, sale.name, sale.translations),
        starts=to_us(sale.starts), ends=to_us(sale.ends), items=goods,
        limit=sale.per_customer, prepay=_minutes(ctx, sale.prepay), link=_link(ctx, sale_id),
    ).strip()  # fmt: skip


def _minutes(ctx: Context, prepay: bool) -> Any:
    return ctx.settings(NAME).unpaid_minutes if prepay else None


def _link(ctx: Context, sale_id: int) -> str:
    link: str = ctx.settings(NAME).link
    return link.replace("{sale}", str(sale_id))
