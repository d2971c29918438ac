"""Sales, what they sell, and the series that make one again and again."""

from peewee import SQL, BigAutoField, BigIntegerField, BooleanField, CharField, ForeignKeyField
from peewee import IntegerField as Int

from shop.models import Code, JsonField, Money, StoreRow, UtcField, Variant
from shop.models.base import at_least_zero


class Series(StoreRow):
    """A slot that comes again: on `weekdays` (ISO, Monday is 1) at `at` (HH:MM by the store's
    clocks) for `minutes`, from `first_day` to `last_day` (ISO dates). `items` is
    [{variant, sku, price, quantity}]; `problem` is why the last slot could not be made."""

    id = BigAutoField()
    name = CharField()
    translations = JsonField(default=dict)
    weekdays = JsonField()
    at = Code(max_length=5)
    minutes = Int()
    first_day = Code(max_length=10)
    last_day = Code(max_length=10, null=True)
    items = JsonField()
    tag = CharField(null=True)
    per_customer = Int(null=True)
    per_order = Int(null=True)
    when_sold_out = Code()
    prepay = BooleanField()
    problem = JsonField(null=True)
    created_at = UtcField()
    stopped_at = UtcField(null=True)
    version = Int(default=1)

    class Meta:
        table_name = "flash_sale_series"
        indexes = ((("store", "id"), False),)


class Sale(StoreRow):
    """Its units wait in the pool `flash_sale:<id>`. `tag` null: for everyone. `announce_at` null:
    not announced. `ended_at` is when the pool was closed; a sale cancelled has one too."""

    id = BigAutoField()
    name = CharField()
    translations = JsonField(default=dict)
    starts = UtcField()
    ends = UtcField()
    tag = CharField(null=True)
    per_customer = Int(null=True)
    per_order = Int(null=True)
    when_sold_out = Code()
    prepay = BooleanField()
    announce_at = UtcField(null=True)
    announced_at = UtcField(null=True)
    ended_at = UtcField(null=True)
    cancelled_at = UtcField(null=True)
    series = ForeignKeyField(Series, null=True, index=False)
    slot_day = Code(max_length=10, null=True)
    created_at = UtcField()
    version = Int(default=1)

    class Meta:
        table_name = "flash_sale_sale"
        indexes = (
            (("store", "id"), False),
            (("series", "slot_day"), True),
        )


Sale.add_index(
    Sale.index(Sale.store, Sale.ends, where=SQL("ended_at IS NULL"), name="flash_sale_sale_open")
)


class SaleItem(StoreRow):
    """`quantity` is what was set apart in all, `rest` what flowed back at the end (null before).
    `price_row` is the row that shows the price in the catalogue, while there is one."""

    id = BigAutoField()
    sale = ForeignKeyField(Sale, index=False)
    variant = ForeignKeyField(Variant, index=False)
    price = Money(constraints=[at_least_zero("price")])
    quantity = Int(constraints=[at_least_zero("quantity")])
    rest = Int(null=True)
    price_row = BigIntegerField(null=True)

    class Meta:
        table_name = "flash_sale_item"
        indexes = ((("sale", "variant"), True), (("variant", "sale"), False))
