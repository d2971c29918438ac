"""Every price that everyone can have, with its time."""

from peewee import SQL, BigAutoField, ForeignKeyField

from shop.models.base import Code, Money, StoreRow, UtcField, at_least_zero
from shop.models.product import Variant


class Price(StoreRow):
    """`source` is "catalogue" for the core or a plugin's name; in force from `starts` until
    before `ends` (null: until further notice). With a `pool`, units at this price come from there."""

    id = BigAutoField()
    variant = ForeignKeyField(Variant, on_delete="CASCADE", index=False)
    source = Code()
    amount = Money(constraints=[at_least_zero("amount")])
    starts = UtcField()
    ends = UtcField(null=True)
    pool = Code(default="")

    class Meta:
        indexes = (
            (("variant", "source", "starts"), False),
            (("variant", "ends"), False),
            (("store", "starts"), False),
            (("store", "ends"), False),
        )


Price.add_index(
    Price.index(
        Price.variant, Price.source, where=SQL("source <> 'catalogue'"), name="price_of_plugin"
    )
)
