"""How fresh the catalogue is: one number per store, in every ETag and cache key."""

from __future__ import annotations

from shop import db
from shop.context import Context

CURRENT = "SELECT catalogue_version FROM store WHERE code = ?"
TOUCH = """
INSERT INTO store (code, catalogue_version) VALUES (?, 2)
ON CONFLICT (code) DO UPDATE SET catalogue_version = store.catalogue_version + 1"""


def touch(ctx: Context) -> None:
    """Say that this transaction changes what an anonymous customer can see.

    The number rises once, with the last statement, so that the row everyone shares is locked
    for no longer than the commit.
    """
    code = ctx.code

    def raise_it() -> None:
        db.run(TOUCH, code)
        db.after_commit(db.mark().ring)

    with db.transaction():
        db.before_commit(f"catalogue_version:{code}", raise_it)


def current(ctx: Context) -> int:
    """The version now. Read it before what it describes: then an answer may be newer than its
    version, never older."""
    return db.value(CURRENT, ctx.code) or 1
