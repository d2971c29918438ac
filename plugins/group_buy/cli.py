"""`shop group-buy …`"""

from __future__ import annotations

import click

from shop import money
from shop.cli.base import NUMBER, console, guarded, open_instance, store_option, table

from . import campaigns as made
from . import report as reports
from . import shown, teams


@click.group("group-buy")
def group_buy() -> None:
    """Goods sold in teams."""


@group_buy.command("campaigns")
@store_option
@click.pass_context
@guarded
def list_campaigns(context: click.Context, store: str) -> None:
    """Campaigns, the newest first."""
    ctx = open_instance(context).context(store)
    rows = table(f"Campaigns of {store}", "id", "name", "state", "size", "ends")
    for one in made.page(ctx, 50)["items"]:
        ends = one.ends.isoformat(" ", "minutes")[:16]
        rows.add_row(str(one.id), one.name, made.state(ctx, one), str(one.size), ends)
    console.print(rows)


@group_buy.command("teams")
@store_option
@click.option("--campaign", type=NUMBER, help="only of this one")
@click.pass_context
@guarded
def list_teams(context: click.Context, store: str, campaign: int | None) -> None:
    """Open teams, those that lack the fewest first."""
    ctx = open_instance(context).context(store)
    rows = table(f"Open teams of {store}", "team", "campaign", "paid", "of", "until (UTC)")
    for one in shown.nearest(ctx, campaign, 100):
        until = one["deadline"][:16].replace("T", " ")
        rows.add_row(
            one["code"], one["campaign"]["name"], str(one["paid"]), str(one["size"]), until
        )
    console.print(rows)


@group_buy.command()
@store_option
@click.argument("team")
@click.pass_context
@guarded
def complete(context: click.Context, store: str, team: str) -> None:
    """Complete a team with the members it has."""
    ctx = open_instance(context).context(store)
    found = teams.complete_early(ctx, team)
    console.print(f"{team} is complete with {found.paid} of {found.size}.")


@group_buy.command()
@store_option
@click.pass_context
@guarded
def report(context: click.Context, store: str) -> None:
    """What campaigns brought, and what they cost."""
    ctx = open_instance(context).context(store)
    found = reports.report(ctx)
    rows = table(
        f"Group-buy of {store}",
        "campaign",
        "teams",
        "failed",
        "units",
        "sold",
        "given up",
        "earned",
    )
    for one in found["items"]:
        sums = (
            money.show(one[name], found["currency"], "en")
            for name in ("revenue", "given_up", "earned")
        )
        counts = [str(one[name]) for name in ("complete", "failed", "units")]
        rows.add_row(one["name"], *counts, *sums)
    console.print(rows)
