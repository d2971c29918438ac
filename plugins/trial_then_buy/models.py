"""What may be tried on which terms, and who tries it."""

from peewee import BigAutoField, BooleanField, CharField, ForeignKeyField
from peewee import IntegerField as Int

from shop.models import Code, Customer, Money, Order, OrderLine, StoreRow, UtcField, Variant
from shop.models.base import at_least_zero


class Offer(StoreRow):
    """Amounts are for one unit; `price` null: what the catalogue says when the trial is ordered.
    `units` is the most of one trial; `ends` null: until further notice; `shown`: the catalogue knows
    that it is open."""

    id = BigAutoField()
    variant = ForeignKeyField(Variant)
    fee = Money(constraints=[at_least_zero("fee")])
    deposit = Money(constraints=[at_least_zero("deposit")])
    price = Money(null=True)
    days = Int()
    units = Int()
    starts = UtcField()
    ends = UtcField(null=True)
    shown = BooleanField()
    created_at = UtcField()
    version = Int(default=1)

    class Meta:
        table_name = "trial_then_buy_offer"
        indexes = ((("store", "id"), False),)


class Trial(StoreRow):
    """waiting -> running -> bought, or returned -> settled; or cancelled. Its terms stand on the
    order's line. `charged_at`: the price was charged because it was overdue."""

    id = BigAutoField()
    offer = ForeignKeyField(Offer)
    order = ForeignKeyField(Order, unique=True)
    line = ForeignKeyField(OrderLine, unique=True)
    customer = ForeignKeyField(Customer)
    state = Code()
    note = CharField(max_length=500, default="")
    started_at = UtcField(null=True)
    due_at = UtcField(null=True)
    charged_at = UtcField(null=True)
    closed_at = UtcField(null=True)
    damage = Money(default=0, constraints=[at_least_zero("damage")])
    written_off = BooleanField(default=False)
    created_at = UtcField()

    class Meta:
        table_name = "trial_then_buy_trial"
        indexes = ((("store", "id"), False), (("store", "state", "id"), False))
