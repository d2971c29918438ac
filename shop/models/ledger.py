"""Double-entry books of what outlives an order: points, credit, debts, suspense."""

from peewee import SQL, BigAutoField, BigIntegerField, CharField, ForeignKeyField, IntegerField

from shop.models.base import Code, JsonField, Money, StoreRow, UtcField, at_least_zero
from shop.models.customer import Customer


class Account(StoreRow):
    """`unit` is what is counted (points, credit, CNY …), `role` is wallet or debt of a customer,
    or issued or suspense of the shop. A wallet and suspense stand at or above zero, a debt at
    or below. The issuing side is minus the sum of all others: no balance is kept for it, or its
    one row would be a queue for every checkout."""

    id = BigAutoField()
    unit = Code()
    role = Code()
    customer = ForeignKeyField(Customer, null=True)
    balance = Money(null=True)
    """null for issued"""
    name = CharField(max_length=160)
    """`<role>:<unit>[:<customer id>]`"""

    class Meta:
        indexes = ((("store", "name"), True),)


class Movement(StoreRow):
    """One thing that happened; its entries sum to zero. `key` makes it happen once. `of` is the
    grant or spend that a later movement takes or gives back."""

    id = BigAutoField()
    key = CharField(max_length=160)
    kind = Code()
    source = Code()
    reason = CharField(default="")
    order_id = BigIntegerField(null=True, index=True)
    of = ForeignKeyField("self", null=True)
    at = UtcField()
    seal_id = BigIntegerField(null=True)
    """the batch that sealed it; null until then"""

    class Meta:
        indexes = ((("store", "key"), True), (("store", "seal_id", "id"), False))


class Lot(StoreRow):
    """What one grant put into a wallet (or one payment into suspense), and what remains of it.
    Spendable when `available_at` has come and `expires_at` has not, whatever the jobs have done.
    `amount` counts what paid a debt on the way; that part never was in the lot."""

    id = BigAutoField()
    account = ForeignKeyField(Account, index=False)
    key = CharField(max_length=160)
    """of the grant"""
    amount = Money()
    remaining = Money(constraints=[at_least_zero("remaining")])
    available_at = UtcField()
    expires_at = UtcField(null=True)

    class Meta:
        indexes = ((("store", "key"), True),)


OPEN = SQL("remaining > 0")
Lot.add_index(Lot.index(Lot.account, Lot.expires_at, where=OPEN, name="lot_open"))
Lot.add_index(Lot.index(Lot.store, Lot.expires_at, where=OPEN, name="lot_expiring"))


class Entry(StoreRow):
    """`amount` units more (or, below zero, fewer) on an account; with a lot, in that lot."""

    id = BigAutoField()
    movement = ForeignKeyField(Movement)
    account = ForeignKeyField(Account, index=False)
    lot = ForeignKeyField(Lot, null=True)
    amount = Money()

    class Meta:
        indexes = ((("account", "movement"), False),)


class Seal(StoreRow):
    """A batch of ledger movements or audit rows: SHA-256 over the previous seal and the rows.
    `rows` is [[id, first half of its digest]], so that a broken seal can name the row."""

    id = BigAutoField()
    chain = Code()
    """ledger or audit"""
    number = IntegerField()
    previous = CharField(default="")
    hash = CharField()
    rows = JsonField(default=list)
    at = UtcField()

    class Meta:
        indexes = ((("store", "chain", "number"), True),)
