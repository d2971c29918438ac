"""`shop trial-then-buy …`"""

from __future__ import annotations

import click

from shop import money
from shop.cli.base import NUMBER, console, guarded, open_instance, store_option, table

from . import report as reports
from . import shown
from . import trials as ended


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


@trial_then_buy.command("return")
@store_option
@click.argument("trial", type=NUMBER)
@click.option("--note", default="", help="how it looks")
@click.pass_context
@guarded
def take_back(context: click.Context, store: str, trial: int, note: str) -> None:
    """TRIAL came back; then settle it."""
    ctx = open_instance(context).context(store)
    ended.returned(ctx, trial, note)
    console.print(f"Trial {trial} came back. Look at it, then: shop trial-then-buy settle {trial}")


@trial_then_buy.command()
@store_option
@click.argument("trial", type=NUMBER)
@click.option(
    "--damage",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="to keep of the deposit, minor units",
)
@click.option("--write-off", is_flag=True, help="the goods are gone; else they are for sale again")
@click.option("--reason", default="", help="stands with the goods")
@click.pass_context
@guarded
def settle(
    context: click.Context, store: str, trial: int, damage: int, write_off: bool, reason: str
) -> None:
    """TRIAL was looked at: the deposit goes back, less the damage."""
    ctx = open_instance(context).context(store)
    ended.settle(ctx, trial, damage, "write_off" if write_off else "restore", reason)
    kept = money.show(damage, ctx.store.currency, "en")
    console.print(f"Trial {trial} is settled; {kept} of the deposit is kept.")


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
