"""The catalogue, for everyone."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from shop.api.base import Blueprint
from shop.api.fields import Page, Schema, Text
from shop.catalog import catalog
from shop.catalog.product_document import HANDLE
from shop.context import Context
from shop.errors import NotFound

blp = Blueprint("products", __name__, description="The catalogue")

Words = ma.fields.String


class ProductQuery(Page):
    q = Text(200, metadata={"help": "words that all have to be found"})
    category = Text(200, metadata={"help": "a handle; categories below it count"})
    sku = Text(255, metadata={"help": "of one of its variants"})


class Image(Schema):
    src = Words(required=True)
    alt = Words(required=True)


class Option(Schema):
    name = Words(required=True)
    values = ma.fields.List(Words(), required=True)


class Variant(Schema):
    sku = Words(required=True)
    title = Words(required=True)
    options = ma.fields.Dict(keys=Words(), values=Words(), required=True)
    price = ma.fields.Integer(required=True, metadata={"unit": "money"})
    compare_at = ma.fields.Integer(required=True, allow_none=True, metadata={"unit": "money"})
    available = ma.fields.Integer(
        required=True, allow_none=True, metadata={"help": "exact up to 20; null is not counted"}
    )
    weight = ma.fields.Integer(required=True, allow_none=True, metadata={"unit": "grams"})
    image = Words(required=True)
    extensions = ma.fields.Dict(required=True)


class Product(Schema):
    handle = Words(required=True)
    title = Words(required=True)
    description = Words(required=True, metadata={"help": "clean HTML"})
    unit = Words(required=True)
    vendor = Words(required=True)
    product_type = Words(required=True)
    images = ma.fields.List(ma.fields.Nested(Image), required=True)
    categories = ma.fields.List(Words(), required=True)
    tags = ma.fields.List(Words(), required=True)
    options = ma.fields.List(ma.fields.Nested(Option), required=True)
    seo = ma.fields.Dict(keys=Words(), values=Words(), required=True)
    variants = ma.fields.List(ma.fields.Nested(Variant), required=True)
    extensions = ma.fields.Dict(required=True)


class ProductPage(Schema):
    items = ma.fields.List(ma.fields.Nested(Product), required=True)
    next = Words(required=True, allow_none=True)


class CategoryNode(Schema):
    handle = Words(required=True)
    title = Words(required=True)
    children = ma.fields.List(ma.fields.Nested(lambda: CategoryNode()), required=True)


class CategoryTree(Schema):
    items = ma.fields.List(ma.fields.Nested(CategoryNode), required=True)


@blp.catalogue("/products", ProductPage, ProductQuery)
def list_products(ctx: Context, **query: Any) -> dict[str, Any]:
    """Products, by category and by words"""
    return catalog.list_products(ctx, **query)


@blp.catalogue("/products/<string:handle>", Product)
def get_product(ctx: Context, handle: str) -> dict[str, Any]:
    """A product with its variants"""
    if not HANDLE.fullmatch(handle):
        raise NotFound
    return catalog.get_product(ctx, handle)


@blp.catalogue("/categories", CategoryTree)
def list_categories(ctx: Context) -> dict[str, Any]:
    """The tree of categories"""
    return {"items": catalog.list_categories(ctx)}
