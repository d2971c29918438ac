"""A pickup order and the rows its money derives from."""

from peewee import SQL, BigAutoField, BooleanField, CharField, ForeignKeyField, IntegerField

from shop.models.base import Code, JsonField, Money, Row, StoreRow, UtcField, at_least_zero
from shop.models.customer import Customer
from shop.models.pickup import PickupPoint, PickupWindow
from shop.models.product import Variant


class Order(StoreRow):
    """States: pending -> paid -> completed, or cancelled; undo of a hand-out goes back to paid.

    `total` is lines + adjustments + charges, `paid` the accepted payments, `refunded` the
    refunds; they are kept beside those rows by the statements that write them, and fsck adds
    them up again. `pay_by` is when an unpaid order expires (null: it waits for the customer).
    """

    id = BigAutoField()
    number = CharField(max_length=16)
    customer = ForeignKeyField(Customer, index=False)
    state = Code()
    currency = Code(max_length=3)
    locale = Code()
    total = Money()
    paid = Money(default=0, constraints=[at_least_zero("paid")])
    refunded = Money(default=0, constraints=[at_least_zero("refunded")])
    provider = Code()
    method = Code()
    pay_by = UtcField(null=True)
    contact_name = CharField()
    contact_phone = CharField(max_length=64)
    note = CharField(max_length=500, default="")
    options = JsonField(default=dict)
    point = ForeignKeyField(PickupPoint, null=True)
    window = ForeignKeyField(PickupWindow, null=True)
    pickup_code = CharField(max_length=8)
    ready_at = UtcField(null=True)
    reminded_at = UtcField(null=True)
    """when the no-show reminder went out"""
    placed_at = UtcField()
    paid_at = UtcField(null=True)
    completed_at = UtcField(null=True)
    cancelled_at = UtcField(null=True)
    cancel_reason = Code(default="")
    peer = CharField(default="")
    guest = BooleanField(default=False)
    """placed by a guest, who typed the phone; not by its signed-in owner or by staff"""

    class Meta:
        table_name = "orders"
        indexes = (
            (("store", "number"), True),
            (("store", "id"), False),
            (("store", "state", "id"), False),
            (("customer", "id"), False),
            (("store", "pickup_code"), True),
        )


class OrderLine(Row):
    """What was bought, as it was then. `discount` and `spend` (<= 0) are the sums of the frozen
    allocation; `amount + discount + spend` is the line's net money, the most that can be
    refunded for it."""

    id = BigAutoField()
    order = ForeignKeyField(Order)
    position = IntegerField()
    variant = ForeignKeyField(Variant, index=False)
    sku = CharField()
    title = CharField(max_length=600)
    label = CharField(default="")
    source = Code(default="catalogue")
    pool = Code(default="main")
    """pool the units came from; empty if untracked"""
    quantity = IntegerField()
    unit_price = Money()
    amount = Money()
    discount = Money(default=0)
    spend = Money(default=0)
    cost = Money(null=True)
    options = JsonField(default=dict)
    offer = JsonField(default=dict)
    """what the plugin that priced the line wants to remember of it"""
    handed_out = IntegerField(default=0)
    refunded = IntegerField(default=0)
    """units"""
    withdrawn = IntegerField(default=0)
    """refunded units that were not handed out and never will be"""
    returned = IntegerField(default=0)
    """units whose goods went back to stock or were written off"""
    refunded_amount = Money(default=0)

    class Meta:
        indexes = ((("variant", "order"), False),)
        constraints = [
            SQL("CHECK (handed_out >= 0 AND handed_out + withdrawn <= quantity)"),
            SQL("CHECK (withdrawn >= 0 AND withdrawn <= refunded AND refunded <= quantity)"),
            SQL("CHECK (returned >= 0 AND returned <= quantity)"),
            SQL("CHECK (refunded_amount >= 0 AND refunded_amount <= amount + discount + spend)"),
        ]


class OrderAdjustment(Row):
    """`kind` is discount or spend (amount <= 0), fee or deposit (>= 0); `source` the plugin."""

    id = BigAutoField()
    order = ForeignKeyField(Order)
    kind = Code()
    source = Code()
    key = Code(default="")
    label = CharField(default="")
    amount = Money()
    refunded_amount = Money(default=0, constraints=[at_least_zero("refunded_amount")])


class Allocation(Row):
    """A discount's or spend's share of a line, frozen at placement."""

    id = BigAutoField()
    line = ForeignKeyField(OrderLine)
    adjustment = ForeignKeyField(OrderAdjustment)
    amount = Money()


class Charge(Row):
    """Owed after the order was paid or completed: a due. Its key makes it happen once."""

    id = BigAutoField()
    order = ForeignKeyField(Order, index=False)
    key = Code()
    source = Code()
    label = CharField(default="")
    amount = Money(constraints=[at_least_zero("amount")])
    refunded_amount = Money(default=0, constraints=[at_least_zero("refunded_amount")])
    due_at = UtcField()
    created_at = UtcField()

    class Meta:
        indexes = ((("order", "key"), True),)


class Hold(StoreRow):
    """While one stands, the order cannot be handed out. `source` is the plugin that set it."""

    id = BigAutoField()
    order = ForeignKeyField(Order)
    source = Code()
    reason = CharField()
    created_at = UtcField()
    released_at = UtcField(null=True)


class HandOut(Row):
    """Who handed over what and when; `lines` is [[line id, units]]. An undo is kept."""

    id = BigAutoField()
    order = ForeignKeyField(Order)
    lines = JsonField()
    actor = CharField()
    at = UtcField()
    undone_at = UtcField(null=True)
    undone_by = CharField(default="")
    undo_reason = CharField(default="")


Order.add_index(
    Order.index(Order.customer, where=SQL("state = 'pending'"), name="orders_unpaid_customer")
)
Order.add_index(
    Order.index(Order.store, Order.peer, where=SQL("state = 'pending'"), name="orders_unpaid_peer")
)
