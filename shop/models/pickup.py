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
    `pickup_window:<id>`; nothing can be ordered into it after `cut_off`."""

    id = BigAutoField()
    point = ForeignKeyField(PickupPoint, index=False)
    starts = UtcField()
    ends = UtcField()
    cut_off = UtcField()
    capacity = IntegerField(null=True)
    version = IntegerField(default=1)
    retired_at = UtcField(null=True)

    class Meta:
        indexes = ((("point", "starts"), False), (("store", "ends"), False))
