"""Products, for their owner."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import validate

from shop import i18n
from shop.api.base import Blueprint, answer, check_match, ctx, etag
from shop.api.fields import Amount, Flag, Instant, Name, Page, Schema, Text
from shop.catalog import products
from shop.catalog.product_document import LENGTHS, OPTIONS, VARIANTS

blp = Blueprint("admin_products", __name__, admin=True, description="Products, for their owner")

ID = "<int(max=9223372036854775807):product_id>"
STATUS = validate.OneOf(("draft", "published"))


def Units(most: int, **options: Any) -> ma.fields.Integer:
    return ma.fields.Integer(strict=True, validate=validate.Range(0, most), **options)


def Texts(most: int, length: int, **options: Any) -> ma.fields.List:
    return ma.fields.List(Text(length, 1), validate=validate.Length(max=most), **options)


class ImageInput(Schema):
    src = Text(2000, 1, required=True, metadata={"help": "a web address or a path"})
    alt = Text(255, load_default="")


class OptionInput(Schema):
    name = Name(64, 1, required=True)
    values = Texts(VARIANTS, 64, metadata={"help": "their order; variants say which there are"})


class Seo(Schema):
    title = Name(255)
    description = Text(1000)


class ProductWords(Schema):
    title = Name(LENGTHS["title"])
    description = Text(LENGTHS["description"])
    unit = Text(LENGTHS["unit"])
    options = ma.fields.Dict(
        keys=Text(64, 1), values=Text(64), metadata={"help": "{name or value: what it is called}"}
    )


class VariantFacts(Schema):
    sku = Text(LENGTHS["sku"], 1, required=True, metadata={"title": "SKU", "unit": "sku"})
    options = Texts(OPTIONS, 64, metadata={"title": "Options", "help": "a value of each option"})
    barcode = Text(LENGTHS["barcode"], metadata={"title": "Barcode"})
    price = Amount(metadata={"title": "Price"})
    compare_at = Amount(allow_none=True, metadata={"title": "Struck-through price"})
    cost = Amount(allow_none=True, metadata={"title": "Cost"})
    weight = Units(100_000_000, allow_none=True, metadata={"title": "Weight", "unit": "grams"})
    image = Text(LENGTHS["image"], metadata={"title": "Picture"})
    tracked = Flag(metadata={"title": "Stock is counted"})


class NewVariant(VariantFacts):
    price = Amount(required=True, metadata={"title": "Price"})
    stock = Units(1_000_000_000, metadata={"title": "Stock to begin with", "unit": "units"})


class ProductFacts(Schema):
    handle = Text(LENGTHS["handle"], metadata={"title": "Address", "help": "made of the title"})
    title = Name(LENGTHS["title"], 1, metadata={"title": "Title"})
    description = Text(LENGTHS["description"], metadata={"title": "Description", "help": "HTML"})
    status = ma.fields.String(validate=STATUS, metadata={"title": "Status"})
    unit = Text(LENGTHS["unit"], metadata={"title": "Unit", "help": "bag, box, 500 g"})
    vendor = Text(LENGTHS["vendor"], metadata={"title": "Vendor"})
    product_type = Text(LENGTHS["product_type"], metadata={"title": "Type"})
    tags = Texts(50, 64, metadata={"title": "Tags"})
    images = ma.fields.List(
        ma.fields.Nested(ImageInput), validate=validate.Length(max=50), metadata={"title": "Images"}
    )
    options = ma.fields.List(
        ma.fields.Nested(OptionInput),
        validate=validate.Length(max=OPTIONS),
        metadata={"title": "Options"},
    )
    seo = ma.fields.Nested(Seo, metadata={"title": "For search engines"})
    translations = ma.fields.Dict(
        keys=ma.fields.String(validate=validate.OneOf(i18n.LOCALES)),
        values=ma.fields.Nested(ProductWords),
        metadata={"title": "In other languages"},
    )
    position = Units(1_000_000_000, metadata={"title": "Place in lists", "help": "small is first"})
    categories = Texts(50, LENGTHS["handle"], metadata={"title": "Categories"})


class ProductChanges(ProductFacts):
    variants = ma.fields.List(
        ma.fields.Nested(VariantFacts),
        validate=validate.Length(max=VARIANTS),
        metadata={"title": "Variants", "help": "matched by SKU; those not named stay"},
    )


class NewProduct(ProductFacts):
    title = Name(LENGTHS["title"], 1, required=True, metadata={"title": "Title"})
    variants = ma.fields.List(
        ma.fields.Nested(NewVariant),
        required=True,
        validate=validate.Length(1, VARIANTS),
        metadata={"title": "Variants"},
    )


class AdminVariant(NewVariant):
    id = ma.fields.Integer(required=True)
    stock = ma.fields.Integer(required=True, metadata={"unit": "units"})


class AdminProduct(ProductFacts):
    id = ma.fields.Integer(required=True)
    version = ma.fields.Integer(required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)
    variants = ma.fields.List(ma.fields.Nested(AdminVariant), required=True)


class AdminProductPage(Schema):
    items = ma.fields.List(ma.fields.Nested(AdminProduct), required=True)
    next = ma.fields.String(required=True, allow_none=True)


class AdminProductQuery(Page):
    q = Text(200, metadata={"help": "words of titles, tags, SKUs and barcodes"})
    status = ma.fields.String(validate=STATUS)


@blp.get("/products", needs="products:read")
@blp.arguments(AdminProductQuery, location="query")
@blp.response(200, AdminProductPage)
def admin_list_products(query: dict[str, Any]) -> Response:
    """Products, drafts too, newest first"""
    return answer(products.find(ctx(), **query))


@blp.post("/products", needs="products:write")
@blp.arguments(NewProduct)
@blp.response(201, AdminProduct)
def admin_create_product(body: dict[str, Any]) -> Response:
    """Make a product"""
    return _shown(products.create(ctx(), body), 201)


@blp.get(f"/products/{ID}", needs="products:read")
@blp.response(200, AdminProduct)
def admin_get_product(product_id: int) -> Response:
    """A product"""
    return _shown(product_id)


@blp.patch(f"/products/{ID}", needs="products:write", match=True)
@blp.arguments(ProductChanges)
@blp.response(200, AdminProduct)
def admin_update_product(body: dict[str, Any], product_id: int) -> Response:
    """Change some of a product; stock is changed by /admin/stock"""
    products.update(ctx(), product_id, body, _matched(product_id))
    return _shown(product_id)


class Removal(Schema):
    force = ma.fields.Boolean(
        load_default=False,
        metadata={"help": "remove it though a campaign needs it, else that is 409 in_use"},
    )


@blp.delete(f"/products/{ID}", needs="products:write", match=True)
@blp.arguments(Removal, location="query")
@blp.response(204)
def admin_delete_product(query: dict[str, Any], product_id: int) -> Response:
    """Remove a product; past orders keep what they say of it"""
    products.delete(ctx(), product_id, _matched(product_id), force=query["force"])
    return Response(status=204)


@blp.delete(f"/products/{ID}/variants/<path:sku>", needs="products:write", match=True)
@blp.arguments(Removal, location="query")
@blp.response(204)
def admin_delete_variant(query: dict[str, Any], product_id: int, sku: str) -> Response:
    """Remove a variant"""
    seen = _matched(product_id)
    products.delete_variant(ctx(), product_id, sku, seen, force=query["force"])
    return Response(status=204)


def _matched(product_id: int) -> int:
    """The version that the caller saw, which is the one that stands."""
    seen = products.get(ctx(), product_id)["version"]
    check_match(product_id, seen)
    return seen


def _shown(product_id: int, status: int = 200) -> Response:
    product = products.get(ctx(), product_id)
    return answer(product, status, ETag=etag(product_id, product["version"]))
