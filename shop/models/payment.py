"""Money that came for orders, and money that went back."""

from peewee import SQL, BigAutoField, BigIntegerField, CharField, ForeignKeyField, IntegerField

from shop.models.base import Code, JsonField, Money, Row, StoreRow, UtcField, at_least_zero
from shop.models.order import Charge, Order, OrderAdjustment, OrderLine


class Payment(StoreRow):
    """`state` is pending (started), accepted (part of the order's `paid`) or failed (what came
    of it, if anything, is in suspense). `payer` is the account that paid, as its provider names it."""

    id = BigAutoField()
    order = ForeignKeyField(Order)
    provider = Code()
    method = Code()
    state = Code()
    amount = Money(constraints=[at_least_zero("amount")])
    reference = CharField(default="")
    payer = CharField(default="")
    actor = CharField(default="")
    data = JsonField(default=dict)
    created_at = UtcField()
    accepted_at = UtcField(null=True)


Payment.add_index(
    Payment.index(Payment.store, Payment.payer, where=SQL("payer <> ''"), name="payment_payer")
)


class Notice(StoreRow):
    """A provider's message, once per `event_id`, with what the core did about it. `state` is
    applied, suspense, parked (until the payment it is about comes) or repeated."""

    id = BigAutoField()
    provider = Code()
    event_id = CharField()
    kind = Code()
    payment_id = BigIntegerField(null=True)
    amount = Money()
    currency = Code(max_length=3)
    state = Code()
    at = UtcField()

    class Meta:
        indexes = ((("store", "provider", "event_id"), True),)


class Suspense(StoreRow):
    """Money that came late, double or odd. `reason` says which; `state` is open, refunding,
    refunded or applied. What is neither `applied` nor `refunded` stands in the ledger under
    `suspense:<id>`."""

    id = BigAutoField()
    order = ForeignKeyField(Order, null=True)
    payment = ForeignKeyField(Payment, null=True)
    """the one that a provider's notice named"""
    provider = Code()
    method = Code(default="")
    reference = CharField(default="")
    reason = Code()
    amount = Money()
    refund_amount = Money(default=0)
    """what is on its way back, or for staff to give back"""
    applied = Money(default=0, constraints=[at_least_zero("applied")])
    refunded = Money(default=0, constraints=[at_least_zero("refunded")])
    currency = Code(max_length=3)
    state = Code(default="open")
    created_at = UtcField()
    settled_at = UtcField(null=True)
    actor = CharField(default="")

    class Meta:
        indexes = ((("store", "state", "id"), False),)


class Refund(StoreRow):
    """Money back to the customer, booked when asked for. `state` is pending until the provider
    (or the person who hands it over) has done it. The key makes it happen once."""

    id = BigAutoField()
    order = ForeignKeyField(Order)
    key = CharField()
    amount = Money(constraints=[at_least_zero("amount")])
    state = Code()
    provider = Code()
    reason = CharField(default="")
    restock = Code(default="leave")
    """restore, write_off or leave"""
    actor = CharField(default="")
    created_at = UtcField()
    done_at = UtcField(null=True)

    class Meta:
        indexes = ((("store", "key"), True), (("store", "state", "id"), False))


class RefundRow(Row):
    """Exactly one of line, adjustment and charge is set."""

    id = BigAutoField()
    refund = ForeignKeyField(Refund)
    line = ForeignKeyField(OrderLine, null=True, index=False)
    adjustment = ForeignKeyField(OrderAdjustment, null=True, index=False)
    charge = ForeignKeyField(Charge, null=True, index=False)
    units = IntegerField(default=0)
    amount = Money()


class RefundPart(Row):
    """What of a refund goes back by which payment, the way the money came. `state` is pending or
    done; a refund is done when all its parts are."""

    id = BigAutoField()
    refund = ForeignKeyField(Refund)
    payment = ForeignKeyField(Payment)
    amount = Money()
    state = Code()
    done_at = UtcField(null=True)
