"""A row of one store refers to rows of that store: a check per foreign key, made of the models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from peewee import CompositeKey, ForeignKeyField

from shop.ops.checks import Check


def of_models(models: Iterable[Any]) -> Iterator[Check]:
    """A check for each foreign key that could lead into another store."""
    for model in models:
        for key in keys(model):
            both = _leads_to_a_store(model) and _leads_to_a_store(key.rel_model)
            if both and key is not _owner(model):
                yield _check(model, key)


def _check(model: Any, key: ForeignKeyField) -> Check:
    table, primary = model._meta.table_name, model._meta.primary_key
    row = f"a.{key.column_name if isinstance(primary, CompositeKey) else primary.column_name}"
    here: list[str] = []
    there: list[str] = []
    mine, theirs = _store_of(model, "a", here), _store_of(key.rel_model, "b", there)
    target = key.rel_model._meta
    return Check(
        f"store:{table}.{key.column_name}",
        table,
        f"its {key.column_name} leads from store {{0}} into {{1}}",
        f"""SELECT {row}, {mine}, {theirs} FROM "{table}" a {" ".join(here)}
        JOIN "{target.table_name}" b ON b.{key.rel_field.column_name} = a.{key.column_name}
        {" ".join(there)}
        WHERE {mine} = :store AND {theirs} <> {mine}""",
    )


def _store_of(model: Any, alias: str, joins: list[str]) -> str:
    """The SQL of the store that a row belongs to, by its own column or by its owner's."""
    if "store" in model._meta.fields:
        return f"{alias}.store"
    key = _owner(model)
    assert key is not None
    target = key.rel_model._meta.table_name
    above = f"{alias}_{key.name}"
    joins.append(
        f'JOIN "{target}" {above} ON {above}.{key.rel_field.column_name} = {alias}.{key.column_name}'
    )
    return _store_of(key.rel_model, above, joins)


def _owner(model: Any) -> ForeignKeyField | None:
    """The key by which a row without a store column belongs to one: the first that is always set."""
    if "store" in model._meta.fields:
        return None
    always = (key for key in keys(model) if not key.null and _leads_to_a_store(key.rel_model))
    return next(always, None)


def _leads_to_a_store(model: Any) -> bool:
    return "store" in model._meta.fields or _owner(model) is not None


def keys(model: Any) -> list[ForeignKeyField]:
    """The foreign keys of a model, in the order of its columns."""
    return [field for field in model._meta.sorted_fields if isinstance(field, ForeignKeyField)]
