"""`shop referral-rebate …`"""

from __future__ import annotations

from dataclasses import replace

import click

from shop import Reject, money
from shop.cli.base import console, guarded, open_instance, store_option, table
from shop.people import accounts

from . import explaining, shown
from . import report as reports

COUNTS = ("invited", "bought", "orders", "held", "void", "refused")
SUMS = ("sales", "cost", "referrers", "newcomers", "spent", "expired", "outstanding", "earned")


@click.group("referral-rebate")
def referral_rebate() -> None:
    """Friends who were invited, and what they earned."""


@referral_rebate.command()
@store_option
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@click.pass_context
@guarded
def bindings(context: click.Context, store: str, limit: int) -> None:
    """Who came through whom, the newest first."""
    ctx = open_instance(context).context(store)
    rows = table(f"Invited to {store}", "who", "through", "source", "state", "orders", "earned")
    for item in shown.invited(ctx, limit, staff=True)["items"]:
        earned = money.show(item["earned"], ctx.store.currency, "en")
        who, through = (
            item["name"] or item["phone"],
            item["referrer_name"] or item["referrer_phone"],
        )
        rows.add_row(who, through, item["source"], item["state"], str(item["orders"]), earned)
    console.print(rows)


@referral_rebate.command()
@store_option
@click.argument("phone")
@click.pass_context
@guarded
def explain(context: click.Context, store: str, phone: str) -> None:
    """Every cent of the credit of the customer with PHONE."""
    ctx = open_instance(context).context(store)
    customer = accounts.find(ctx, phone)
    if customer is None:
        raise Reject("not_found", 404)
    found = explaining.explain(replace(ctx, locale="en"), customer, 100)
    for item in reversed(found["items"]):
        booked = money.show(item["booked"], found["currency"], "en")
        console.print(f"{item['at'][:10]}  {item['kind']}  {item['state']}  {booked}")
        for part in item["parts"]:
            console.print(f"    {part['words']}")
    for name, amount in found["sums"].items():
        if amount:
            console.print(f"{name:12} {money.show(amount, found['currency'], 'en'):>14}")
    left = found["balance"]["available"] + found["balance"]["pending"] - found["balance"]["debt"]
    console.print(f"{'left':12} {money.show(left, found['currency'], 'en'):>14}")


@referral_rebate.command()
@store_option
@click.pass_context
@guarded
def report(context: click.Context, store: str) -> None:
    """What inviting brought, and what it cost."""
    ctx = open_instance(context).context(store)
    found = reports.report(ctx)
    rows = table(f"Referrals of {store}", "what", "how much")
    for name in COUNTS:
        rows.add_row(name, str(found[name]))
    for name in SUMS:
        rows.add_row(name, money.show(found[name], found["currency"], "en"))
    console.print(rows)
