"""Receivers, and what is sent to each."""

from peewee import BigAutoField, BooleanField, CharField, ForeignKeyField
from peewee import IntegerField as Int

from shop.models import Code, Event, JsonField, StoreRow, UtcField


class Endpoint(StoreRow):
    """A receiver. `kinds` are the events that it wants, all if empty; `secret_before` signs beside
    `secret` until `before_until`. `why_off`: who or what switched it off."""

    id = BigAutoField()
    url = CharField(max_length=2000)
    note = CharField(max_length=255, default="")
    kinds = JsonField(default=list)
    secret = CharField(max_length=64)
    secret_before = CharField(max_length=64, default="")
    before_until = UtcField(null=True)
    active = BooleanField(default=True)
    why_off = Code(max_length=16, default="")
    version = Int(default=1)
    created_at = UtcField()

    class Meta:
        table_name = "webhooks_endpoint"
        indexes = ((("store", "id"), False),)


class Delivery(StoreRow):
    """One event for one receiver: waiting, done, failed or dropped (the receiver was switched off).
    `status` and `error` are of the last try."""

    id = BigAutoField()
    endpoint = ForeignKeyField(Endpoint, on_delete="CASCADE", index=False)
    event = ForeignKeyField(Event, index=True)
    state = Code(max_length=16, default="waiting")
    tries = Int(default=0)
    round = Int(default=0)
    status = Int(default=0)
    error = CharField(max_length=255, default="")
    created_at = UtcField()
    tried_at = UtcField(null=True)

    class Meta:
        table_name = "webhooks_delivery"
        indexes = (
            (("endpoint", "event"), True),
            (("store", "id"), False),
            (("store", "created_at"), False),
        )
