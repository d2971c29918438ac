"""`shop price-history …`"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from shop import Context, NotFound, i18n, money
from shop.cli.base import console, guarded, open_instance, store_option, table, when
from shop.clock import to_us
from shop.errors import ShopError

from . import report as reports
from . import why as whys
from .reasons import REASONS
from .settings import NAME

LOCALE = i18n.LOCALES[-1]


@click.group("price-history")
def price_history() -> None:
    """Struck-through prices: which are shown, which are not, and why."""


@price_history.command()
@store_option
@click.argument("sku")
@click.pass_context
@guarded
def why(context: click.Context, store: str, sku: str) -> None:
    """Why the price of SKU is struck through or not, with its latest prices."""
    ctx = open_instance(context).context(store)
    try:
        found = whys.one(ctx, sku)
    except NotFound:
        raise ShopError(f"{store} has no variant {sku}") from None
    _warn(ctx)
    console.print(f"{found['sku']}  {found['title']}", markup=False)
    for title, name in (("price", "price"), ("wished", "wished"), ("shown", "compare_at")):
        console.print(f"{title:>8}  {_amount(ctx, found[name]) or 'nothing'}")
    console.print(found["words"][LOCALE], markup=False, soft_wrap=True)
    shown = table("Prices, the newest first", "price", "from whom", "from", "until", "")
    for row in found["history"]:
        decides = "decides" if row == found["lowest"] else ""
        shown.add_row(_amount(ctx, row["amount"]), row["source"], *_times(ctx, row), decides)
    console.print(shown)


@price_history.command("list")
@store_option
@click.argument("words", required=False, default="")
@click.option("--hidden/--shown", default=None, help="only those not struck through, or only those")
@click.option("--reason", default="", type=click.Choice(["", *REASONS]), help="only these")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
@click.pass_context
@guarded
def list_variants(
    context: click.Context, store: str, words: str, limit: int, **chosen: Any
) -> None:
    """Variants at which something would be struck through; of products with WORDS, or all."""
    ctx = open_instance(context).context(store)
    _warn(ctx)
    shown = table(
        f"Struck-through prices of {store}",
        "SKU", "price", "wished", "shown", "lowest", "reason",
    )  # fmt: skip
    page = whys.page(ctx, limit, q=words, **chosen)
    for item in page["items"]:
        lowest = item["lowest"] and item["lowest"]["amount"]
        amounts = (item["price"], item["wished"], item["compare_at"], lowest)
        shown.add_row(item["sku"], *(_amount(ctx, amount) for amount in amounts), item["reason"])
    console.print(shown)
    if page["next"]:
        console.print("there are more: --limit")


@price_history.command()
@store_option
@click.pass_context
@guarded
def report(context: click.Context, store: str) -> None:
    """How many prices are struck through, how many are not, and why."""
    ctx = open_instance(context).context(store)
    _warn(ctx)
    made = reports.report(ctx)
    console.print(
        f"{made['wished']} wished, {made['shown']} shown ({made['lowered']} of them lowered), "
        f"{made['hidden']} hidden; {made['profile']}, {made['days']} days"
    )
    shown = table("Reasons", "variants", "reason", "")
    for row in made["reasons"]:
        shown.add_row(str(row["count"]), row["reason"], row["words"][LOCALE])
    console.print(shown)


def _warn(ctx: Context) -> None:
    if NAME not in ctx.plugins.names:
        console.print(f"{NAME} is off in {ctx.code}: this is what it would do.")


def _amount(ctx: Context, amount: int | None) -> str:
    return "" if amount is None else money.show(amount, ctx.store.currency, LOCALE)


def _times(ctx: Context, row: dict[str, Any]) -> list[str]:
    return [
        when(ctx, to_us(datetime.fromisoformat(at)) if at else None)
        for at in (row["from"], row["to"])
    ]
