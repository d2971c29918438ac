"""The QR code that a customer shows at the pickup point."""

from __future__ import annotations

from typing import Any

from flask import Response

from shop.api.access import order_for_caller
from shop.api.base import PUBLIC, Blueprint, ctx
from shop.api.orders import OrderQuery
from shop.pickup import pickup_codes

blp = Blueprint("pickup_qr", __name__, description="The QR code of an order")

SVG = {"image/svg+xml": {"schema": {"type": "string"}}}


@blp.get("/orders/<string:number>/qr.svg", needs=PUBLIC)
@blp.arguments(OrderQuery, location="query")
@blp.response(200)
@blp.doc(responses={"200": {"description": "The image", "content": SVG}})
def get_order_qr(query: dict[str, Any], number: str) -> Response:
    """The QR code to show when fetching the order, as SVG"""
    order = order_for_caller(number)
    return Response(pickup_codes.qr_svg(ctx(), order), mimetype="image/svg+xml")
