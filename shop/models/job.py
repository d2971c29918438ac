"""What happened, and what is still to be done about it."""

from peewee import BigAutoField, BigIntegerField, CharField, IntegerField, TextField

from shop.models.base import Code, JsonField, Row, StoreRow, UtcField


class Event(StoreRow):
    """Appended in the transaction of the change. `kind` is `order.paid` and the like."""

    id = BigAutoField()
    kind = Code()
    order_id = BigIntegerField(null=True, index=True)
    customer_id = BigIntegerField(null=True)
    data = JsonField(default=dict)
    at = UtcField()

    class Meta:
        indexes = ((("store", "id"), False),)


class Job(StoreRow):
    """`plugin` is "core" or a plugin's name; (plugin, name, key) makes it one job. `state` is
    waiting, running (until `lease_until`), done, skipped or dead; `subject` keeps the order of
    jobs about one thing."""

    id = BigAutoField()
    plugin = Code()
    name = Code()
    key = CharField(max_length=160)
    subject = CharField(default="")
    data = JsonField(default=dict)
    state = Code(default="waiting")
    run_at = UtcField()
    tries = IntegerField(default=0)
    leased_by = CharField(default="")
    lease_until = UtcField(null=True)
    error = TextField(default="")
    created_at = UtcField()
    done_at = UtcField(null=True)

    class Meta:
        indexes = (
            (("store", "plugin", "name", "key"), True),
            (("state", "run_at"), False),
            (("plugin", "subject", "state"), False),
        )


class Lease(Row):
    """Which process leads (runs the jobs of the instance) and until when, unless it renews."""

    name = Code(primary_key=True)
    holder = CharField()
    until = UtcField()


class Audit(StoreRow):
    """Every action of staff: who, what, on which thing, with which facts."""

    id = BigAutoField()
    actor = CharField()
    action = Code()
    subject = CharField(default="")
    data = JsonField(default=dict)
    request_id = CharField(default="")
    at = UtcField()
    seal_id = BigIntegerField(null=True)

    class Meta:
        indexes = (
            (("store", "id"), False),
            (("store", "action", "id"), False),
            (("store", "subject", "id"), False),
            (("store", "seal_id", "id"), False),
        )


class Idempotency(StoreRow):
    """The answer that changed something, kept under the caller's key to be given again."""

    id = BigAutoField()
    caller = CharField()
    operation = Code()
    key = CharField()
    body_hash = CharField()
    status = IntegerField(default=0)
    answer = TextField(default="")
    created_at = UtcField()

    class Meta:
        indexes = ((("store", "caller", "operation", "key"), True), (("created_at",), False))
