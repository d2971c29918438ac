"""Sales for customers: what runs, what is coming, what is left."""

from __future__ import annotations

from typing import Any

from flask import Response

from shop import PUBLIC, Blueprint, Page, answer, ctx

from . import shown
from .schemas_shown import SaleNow, SalePage

public = Blueprint("flash_sale", __name__, description="Sales for a short time")

FRESH = {"Cache_Control": "no-store"}


@public.get("/flash-sale/sales", needs=PUBLIC)
@public.arguments(Page, location="query")
@public.response(200, SalePage)
def flash_sale_list_sales(query: dict[str, Any]) -> Response:
    """Sales that run or are announced, the first to end first"""
    return answer(shown.page(ctx(), **query), **FRESH)


@public.get("/flash-sale/sales/<int:sale_id>", needs=PUBLIC)
@public.response(200, SaleNow)
def flash_sale_get_sale(sale_id: int) -> Response:
    """A sale, with what is left at this moment"""
    return answer(shown.one(ctx(), sale_id), **FRESH)
