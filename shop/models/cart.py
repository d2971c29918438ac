"""What a customer means to buy."""

from peewee import BigAutoField, BigIntegerField, CharField, ForeignKeyField, IntegerField

from shop.models.base import JsonField, Row, StoreRow, UtcField
from shop.models.customer import Customer
from shop.models.product import Variant


class Cart(StoreRow):
    """`id` is a 128-bit secret: who knows it may use the cart. `pickup` is {point, window},
    `contact` {name, phone}; `peer` counts the open carts of one network peer."""

    id = CharField(max_length=32, primary_key=True)
    customer = ForeignKeyField(Customer, null=True)
    options = JsonField(default=dict)
    pickup = JsonField(default=dict)
    contact = JsonField(default=dict)
    note = CharField(max_length=500, default="")
    peer = CharField(default="")
    order_id = BigIntegerField(null=True)
    created_at = UtcField()
    expires_at = UtcField()

    class Meta:
        indexes = ((("store", "peer", "expires_at"), False), (("expires_at",), False))


class CartLine(Row):
    """`sku` and `title` are as they were when it was put in, to name it once the variant is
    gone; `variant` is null then."""

    id = BigAutoField()
    cart = ForeignKeyField(Cart, on_delete="CASCADE")
    variant = ForeignKeyField(Variant, null=True, on_delete="SET NULL")
    sku = CharField()
    title = CharField(max_length=600)
    quantity = IntegerField()
    options = JsonField(default=dict)
