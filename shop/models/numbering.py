"""The last row number of tables that were dropped."""

from peewee import BigIntegerField, CharField

from shop.models.base import Row


class Numbering(Row):
    """A table that was dropped (by a purge or a migration) and the last `id` it had given out. If
    the table is made again, its numbers go on from there."""

    name = CharField(max_length=128, primary_key=True)
    last = BigIntegerField()
