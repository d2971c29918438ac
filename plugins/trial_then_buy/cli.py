"""`shop trial-then-buy …`"""

from __future__ import annotations

import click

from shop import money
from shop.cli.base import console, guarded, open_instance, store_option, table

from . import report as reports
from . import shown


@click.group("trial-then-buy")
def trial_then_buy() -> None:
    """Trials of goods."""


@trial_then_buy.command()
@store_option
@click.option("--state", default="", type=click.Choice(["", *shown.STATES]), help="only these")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@click.pass_context
@guarded
def trials(context: click.Context, store: str, state: str, limit: int) -> None:
    """Who tries what, the newest first."""
    ctx = open_instance(context).context(store)
    made = table(f"Trials of {store}", "id", "order", "what", "units", "state", "due")
    for item in shown.page(ctx, limit, state=state)["items"]:
        due = (item["due_at"] or "")[:10]
        made.add_row(
            str(item["id"]), item["order"], item["title"], str(item["units"]), item["state"], due
        )
    console.print(made)


@trial_then_buy.command()
@store_option
@click.pass_context
@guarded
def report(context: click.Context, store: str) -> None:
    """Conversion, loss, and whether the fees cover it."""
    ctx = open_instance(context).context(store)
    found = reports.report(ctx)
    made = table(
        f"Trials of {store}", "what", "trials", "bought", "back", "%", "fees", "lost", "pays"
    )
    for item in found["items"]:
        fees, lost = (money.show(item[name], found["currency"], "en") for name in ("fees", "lost"))
        share = "-" if item["conversion"] is None else str(item["conversion"])
        counts = [str(item[name]) for name in ("trials", "bought", "returned")]
        made.add_row(item["sku"], *counts, share, fees, lost, "yes" if item["covered"] else "no")
    console.print(made)
