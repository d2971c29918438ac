"""Every scarce thing that is not stock: capacity, seats, quotas, uses, limits per person."""

from peewee import SQL, BigAutoField, CharField, ForeignKeyField, IntegerField

from shop.models.base import StoreRow, UtcField, at_least_zero
from shop.models.order import Order


class Counter(StoreRow):
    """`used` never passes `cap` (null: counted, not limited). Named `<plugin>:<what>:<id>`."""

    id = BigAutoField()
    name = CharField(max_length=160)
    cap = IntegerField(null=True)
    used = IntegerField(default=0, constraints=[at_least_zero("used")])

    class Meta:
        indexes = ((("store", "name"), True),)


class Claim(StoreRow):
    """`units` of a counter, held by an order until it is cancelled or a plugin lets go."""

    id = BigAutoField()
    counter = ForeignKeyField(Counter, index=False)
    key = CharField(max_length=160)
    who = CharField(null=True)
    units = IntegerField()
    order = ForeignKeyField(Order, null=True)
    created_at = UtcField()
    released_at = UtcField(null=True)


Claim.add_index(
    Claim.index(
        Claim.counter, Claim.key, unique=True, where=SQL("released_at IS NULL"), name="claim_key"
    )
)
Claim.add_index(
    Claim.index(
        Claim.counter,
        Claim.who,
        unique=True,
        where=SQL("released_at IS NULL AND who IS NOT NULL"),
        name="claim_who",
    )
)
