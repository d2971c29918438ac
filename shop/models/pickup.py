"""Where and when an order is fetched."""

from peewee import BigAutoField, CharField, ForeignKeyField, IntegerField, TextField

from shop.models.base import JsonField, StoreRow, UtcField


class PickupPoint(StoreRow):
    """`translations` is {locale: {name, address, instructions}}; `retired_at` hides it."""

    id = BigAutoField()
    code = CharField(max_length=32)
    name = CharField()
    address = CharField(default="")
    instructions = TextField(default="")
    opening_hours = CharField(default="")
    translations = JsonField(default=dict)
    version = IntegerField(default=1)
    retired_at = UtcField(null=True)

    class Meta:
        indexes = ((("store", "code"), True),)


class PickupWindow(StoreRow):
    """A time at a point. `capacity` (orders, null: no limit) is the cap of the claim counter
    `pickup_window:<id>`; nothing can be ordered into it after `cut_off`. `slot_starts` and
    `slot_ends` are the hours that a pattern made or found it for (null: none did): it makes no
    other window for them, though this one was moved or retired since."""

    id = BigAutoField()
    point = ForeignKeyField(PickupPoint, index=False)
    starts = UtcField()
    ends = UtcField()
    cut_off = UtcField()
    slot_starts = UtcField(null=True)
    slot_ends = UtcField(null=True)
    capacity = IntegerField(null=True)
    version = IntegerField(default=1)
    retired_at = UtcField(null=True)

    class Meta:
        indexes = (
            (("point", "starts"), False),
            (("point", "slot_starts"), False),
            (("store", "ends"), False),
        )
