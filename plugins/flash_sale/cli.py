"""`shop flash-sale …`"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from shop import Context, i18n, money
from shop.cli.base import NUMBER, console, guarded, open_instance, store_option, table, when
from shop.clock import EARLIEST, LATEST, to_us
from shop.pickup.window_pattern import instant

from . import announcement, items, report, sales
from .models import Sale
from .settings import SOLD_OUT

LONGEST = 366 * 24 * 60
"""minutes of a sale"""
ITEM = re.compile(r"(?P<sku>.+)=(?P<price>[0-9.]+)x(?P<quantity>[0-9]{1,7})\Z")


class Times(click.ParamType):
    """`2026-05-01 20:00` by the store's clock; it becomes a local datetime."""

    name = "time"

    def convert(self, value: Any, param: Any, context: Any) -> datetime:
        try:
            local = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is not a time like 2026-05-01 20:00", param, context)
        if not EARLIEST < local.date() < LATEST:
            self.fail(f"{value} is not between {EARLIEST} and {LATEST}", param, context)
        return local


@click.group("flash-sale")
def flash_sale() -> None:
    """Sales for a short time: make them, end them, see what they earned."""


@flash_sale.command("list")
@store_option
@click.option("--state", default="", type=click.Choice(["", *sales.STATES]), help="only these")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.pass_context
@guarded
def list_sales(context: click.Context, store: str, state: str, limit: int) -> None:
    """Sales, the newest first."""
    ctx = open_instance(context).context(store)
    shown = table(f"Sales of {store}", "id", "name", "state", "starts", "ends", "units left")
    page = sales.page(ctx, limit, state=state)["items"]
    by_sale = items.of_sales(ctx, [sale.id for sale in page])
    for sale in page:
        found = by_sale[sale.id]
        left = f"{sum(item.left for item in found)} of {sum(item.quantity for item in found)}"
        shown.add_row(
            str(sale.id), sale.name, sales.state(ctx, sale), when(ctx, to_us(sale.starts)),
            when(ctx, to_us(sale.ends)), left,
        )  # fmt: skip
    console.print(shown)


@flash_sale.command("show")
@store_option
@click.argument("number", type=NUMBER)
@click.option("--announcement", "words", is_flag=True, help="the text for the chat group")
@click.pass_context
@guarded
def show_sale(context: click.Context, store: str, number: int, words: bool) -> None:
    """Sale NUMBER with its items."""
    ctx = open_instance(context).context(store)
    if words:
        click.echo(announcement.text(ctx, number))
        return
    _show(ctx, sales.get(ctx, number))


@flash_sale.command("create")
@store_option
@click.argument("name")
@click.option("--sku", "wanted", multiple=True, required=True, metavar="SKU=PRICExUNITS",
              help="APPLE=5.00x20: 20 units at 5.00; repeat it for more")  # fmt: skip
@click.option("--starts", type=Times(), help="2026-05-01 20:00; left out: now")
@click.option("--ends", type=Times(), help="2026-05-01 22:00")
@click.option("--minutes", type=click.IntRange(1, LONGEST), help="instead of --ends")
@click.option("--per-customer", type=click.IntRange(1), help="units a customer may have")
@click.option("--per-order", type=click.IntRange(1), help="units an order may have")
@click.option("--tag", help="only for customers with this tag")
@click.option("--when-sold-out", type=click.Choice(SOLD_OUT), help="else as the settings say")
@click.option("--prepay/--no-prepay", default=None, help="else as the settings say")
@click.pass_context
@guarded
def create_sale(
    context: click.Context,
    store: str,
    name: str,
    wanted: tuple[str, ...],
    starts: datetime | None,
    ends: datetime | None,
    minutes: int | None,
    **facts: Any,
) -> None:
    """Make a sale called NAME and set its units apart."""
    ctx = open_instance(context).context(store)
    if (ends is None) == (minutes is None):
        raise click.UsageError("Either --ends or --minutes.", context)
    begins = _instant(ctx, starts) if starts else ctx.now_us
    if minutes is not None:
        over = begins + int(timedelta(minutes=minutes).total_seconds()) * 1_000_000
    else:
        over = _instant(ctx, ends)  # type: ignore[arg-type]
    chosen = [_item(ctx, text) for text in wanted]
    made = {"name": name, "starts": begins, "ends": over, "items": chosen}
    sale = sales.create(ctx, made | facts)
    console.print(f"sale {sale.id} is {sales.state(ctx, sale)}")
    _show(ctx, sale)


@flash_sale.command("end")
@store_option
@click.argument("number", type=NUMBER)
@click.pass_context
@guarded
def end_sale(context: click.Context, store: str, number: int) -> None:
    """End sale NUMBER now, or take it back if it has not started; its rest goes to stock."""
    ctx = open_instance(context).context(store)
    sale = sales.get(ctx, number)
    if sales.state(ctx, sale) == "scheduled":
        sales.cancel(ctx, number, sale.version)
        console.print(f"sale {number} is taken back")
        return
    sales.end_now(ctx, number)
    rest = sum(item.rest or 0 for item in items.of_sale(ctx, number))
    console.print(f"sale {number} is over; {rest} units went back to stock")


@flash_sale.command("report")
@store_option
@click.argument("number", type=NUMBER)
@click.pass_context
@guarded
def show_report(context: click.Context, store: str, number: int) -> None:
    """What sale NUMBER earned or lost."""
    ctx = open_instance(context).context(store)
    made = report.report(ctx, number)
    counts = ("set_apart", "left", "sold", "unpaid", "cancelled", "refunded")
    amounts = ("revenue", "cost", "earned", "given_up")
    heads = [name.replace("_", " ") for name in (*counts, *amounts)]
    shown = table(f"{made['name']} ({made['state']})", "SKU", *heads)
    for row in [*made["items"], {"sku": "in all", **made["total"]}]:
        cells = [str(row[name]) for name in counts]
        shown.add_row(row["sku"], *cells, *(_amount(ctx, row[name]) for name in amounts))
    console.print(shown)
    after = made["sold_out_after"]
    out = "" if after is None else f"; sold out after {after // 60} min {after % 60} s"
    console.print(f"{made['customers']} customers{out}")


def _show(ctx: Context, sale: Sale) -> None:
    shown = table(
        f"{sale.name}: {when(ctx, to_us(sale.starts))} – {when(ctx, to_us(sale.ends))}",
        "SKU", "price", "normal", "units", "left",
    )  # fmt: skip
    for item in items.of_sale(ctx, sale.id):
        prices = _amount(ctx, item.price), _amount(ctx, item.normal)
        shown.add_row(item.known_as, *prices, str(item.quantity), str(item.left))
    console.print(shown)


def _amount(ctx: Context, amount: int | None) -> str:
    return "?" if amount is None else money.show(amount, ctx.store.currency, i18n.LOCALES[-1])


def _instant(ctx: Context, local: datetime) -> int:
    return instant(local, ZoneInfo(ctx.store.timezone)) if local.tzinfo is None else to_us(local)


def _item(ctx: Context, text: str) -> dict[str, Any]:
    found = ITEM.fullmatch(text)
    if found is None:
        raise click.UsageError(f"{text}: write SKU=PRICExUNITS, as in APPLE=5.00x20")
    try:
        price = money.parse(found["price"], ctx.store.currency)
    except ValueError as error:
        raise click.UsageError(f"{text}: {error}") from None
    return {"sku": found["sku"], "price": price, "quantity": max(1, int(found["quantity"]))}
