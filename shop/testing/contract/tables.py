"""Its tables: migrations build what the models say, and take away what they built."""

from __future__ import annotations

from typing import Any

from peewee import AutoField, ForeignKeyField
from playhouse.schema_diff import diff_models

from shop import db
from shop.ops import schema
from shop.testing.contract.base import Base
from shop.testing.under_test import Shop

CHECKS = """
SELECT CAST(contype AS text) || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = to_regclass(?)"""
COLUMNS = """
SELECT column_name || ' ' || data_type || ' ' || COALESCE(character_maximum_length, 0) || ' '
  || is_nullable || ' ' || COALESCE(column_default, '')
FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ?"""


class Tables(Base):
    def test_its_migrations_build_what_its_models_say(self, shop: Shop):
        names = self._names()
        self._down()
        db.database.create_tables(self.plugin.models)
        wanted = {name: described(name) for name in names}
        db.database.drop_tables(self.plugin.models)
        self._up()
        for name in sorted(names):
            assert db.database.table_exists(name), f"no migration makes the table {name}"
            made = described(name)
            assert made == wanted[name], (
                f"{name}: migrations make {sorted(set(made) - set(wanted[name]))},"
                f" its model says {sorted(set(wanted[name]) - set(made))}"
            )
        drift = diff_models(db.database.obj, list(self.plugin.models))
        assert not drift, f"write a migration: {drift}"

    def test_its_migrations_go_down_to_nothing_and_up_again(self, shop: Shop):
        names = self._names()
        before = set(db.database.get_tables())
        self._down()
        gone = before - set(db.database.get_tables())
        left = names - gone
        assert not left, f"down() leaves {sorted(left)}"
        assert gone <= names, f"its migrations made {sorted(gone - names)}: no model of it has them"
        self._up()
        assert set(db.database.get_tables()) == before
        assert schema.migrate({self.name: self.plugin}) == []

    def test_the_numbers_of_its_rows_are_never_given_out_again(self, shop: Shop):
        for model in self.plugin.models:
            assert counts_up(model), (
                f"{model.__name__}: the number of its newest row goes to the next after a delete;"
                " make the table with `id BIGSERIAL NOT NULL PRIMARY KEY` by run_script"
            )

    def test_every_row_of_it_belongs_to_a_store(self):
        for model in self.plugin.models:
            assert belongs(model), f"{model.__name__}: a StoreRow, or a Row that refers to one"

    def test_what_it_does_in_a_store_stays_there(self, shop: Shop):
        self.used(shop)
        models: list[Any] = list(self.plugin.models)
        tables = [model._meta.table_name for model in models if "store" in model._meta.fields]
        for table in ("event", "movement", *tables):
            found = db.value(f"SELECT COUNT(*) FROM {table} WHERE store <> ?", shop.store)
            assert not found, f"{table}: {found} rows of another store; take it from ctx.code"

    def _names(self) -> set[str]:
        models: list[Any] = list(self.plugin.models)
        return {model._meta.table_name for model in models}

    def _down(self) -> None:
        own = {self.name: self.plugin}
        steps = [step for step in schema.status(own) if step.owner == self.name]
        if steps:
            schema.rollback(own, self.name, steps[0].name)

    def _up(self) -> None:
        schema.migrate({self.name: self.plugin})


def counts_up(model: Any) -> bool:
    """Whether the database gives out each `id` of a table at most once; true where it gives none."""
    key, table = model._meta.primary_key, model._meta.table_name
    if not isinstance(key, AutoField):
        return True
    if db.is_postgres():
        return db.value("SELECT pg_get_serial_sequence(?, ?)", table, key.column_name) is not None
    sql = db.value("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", table)
    return "AUTOINCREMENT" in sql.upper()


def described(table: str) -> list[str]:
    """Columns, indexes, references and checks of a table, a line each."""
    indexes = [
        f"index {sorted(index.columns)} {index.unique} {_where(index.sql)}"
        for index in db.database.get_indexes(table)
    ]
    if db.is_postgres():
        columns = [str(line) for (line,) in db.rows(COLUMNS, table)]
        checks = [str(line) for (line,) in db.rows(CHECKS, f'"{table}"')]
        return sorted([*indexes, *columns, *checks])
    columns = [
        f"{column.name} {column.data_type.upper()} {column.null} {column.default}"
        for column in db.database.get_columns(table)
    ]
    keys = [
        f"{key.column} -> {key.dest_table}.{key.dest_column}"
        for key in db.database.get_foreign_keys(table)
    ]
    return sorted([*indexes, *columns, *keys])


def _where(sql: str | None) -> str:
    _, _, condition = (sql or "").upper().partition(" WHERE ")
    return condition.replace('"', "").strip("() ")


def belongs(model: Any) -> bool:
    if "store" in model._meta.fields:
        return True
    keys = [key for key in model._meta.sorted_fields if isinstance(key, ForeignKeyField)]
    return any(not key.null and belongs(key.rel_model) for key in keys)
