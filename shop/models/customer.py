"""People who buy, and the codes that prove a phone is theirs."""

from peewee import BigAutoField, CharField, ForeignKeyField, IntegerField

from shop.models.base import Code, JsonField, StoreRow, UtcField


class Customer(StoreRow):
    """A phone (E.164) in a store. A guest's order makes the row; only a login by code makes it
    verified, shows it and lets it spend. Erasure puts a pseudonym in place of phone and name."""

    id = BigAutoField()
    phone = CharField(max_length=64)
    name = CharField(default="")
    tags = JsonField(default=list)
    locale = Code(default="")
    verified_at = UtcField(null=True)
    erased_at = UtcField(null=True)
    created_at = UtcField()

    class Meta:
        indexes = ((("store", "phone"), True),)


class OncePerPhone(StoreRow):
    """What a phone has had, `what` by a plugin: it is not had again after an erasure. `phone` is an
    HMAC with the shop's secret; nothing leads from here to a customer or an order."""

    id = BigAutoField()
    what = CharField(max_length=160)
    phone = CharField(max_length=64)

    class Meta:
        indexes = ((("store", "what", "phone"), True),)


class LoginCode(StoreRow):
    """A one-time code, good for one login, few tries and few minutes. Only a seed is kept: the
    code is an HMAC of it, so that whoever reads the table alone cannot use it."""

    id = BigAutoField()
    phone = CharField(max_length=64)
    seed = CharField(max_length=64)
    tries = IntegerField(default=0)
    peer = CharField(default="")
    """the network from which it was asked for"""
    created_at = UtcField()
    expires_at = UtcField()
    used_at = UtcField(null=True)

    class Meta:
        indexes = ((("store", "phone", "id"), False),)


class Attempt(StoreRow):
    """How often something was tried in a span of time: logins, wrong pickup codes, carts of a
    peer. Counted here, not in a process, so that every worker sees the same number."""

    id = BigAutoField()
    what = Code()
    who = CharField()
    span = UtcField()
    """start of the span counted; 0 where pauses grow instead"""
    count = IntegerField(default=0)
    tried_at = UtcField()
    """the last that was counted"""

    class Meta:
        indexes = ((("store", "what", "who", "span"), True), (("tried_at",), False))


class Staff(StoreRow):
    """An owner, or a clerk bound to pickup points. The password is argon2id."""

    id = BigAutoField()
    name = CharField()
    role = Code()
    password_hash = CharField(default="")
    totp_secret = CharField(default="")
    totp_last = IntegerField(default=0)
    """the last time step used: a code is good once"""
    points = JsonField(default=list)
    """ids of pickup points, for a clerk"""
    active = UtcField(null=True)
    """since when; null is switched off"""
    version = IntegerField(default=1)
    created_at = UtcField()

    class Meta:
        indexes = ((("store", "name"), True),)


class Token(StoreRow):
    """An opaque bearer token, kept as its SHA-256. It belongs to a member of staff or to a
    customer, carries scopes and can be revoked."""

    id = BigAutoField()
    hash = CharField(unique=True)
    label = CharField(default="")
    staff = ForeignKeyField(Staff, null=True)
    customer = ForeignKeyField(Customer, null=True)
    scopes = JsonField(default=list)
    created_at = UtcField()
    expires_at = UtcField(null=True)
    revoked_at = UtcField(null=True)
