"""An invariant as SQL that returns the rows which break it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import peewee

from shop import db
from shop.context import Context

MARKS = re.compile(r":(store|now)\b")


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that breaks a check: `Finding("order_total", "order K7Q2M4", "total 500, rows 400")`."""

    check: str
    row: str
    message: str


def unreadable(check: str, error: peewee.DatabaseError) -> Finding:
    """Of a check that the database could not answer. One that is only away raises."""
    if db.transient(error):
        raise error
    return Finding(check, "database", f"cannot be read: {str(error).strip()}")


@dataclass(frozen=True, slots=True)
class Check:
    """`sql` may use `:store` and `:now` (microseconds). Of what it returns, the first column
    says which `noun` it is, and the rest fill the `{}` of `message`."""

    name: str
    noun: str
    message: str
    sql: str

    def run(self, ctx: Context) -> list[Finding]:
        facts = {"store": ctx.code, "now": ctx.now_us}
        asked = [facts[mark] for mark in MARKS.findall(self.sql)]
        try:
            broken = db.rows(MARKS.sub("?", self.sql), *asked)
        except peewee.DatabaseError as error:
            return [unreadable(self.name, error)]
        return [
            Finding(self.name, f"{self.noun} {row}", self.message.format(*rest))
            for row, *rest in broken
        ]


def run(ctx: Context, checks: Iterable[Check]) -> list[Finding]:
    return [finding for check in checks for finding in check.run(ctx)]
