"""The pages that are the same for everyone: home, lists, search, one product."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from shop import NotFound, go

from .drawing import draw
from .pages import ask, pages


class Look(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=100))
    category = fields.String(load_default="", validate=validate.Length(max=100))
    after = fields.String(load_default="", validate=validate.Length(max=200))


@pages.kept("/")
def home() -> str:
    """Campaigns, categories and the first goods."""
    return draw("home.html", categories=ask("/categories")["items"], page=ask("/products"))


@pages.kept("/products", query=Look)
def listed(q: str, category: str, after: str) -> str:
    """Goods of a category, or those that a search finds."""
    asked = {"q": q or None, "category": category or None, "after": after or None}
    categories = ask("/categories")["items"]
    return draw(
        "list.html", categories=categories, page=ask("/products", **asked), q=q,
        category=_find(categories, category), after=after,
    )  # fmt: skip


@pages.kept("/products/<string:handle>")
def product(handle: str) -> str:
    """One product, with all that can be chosen of it."""
    return draw("product.html", product=ask(f"/products/{handle}"))


@pages.get("/sku/<path:sku>")
def of_sku(sku: str) -> Response:
    """The product that a variant belongs to."""
    found = ask("/products", sku=sku)["items"]
    if not found:
        raise NotFound
    return go(f"/products/{found[0]['handle']}")


def _find(categories: list[dict[str, Any]], handle: str) -> dict[str, Any] | None:
    for one in categories:
        if one["handle"] == handle:
            return one
        if found := _find(one["children"], handle):
            return found
    return None
