"""`shop webhooks …`"""

from __future__ import annotations

import click

from shop.cli.base import NUMBER, console, guarded, open_instance, store_option, table

from . import deliveries, endpoints, shown


@click.group()
def webhooks() -> None:
    """Other systems that are told what happens: add them, see what was sent, send it again."""


@webhooks.command("list")
@store_option
@click.pass_context
@guarded
def list_endpoints(context: click.Context, store: str) -> None:
    """Receivers."""
    ctx = open_instance(context).context(store)
    made = table(f"Receivers of {store}", "id", "address", "events", "on", "note")
    for one in endpoints.page(ctx, 100)["items"]:
        on = "yes" if one.active else f"no ({one.why_off})"
        made.add_row(str(one.id), one.url, ", ".join(one.kinds) or "all", on, one.note)
    console.print(made)


@webhooks.command()
@store_option
@click.argument("url")
@click.option("--event", "kinds", multiple=True, help="only such events; as often as you like")
@click.option("--note", default="", help="whose it is")
@click.pass_context
@guarded
def add(context: click.Context, store: str, url: str, kinds: tuple[str, ...], note: str) -> None:
    """Tell URL what happens. Its secret is shown once."""
    ctx = open_instance(context).context(store)
    facts = {"url": url, "kinds": list(kinds), "note": note}
    endpoints.look(ctx, facts)
    made = endpoints.create(ctx, facts)
    console.print(f"receiver {made.id}; it knows what comes from you by this secret:")
    console.print(made.secret, highlight=False, soft_wrap=True)


@webhooks.command()
@store_option
@click.option("--state", default="", type=click.Choice(["", *deliveries.STATES]), help="only these")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.pass_context
@guarded
def sent(context: click.Context, store: str, state: str, limit: int) -> None:
    """What was sent, the newest first."""
    ctx = open_instance(context).context(store)
    made = table(f"Sent by {store}", "id", "to", "event", "state", "tries", "last answer")
    for one in shown.sent(ctx, deliveries.page(ctx, limit, state=state)["items"]):
        said = one["error"] or str(one["status"] or "")
        made.add_row(
            str(one["id"]), str(one["endpoint"]), f"{one['kind']} {one['webhook_id']}",
            one["state"], str(one["tries"]), said,
        )  # fmt: skip
    console.print(made)


@webhooks.command()
@store_option
@click.argument("delivery", type=NUMBER)
@click.pass_context
@guarded
def replay(context: click.Context, store: str, delivery: int) -> None:
    """Send DELIVERY once more."""
    ctx = open_instance(context).context(store)
    deliveries.replay(ctx, delivery)
    console.print(f"{delivery} is sent again by the job runner")
