"""`shop trial-then-buy …`"""

from __future__ import annotations

import click

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
    names = (*reports.NAMES, "conversion", "expected_loss", "covered")
    made = table(f"Trials of {store}", *(name.replace("_", " ") for name in names))
    for item in reports.report(ctx)["items"]:
        made.add_row(*("-" if item[name] is None else str(item[name]) for name in names))
    console.print(made)
