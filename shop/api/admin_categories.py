"""The tree of categories, for its owner."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import validate

from shop import i18n
from shop.api.base import Blueprint, answer, check_match, ctx, etag
from shop.api.fields import Name, Page, Schema, Text
from shop.catalog import categories

blp = Blueprint("admin_categories", __name__, admin=True, description="Categories, for their owner")

ID = "<int(max=9223372036854775807):category_id>"


class CategoryWords(Schema):
    title = Name(255)


class CategoryFacts(Schema):
    handle = Text(200, metadata={"title": "Address", "help": "made of the title"})
    title = Name(255, 1, metadata={"title": "Title"})
    parent = Text(
        200, 1, allow_none=True, metadata={"title": "Parent category", "help": "a handle"}
    )
    position = ma.fields.Integer(
        strict=True,
        validate=validate.Range(0, 1_000_000_000),
        metadata={"title": "Place among its siblings", "help": "small is first"},
    )
    translations = ma.fields.Dict(
        keys=ma.fields.String(validate=validate.OneOf(i18n.LOCALES)),
        values=ma.fields.Nested(CategoryWords),
        metadata={"title": "In other languages"},
    )


class NewCategory(CategoryFacts):
    title = Name(255, 1, required=True, metadata={"title": "Title"})


class Category(CategoryFacts):
    id = ma.fields.Integer(required=True)
    version = ma.fields.Integer(required=True)
    products = ma.fields.Integer(
        required=True,
        metadata={"title": "Products", "help": "in it; deleting it takes it off them"},
    )


class CategoryPage(Schema):
    items = ma.fields.List(ma.fields.Nested(Category), required=True)
    next = ma.fields.String(required=True, allow_none=True)


@blp.get("/categories", needs="products:read")
@blp.arguments(Page, location="query")
@blp.response(200, CategoryPage)
def admin_list_categories(query: dict[str, Any]) -> Response:
    """Categories"""
    return answer(categories.find(ctx(), **query))


@blp.post("/categories", needs="products:write")
@blp.arguments(NewCategory)
@blp.response(201, Category)
def admin_create_category(body: dict[str, Any]) -> Response:
    """Make a category"""
    return _shown(categories.create(ctx(), body), 201)


@blp.get(f"/categories/{ID}", needs="products:read")
@blp.response(200, Category)
def admin_get_category(category_id: int) -> Response:
    """A category"""
    return _shown(category_id)


@blp.patch(f"/categories/{ID}", needs="products:write", match=True)
@blp.arguments(CategoryFacts)
@blp.response(200, Category)
def admin_update_category(body: dict[str, Any], category_id: int) -> Response:
    """Rename, move or reorder a category"""
    categories.update(ctx(), category_id, body, _matched(category_id))
    return _shown(category_id)


@blp.delete(f"/categories/{ID}", needs="products:write", match=True)
@blp.response(204)
def admin_delete_category(category_id: int) -> Response:
    """Remove a category with none below it; its products stay, without it"""
    categories.delete(ctx(), category_id, _matched(category_id))
    return Response(status=204)


def _matched(category_id: int) -> int:
    seen = categories.get(ctx(), category_id)["version"]
    check_match(category_id, seen)
    return seen


def _shown(category_id: int, status: int = 200) -> Response:
    category = categories.get(ctx(), category_id)
    return answer(category, status, ETag=etag(category["id"], category["version"]))
