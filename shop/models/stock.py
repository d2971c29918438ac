"""Units for sale, in pools, and every movement of them."""

from peewee import BigAutoField, BigIntegerField, CharField, ForeignKeyField, IntegerField

from shop.models.base import Code, StoreRow, UtcField, at_least_zero
from shop.models.product import Variant


class Stock(StoreRow):
    """Free units of a variant in a pool; `main` is what the catalogue shows. Units leave with
    the order that takes them, so nothing reserved is counted here."""

    id = BigAutoField()
    variant = ForeignKeyField(Variant, on_delete="CASCADE", index=False)
    pool = Code(default="main")
    on_hand = IntegerField(default=0, constraints=[at_least_zero("on_hand")])
    closed_at = UtcField(null=True)

    class Meta:
        indexes = ((("variant", "pool"), True), (("store", "pool"), False))


class StockMovement(StoreRow):
    """Why `on_hand` changed: `kind` is order, return, delta, transfer or write_off. The sum of
    the deltas of a pool is its `on_hand`."""

    id = BigAutoField()
    variant = ForeignKeyField(Variant, on_delete="CASCADE", index=False)
    pool = Code()
    delta = IntegerField()
    kind = Code()
    reason = CharField(default="")
    order_id = BigIntegerField(null=True, index=True)
    actor = CharField(default="")
    at = UtcField()

    class Meta:
        indexes = ((("variant", "pool", "id"), False),)
