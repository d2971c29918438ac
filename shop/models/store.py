"""What the database keeps about a store beside its table in the config file."""

from peewee import BigIntegerField

from shop.models.base import Code, Row


class Store(Row):
    """`catalogue_version` rises with the last statement of a transaction that changed what an
    anonymous customer can see; ETags are made of it."""

    code = Code(max_length=32, primary_key=True)
    catalogue_version = BigIntegerField(default=1)
