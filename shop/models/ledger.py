"""Double-entry books of what outlives an order: points, credit, debts, suspense."""

from peewee import BigAutoField, BigIntegerField, CharField, ForeignKeyField, IntegerField

from shop.models.base import Code, Money, StoreRow, UtcField, at_least_zero
from shop.models.customer import Customer


class Account(StoreRow):
    """`unit` is what is counted (points, credit, CNY …), `role` is wallet or debt of a customer,
    or issued or suspense of the shop. Only debt and issued may stand below zero."""

    id = BigAutoField()
    unit = Code()
    role = Code()
    customer = ForeignKeyField(Customer, null=True)
    balance = Money(default=0)
    name = CharField(max_length=160)
    """`<unit>:<role>[:<customer id>]`"""

    class Meta:
        indexes = ((("store", "name"), True),)


class Movement(StoreRow):
    """One thing that happened; its entries sum to zero. `key` makes it happen once."""

    id = BigAutoField()
    key = CharField(max_length=160)
    kind = Code()
    source = Code()
    reason = CharField(default="")
    order_id = BigIntegerField(null=True, index=True)
    at = UtcField()
    seal_id = BigIntegerField(null=True)
    """the batch that sealed it; null until then"""

    class Meta:
        indexes = ((("store", "key"), True), (("store", "seal_id", "id"), False))


class Lot(StoreRow):
    """What one grant put into a wallet, and what remains of it. Spendable when `available_at`
    has come and `expires_at` has not, whatever the jobs have done."""

    id = BigAutoField()
    account = ForeignKeyField(Account, index=False)
    key = CharField(max_length=160)
    """of the grant"""
    amount = Money()
    remaining = Money(constraints=[at_least_zero("remaining")])
    available_at = UtcField()
    expires_at = UtcField(null=True)

    class Meta:
        indexes = ((("account", "expires_at"), False), (("store", "key"), False))


class Entry(StoreRow):
    id = BigAutoField()
    movement = ForeignKeyField(Movement)
    account = ForeignKeyField(Account)
    lot = ForeignKeyField(Lot, null=True)
    amount = Money()


class Seal(StoreRow):
    """A batch of ledger movements or audit rows: SHA-256 over the previous seal and the rows."""

    id = BigAutoField()
    chain = Code()
    """ledger or audit"""
    number = IntegerField()
    previous = CharField(default="")
    hash = CharField()
    count = IntegerField()
    at = UtcField()

    class Meta:
        indexes = ((("store", "chain", "number"), True),)
