"""The base of every table, and the column types that SQLite and PostgreSQL share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import BigIntegerField, CharField, Check, Model, SchemaManager, TextField

from shop.clock import from_us, to_us
from shop.data.databases import numbered
from shop.db import database, dump, load


class UtcField(BigIntegerField):
    """An instant: an aware datetime in Python, microseconds since 1970 in the table."""

    def db_value(self, value: datetime | int | None) -> int | None:
        return to_us(value) if isinstance(value, datetime) else value

    def python_value(self, value: int | None) -> datetime | None:
        return None if value is None else from_us(value)


class JsonField(TextField):
    """A JSON document as text, UTF-8 and unescaped, the same on both databases."""

    def db_value(self, value: Any) -> str | None:
        return None if value is None else dump(value)

    def python_value(self, value: str | None) -> Any:
        return load(value)


class Money(BigIntegerField):
    """An amount in the minor unit of the order's or store's currency."""


class Code(CharField):
    """A short word of ours: a state, a kind, a plugin's name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=options.pop("max_length", 64), **options)


class Tables(SchemaManager):
    """CREATE TABLE as migrations write it: on SQLite too, an `id` is never given out again."""

    def _create_table(self, safe: bool = True, **options: Any) -> Any:
        sql, parameters = super()._create_table(safe, **options).query()  # type: ignore[misc]
        assert not parameters
        return self._create_context().literal(numbered(sql))  # type: ignore[attr-defined]


class Row(Model):
    """A table; its name is the model's in snake case."""

    class Meta:
        database = database
        legacy_table_names = False
        schema_manager_class = Tables


class StoreRow(Row):
    """A table whose rows belong to one store; every query names it, from `ctx.code`."""

    store = Code(max_length=32)


def at_least_zero(column: str) -> Any:
    """The last line of defence behind every conditional UPDATE."""
    return Check(f"{column} >= 0")
