"""The catalogue: products, their variants and categories, and the words they are found by."""

from peewee import (
    BigAutoField,
    BooleanField,
    CharField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from shop.models.base import Code, JsonField, Money, Row, StoreRow, UtcField, at_least_zero


class Category(StoreRow):
    """A node of the store's tree; `translations` is {locale: {title}}."""

    id = BigAutoField()
    handle = CharField()
    title = CharField()
    parent = ForeignKeyField("self", null=True)
    position = IntegerField(default=0)
    translations = JsonField(default=dict)
    version = IntegerField(default=1)

    class Meta:
        indexes = ((("store", "handle"), True),)


class Product(StoreRow):
    """Something sold. What is bought is one of its variants.

    `options` is [{name, values}] (at most three), `images` [{src, alt}], `seo` {title,
    description}, `translations` {locale: {title, description, unit, options: {name or value:
    text}}}.
    """

    id = BigAutoField()
    handle = CharField()
    title = CharField()
    description = TextField(default="")
    status = Code(default="draft")
    """draft, published, or archived: deleted, but once ordered"""
    unit = CharField(default="")
    vendor = CharField(default="")
    product_type = CharField(default="")
    tags = JsonField(default=list)
    images = JsonField(default=list)
    options = JsonField(default=list)
    seo = JsonField(default=dict)
    translations = JsonField(default=dict)
    position = IntegerField(default=0)
    version = IntegerField(default=1)
    created_at = UtcField()
    updated_at = UtcField()

    class Meta:
        indexes = (
            (("store", "handle"), True),
            (("store", "status", "position", "id"), False),
        )


class ProductCategory(Row):
    product = ForeignKeyField(Product, on_delete="CASCADE")
    category = ForeignKeyField(Category, on_delete="CASCADE")

    class Meta:
        primary_key = CompositeKey("category", "product")


class Variant(StoreRow):
    """One thing with a price and a stock. `options` holds its value per option of the product.

    `price` is the catalogue price in force; its history and every other public price stand in
    `price`. `tracked` false sells without counting. Weight in grams.
    """

    id = BigAutoField()
    product = ForeignKeyField(Product, on_delete="CASCADE")
    position = IntegerField(default=0)
    sku = CharField()
    barcode = CharField(default="")
    options = JsonField(default=list)
    price = Money(constraints=[at_least_zero("price")])
    compare_at = Money(null=True)
    cost = Money(null=True)
    weight = IntegerField(null=True)
    image = TextField(default="")
    tracked = BooleanField(default=True)
    archived_at = UtcField(null=True)
    """set instead of deleting a variant that was ever ordered"""

    class Meta:
        indexes = ((("store", "sku"), True),)


class SearchTerm(Row):
    """A word of a product's titles, tags or SKUs: CJK uni- and bigrams, Latin words."""

    store = Code(max_length=32)
    term = CharField(max_length=64)
    product = ForeignKeyField(Product, on_delete="CASCADE")

    class Meta:
        primary_key = CompositeKey("store", "term", "product")
