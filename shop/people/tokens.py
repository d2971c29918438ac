"""Tokens that an owner makes for his staff and ends again."""

from __future__ import annotations

from shop import db
from shop.context import Context
from shop.errors import Reject
from shop.people import audit, auth, staff


def create(
    ctx: Context,
    name: str,
    scopes: list[str] | None = None,
    label: str = "",
    days: int | None = None,
) -> str:
    """A token for the member of staff `name`, shown this once. 422 `scope_not_allowed` for one
    that neither the role nor a plugin that is on has; NotFound, 422 `staff_inactive`."""
    person = staff.named(ctx, name)
    if person["active"] is None:
        raise Reject("staff_inactive", name=name)
    wanted = scopes or list(auth.SCOPES[person["role"]])
    for scope in wanted:
        if person["role"] == "clerk" and scope not in _of_clerks(ctx):
            raise Reject("scope_not_allowed", scope=scope)
    with db.transaction():
        token = auth.issue(
            ctx, staff=person["id"], scopes=wanted, label=label,
            seconds=None if days is None else days * 86_400,
        )  # fmt: skip
        audit.record(ctx, "token.create", f"staff:{name}", scopes=wanted, label=label)
    return token


def revoke(ctx: Context, token_id: int) -> bool:
    """End a token; False if there is none or it has ended."""
    with db.transaction():
        ended = auth.revoke(ctx, token_id)
        if ended:
            audit.record(ctx, "token.revoke", f"token:{token_id}")
    return ended


def _of_clerks(ctx: Context) -> set[str]:
    plugins = ctx.plugins.by_name.values()
    return {*auth.CLERK_SCOPES, *(scope for plugin in plugins for scope in plugin.permissions)}
