"""Rows of any table, filled with whatever its columns accept: for tests of references."""

import itertools

from peewee import AutoField, BigAutoField, ForeignKeyField, IntegerField

from shop.models import JsonField

_numbers = itertools.count(1_000)


def make(model, store):
    """A row in `store`, and every row that it must refer to."""
    values = {
        field.name: _value(field, store)
        for field in model._meta.sorted_fields
        if not field.null and not isinstance(field, AutoField | BigAutoField)
    }
    return model.create(**values)


def _value(field, store):
    if field.name == "store":
        return store
    if isinstance(field, ForeignKeyField):
        return make(field.rel_model, store)
    if isinstance(field, JsonField):
        return []
    number = next(_numbers)
    if isinstance(field, IntegerField):
        return 0 if field.default == 0 else number
    return str(number)[-(getattr(field, "max_length", None) or 255) :]
