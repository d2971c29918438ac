"""`shop points …`"""

from __future__ import annotations

import secrets
from datetime import datetime

import click

from shop import Context, NotFound, money
from shop.cli.base import console, guarded, open_instance, store_option, table, when
from shop.clock import to_us
from shop.errors import ShopError
from shop.people import accounts

from . import report as reports
from . import staff, wallet
from .settings import NAME

COUNT = click.IntRange(1, 1_000_000_000)


@click.group("points")
def points_group() -> None:
    """Points of customers."""


@points_group.command()
@store_option
@click.argument("phone")
@click.pass_context
@guarded
def balance(context: click.Context, store: str, phone: str) -> None:
    """What the customer with PHONE has."""
    ctx = open_instance(context).context(store)
    _tell_balance(ctx, _find(ctx, phone), phone)


@points_group.command()
@store_option
@click.argument("phone")
@click.argument("points", type=COUNT)
@click.option("--reason", required=True, help="the customer reads it too")
@click.option("--days", type=click.IntRange(0, 3650), help="until they expire; 0 is never")
@click.option("--key", help="the same key again grants nothing more")
@click.pass_context
@guarded
def grant(
    context: click.Context,
    store: str,
    phone: str,
    points: int,
    reason: str,
    days: int | None,
    key: str | None,
) -> None:
    """Give POINTS to the customer with PHONE."""
    ctx = open_instance(context).context(store)
    customer = _find(ctx, phone)
    staff.grant(ctx, customer, points, reason[:200], _key(key), days)
    _tell_balance(ctx, customer, phone)


@points_group.command()
@store_option
@click.argument("phone")
@click.argument("points", type=COUNT)
@click.option("--reason", required=True, help="the customer reads it too")
@click.option("--key", help="the same key again takes nothing more")
@click.pass_context
@guarded
def take(
    context: click.Context, store: str, phone: str, points: int, reason: str, key: str | None
) -> None:
    """Take POINTS from the customer with PHONE."""
    ctx = open_instance(context).context(store)
    customer = _find(ctx, phone)
    staff.take(ctx, customer, points, reason[:200], _key(key))
    _tell_balance(ctx, customer, phone)


@points_group.command()
@store_option
@click.argument("phone")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.pass_context
@guarded
def history(context: click.Context, store: str, phone: str, limit: int) -> None:
    """Where the points of the customer with PHONE came from and went to."""
    ctx = open_instance(context).context(store)
    shown = table(f"Points of {phone}", "when", "what", "points", "why", "until")
    for item in wallet.history(ctx, _find(ctx, phone), limit)["items"]:
        shown.add_row(
            _when(ctx, item["at"]),
            item["kind"],
            f"{item['points']:+}",
            item["words"],
            _when(ctx, item["expires_at"]),
        )
    console.print(shown)


@points_group.command()
@store_option
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="a day [29 days ago]")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="a day [today]")
@click.option("--by", type=click.Choice(["day", "month"]), default="day", show_default=True)
@click.pass_context
@guarded
def report(context: click.Context, store: str, first: object, last: object, by: str) -> None:
    """What was issued, spent and expired, and what the shop owes now."""
    ctx = open_instance(context).context(store)
    days = [day.date() if hasattr(day, "date") else None for day in (first, last)]
    found = reports.report(ctx, ctx.settings(NAME), *days, by=by)
    title = f"Points of {store}, {found['first']} to {found['last']}"
    shown = table(title, by, *(name.replace("_", " ") for name in reports.FIGURES))
    rows = [*found["items"], {"period": "total"} | found["total"]]
    for row in rows:
        shown.add_row(row["period"], *(f"{row[name]:,}" for name in reports.FIGURES))
    console.print(shown)
    owed = found["outstanding"]
    worth = money.show(owed["worth"], owed["currency"], "en")
    console.print(
        f"customers hold {owed['available']:,} and {owed['pending']:,} pending, worth {worth}; "
        f"they owe {owed['debt']:,}"
    )


def _find(ctx: Context, phone: str) -> int:
    try:
        return staff.find(ctx, phone)
    except NotFound:
        raise ShopError(f"no customer of {ctx.code} has the phone {phone}") from None


def _key(key: str | None) -> str:
    if key is not None and not 0 < len(key) <= 100:
        raise ShopError("a key has 1 to 100 characters")
    return f"cli:{key}" if key else secrets.token_hex(16)


def _tell_balance(ctx: Context, customer: int, phone: str) -> None:
    found = wallet.balance(ctx, ctx.settings(NAME), customer)
    worth = money.show(found["worth"], found["currency"], "en")
    name = accounts.get(ctx, customer)["name"] or phone
    console.print(
        f"{name} has {found['available']:,} points worth {worth}, {found['pending']:,} pending"
        + (f", and owes {found['debt']:,}" if found["debt"] else "")
        + (f"; the next expire {_when(ctx, at)}" if (at := found["next_expiry"]) else "")
    )


def _when(ctx: Context, at: str | None) -> str:
    return when(ctx, to_us(datetime.fromisoformat(at)) if at else None)
