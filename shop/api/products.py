"""The catalogue, for everyone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import marshmallow as ma
from flask import Response, request

from shop.api.base import PUBLIC, Blueprint, answer, ctx, etag
from shop.api.fields import Page, Schema, Text
from shop.errors import NotFound
from shop.services import catalog
from shop.services.product_document import HANDLE

blp = Blueprint("products", __name__, description="The catalogue")

HEADERS = {"Cache-Control": "public, no-cache", "Vary": "Accept-Language"}
Words = ma.fields.String


class ProductQuery(Page):
    q = Text(200, metadata={"help": "words that all have to be found"})
    category = Text(200, metadata={"help": "a handle; categories below it count"})


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


@blp.get("/products", needs=PUBLIC)
@blp.arguments(ProductQuery, location="query")
@blp.response(200, ProductPage)
@blp.alt_response(304, description="As it was")
def list_products(query: dict[str, Any]) -> Response:
    """Products, by category and by words"""
    return _fresh(lambda: catalog.list_products(ctx(), **query))


@blp.get("/products/<string:handle>", needs=PUBLIC)
@blp.response(200, Product)
@blp.alt_response(304, description="As it was")
def get_product(handle: str) -> Response:
    """A product with its variants"""
    if not HANDLE.fullmatch(handle):
        raise NotFound
    return _fresh(lambda: catalog.get_product(ctx(), handle))


@blp.get("/categories", needs=PUBLIC)
@blp.response(200, CategoryTree)
@blp.alt_response(304, description="As it was")
def list_categories() -> Response:
    """The tree of categories"""
    return _fresh(lambda: {"items": catalog.list_categories(ctx())})


def _fresh(build: Callable[[], Any]) -> Response:
    """The answer with its ETag, or 304 to who has it already."""
    tag = catalog.etag(ctx())
    known = request.if_none_match.contains_weak(tag)
    response = Response(status=304) if known else answer(build())
    response.headers.update({"ETag": etag(tag), **HEADERS})
    return response
