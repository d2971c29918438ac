"""`shop token …` and `shop staff …`."""

from __future__ import annotations

import click

from shop import letters
from shop.cli.base import console, errors, guarded, open_instance, store_option, table, when
from shop.context import Context
from shop.errors import NotFound, Reject, ShopError
from shop.people import passwords, staff, tokens, totp

role_option = click.option("--role", type=click.Choice(staff.ROLES), required=True)
point_option = click.option(
    "--point", "points", multiple=True, metavar="CODE", help="where a clerk works; repeatable"
)


def _visible(context: click.Context, parameter: click.Parameter, name: str) -> str:
    """The name without marks of direction or of no width; refused if nothing of it can be seen."""
    if not letters.is_seen(tidy := letters.tidied(name)):
        raise click.BadParameter("a name has at least one letter that can be seen")
    return tidy


@click.group("token")
def token_group() -> None:
    """Tokens of staff."""


@token_group.command("create")
@store_option
@role_option
@click.option(
    "--name",
    required=True,
    callback=_visible,
    help="whose it is; made if there is nobody of that name",
)
@point_option
@click.option("--days", type=click.IntRange(1, 3650), help="how long it is good")
@click.pass_context
@guarded
def create_token(
    context: click.Context, store: str, role: str, name: str, points: tuple[str, ...], days: int
) -> None:
    """Print a new token, this once."""
    ctx = open_instance(context).context(store)
    person = _find_or_make(ctx, name, role, list(points))
    if person["role"] != role:
        raise ShopError(f"{name} is {person['role']}, not {role}")
    errors.print(f"a token of {name} ({role}) in {store}; it is shown this once:")
    click.echo(tokens.create(ctx, name, label="command line", days=days))


def _find_or_make(ctx: Context, name: str, role: str, points: list[str]) -> dict[str, object]:
    try:
        person = staff.named(ctx, name)
    except NotFound:
        return staff.create(ctx, name, role, points)
    if points and sorted(points) != sorted(person["points"]):
        person = staff.change(ctx, person["id"], person["version"], points=points)
    return person


@click.group("staff")
def staff_group() -> None:
    """Owners and clerks."""


@staff_group.command("add")
@store_option
@role_option
@point_option
@click.argument("name", callback=_visible)
@click.option("--password", is_flag=True, help="ask for a password")
@click.pass_context
@guarded
def add_staff(
    context: click.Context,
    store: str,
    role: str,
    points: tuple[str, ...],
    name: str,
    password: bool,
) -> None:
    """Add NAME as owner or clerk."""
    ctx = open_instance(context).context(store)
    secret = _ask_password() if password else ""
    person = staff.create(ctx, name, role, list(points), secret)
    console.print(f"{person['name']} is {role} of {store} now")


@staff_group.command("list")
@store_option
@click.pass_context
@guarded
def list_staff(context: click.Context, store: str) -> None:
    """Owners and clerks, the oldest first."""
    ctx = open_instance(context).context(store)
    shown = table(f"Staff of {store}", "name", "role", "points", "since", "password", "app")
    after = None
    while True:
        page = staff.show(ctx, 100, after)
        for person in page["items"]:
            shown.add_row(
                person["name"],
                person["role"],
                " ".join(person["points"]),
                when(ctx, person["active"]) or "off",
                "yes" if person["password"] else "no",
                "yes" if person["totp"] else "no",
            )
        after = page["next"]
        if after is None:
            break
    console.print(shown)


@staff_group.command("password")
@store_option
@click.argument("name")
@click.pass_context
@guarded
def set_password(context: click.Context, store: str, name: str) -> None:
    """Ask for a new password of NAME; all his tokens end."""
    ctx = open_instance(context).context(store)
    person = staff.named(ctx, name)
    staff.set_password(ctx, person["id"], _ask_password())
    console.print(f"{name} has a new password")


@staff_group.command("totp")
@store_option
@click.argument("name")
@click.option("--off", is_flag=True, help="ask for no codes any more")
@click.pass_context
@guarded
def set_totp(context: click.Context, store: str, name: str, off: bool) -> None:
    """Set up an authenticator app for NAME."""
    ctx = open_instance(context).context(store)
    person = staff.named(ctx, name)
    if off:
        staff.set_totp(ctx, person["id"], "")
        console.print(f"{name} signs in without codes")
        return
    secret = totp.new_secret()
    click.echo(totp.uri(secret, ctx.store.name, name))
    staff.set_totp(ctx, person["id"], secret, click.prompt("the code that the app shows now"))
    console.print(f"{name} signs in with codes of the app")


def _ask_password() -> str:
    password: str = click.prompt("password", hide_input=True, confirmation_prompt=True)
    if len(password) < passwords.LEAST:
        raise Reject("password_too_short", least=passwords.LEAST)
    return password


commands = [token_group, staff_group]
