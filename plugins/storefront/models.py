"""How many came to the pages, by day: a number, and nothing of anybody."""

from peewee import BigAutoField, BigIntegerField

from shop.models import Code, StoreRow


class Visit(StoreRow):
    """`day` is an ISO date by the store's clock."""

    id = BigAutoField()
    day = Code(max_length=10)
    visits = BigIntegerField()

    class Meta:
        table_name = "storefront_visit"
        indexes = ((("store", "day"), True),)
