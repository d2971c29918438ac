"""`/price-history/…`: the lowest price before, for front ends that say it."""

from __future__ import annotations

from flask import Response

from shop import PUBLIC, Blueprint, answer, ctx

from . import shown
from .schemas import ShownProduct

public = Blueprint("price_history", __name__, description="The lowest price before")


@public.get("/price-history/products/<string:handle>", needs=PUBLIC)
@public.response(200, ShownProduct)
def price_history_get_product(handle: str) -> Response:
    """The lowest price of each variant before it was reduced, or in the last days"""
    return answer(shown.product(ctx(), handle), Cache_Control="no-store")
