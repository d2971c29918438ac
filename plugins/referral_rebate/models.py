"""Codes, who invited whom, and what that earned."""

from peewee import BigAutoField, BooleanField, CharField, ForeignKeyField
from peewee import IntegerField as Int

from shop.models import Code, Customer, JsonField, Money, Order, StoreRow, UtcField
from shop.models.base import at_least_zero


class Invite(StoreRow):
    """A customer's own code."""

    id = BigAutoField()
    customer = ForeignKeyField(Customer, unique=True)
    code = Code(max_length=32)
    created_at = UtcField()

    class Meta:
        table_name = "referral_rebate_invite"
        indexes = ((("store", "code"), True),)


class Binding(StoreRow):
    """Who came through whom, once for ever: by first touch, with what is known of it. `first_order`
    is the first that the newcomer completed. `removed_by`: invitee, referrer or staff. `claimed`: a
    guest sent the code, and counts for guests' orders until the phone's owner signs in."""

    id = BigAutoField()
    invitee = ForeignKeyField(Customer, unique=True)
    referrer = ForeignKeyField(Customer)
    code = Code(max_length=32)
    source = CharField(max_length=64, default="")
    order = ForeignKeyField(Order, null=True, index=False)
    first_order = ForeignKeyField(Order, null=True, index=False)
    created_at = UtcField()
    expires_at = UtcField()
    removed_at = UtcField(null=True)
    removed_by = Code(max_length=16, default="")
    claimed = BooleanField(default=False)

    class Meta:
        table_name = "referral_rebate_binding"
        indexes = ((("store", "id"), False),)


class Reward(StoreRow):
    """What an order earned somebody. `parts` is [{line, sku, title, base, rate, amount}], `cuts` what
    limits took off {order, month, principal}; `amount` what is left. Booked is `granted` less `taken`,
    in the `round`-th grant; `most` bounds it. `account` is the purchase that is paid back, if it is
    of that kind. granted, held, void, or refused (`reason`)."""

    id = BigAutoField()
    binding = ForeignKeyField(Binding)
    order = ForeignKeyField(Order)
    account = ForeignKeyField(Order, null=True)
    customer = ForeignKeyField(Customer, index=False)
    kind = Code(max_length=16)
    state = Code(max_length=16)
    reason = CharField(max_length=255, default="")
    month = Code(max_length=7)
    version = Code(max_length=12)
    parts = JsonField()
    cuts = JsonField(default=dict)
    amount = Money(constraints=[at_least_zero("amount")])
    most = Money(constraints=[at_least_zero("most")])
    granted = Money(default=0, constraints=[at_least_zero("granted")])
    taken = Money(default=0, constraints=[at_least_zero("taken")])
    round = Int(default=0)
    available_at = UtcField()
    expires_at = UtcField()
    created_at = UtcField()

    class Meta:
        table_name = "referral_rebate_reward"
        indexes = ((("store", "id"), False), (("customer", "month"), False))
