"""Sales for staff."""

from __future__ import annotations

from typing import Any

from flask import Response

from shop import Blueprint, answer, check_match, ctx, etag, i18n, idempotent
from shop.clock import rfc3339, to_us

from . import announcement, items, report, sales
from .models import Sale
from .schemas import AdminSale, AdminSalePage, Announcement, NewSale, SaleChanges, SaleQuery
from .schemas_shown import Report

admin = Blueprint("admin_flash_sale", __name__, admin=True, description="Sales, for staff")

READ, MANAGE = "flash_sale.read", "flash_sale.manage"


@admin.get("/flash_sale/sales", needs=READ)
@admin.arguments(SaleQuery, location="query")
@admin.response(200, AdminSalePage)
def admin_flash_sale_list_sales(query: dict[str, Any]) -> Response:
    """Sales, the newest first"""
    page = sales.page(ctx(), **query)
    found = items.of_sales(ctx(), [sale.id for sale in page["items"]])
    return answer(page | {"items": [document(sale, found[sale.id]) for sale in page["items"]]})


@admin.post("/flash_sale/sales", needs=MANAGE)
@admin.arguments(NewSale)
@admin.response(201, AdminSale)
@idempotent(required=False)
def admin_flash_sale_create_sale(body: dict[str, Any]) -> dict[str, Any]:
    """Make a sale and set its units apart"""
    return document(sales.create(ctx(), body))


@admin.get("/flash_sale/sales/<int:sale_id>", needs=READ)
@admin.response(200, AdminSale)
def admin_flash_sale_get_sale(sale_id: int) -> Response:
    """A sale"""
    return _answer(sales.get(ctx(), sale_id))


@admin.patch("/flash_sale/sales/<int:sale_id>", needs=MANAGE, match=True)
@admin.arguments(SaleChanges)
@admin.response(200, AdminSale)
def admin_flash_sale_change_sale(body: dict[str, Any], sale_id: int) -> Response:
    """Change a sale; what was announced gets no worse"""
    seen = sales.get(ctx(), sale_id).version
    check_match(sale_id, seen)
    return _answer(sales.change(ctx(), sale_id, seen, body))


@admin.delete("/flash_sale/sales/<int:sale_id>", needs=MANAGE, match=True)
@admin.response(204)
def admin_flash_sale_cancel_sale(sale_id: int) -> Response:
    """Take back a sale that has not started; its units go back to stock"""
    seen = sales.get(ctx(), sale_id).version
    check_match(sale_id, seen)
    sales.cancel(ctx(), sale_id, seen)
    return Response(status=204)


@admin.post("/flash_sale/sales/<int:sale_id>/end", needs=MANAGE)
@admin.response(200, AdminSale)
def admin_flash_sale_end_sale(sale_id: int) -> Response:
    """End a running sale now"""
    return _answer(sales.end_now(ctx(), sale_id))


@admin.get("/flash_sale/sales/<int:sale_id>/announcement", needs=READ)
@admin.response(200, Announcement)
def admin_flash_sale_get_announcement(sale_id: int) -> Response:
    """The text for the chat group"""
    return answer({"texts": announcement.texts(ctx(), sale_id)})


@admin.get("/flash_sale/sales/<int:sale_id>/report", needs=READ)
@admin.response(200, Report)
def admin_flash_sale_get_report(sale_id: int) -> Response:
    """What a sale earned or lost, now"""
    made = report.report(ctx(), sale_id)
    return answer(made | {"sold_out_at": rfc3339(made["sold_out_at"])})


def document(sale: Sale, found: list[items.Item] | None = None) -> dict[str, Any]:
    found = found or items.of_sale(ctx(), sale.id)
    times = ("starts", "ends", "announce_at", "announced_at", "ended_at")
    return {
        "id": sale.id,
        "name": sale.name,
        "translations": sale.translations,
        "state": sales.state(ctx(), sale),
        "tag": sale.tag,
        "per_customer": sale.per_customer,
        "per_order": sale.per_order,
        "when_sold_out": sale.when_sold_out,
        "prepay": sale.prepay,
        **{name: _time(getattr(sale, name)) for name in times},
        "series": sale.series_id,
        "items": [
            {
                "sku": item.known_as,
                "price": item.price,
                "normal_price": item.normal,
                "quantity": item.quantity,
                "left": item.left,
                "rest": item.rest,
            }
            for item in found
        ],
        "problem": _problem(sale, found),
        "version": sale.version,
    }


def _problem(sale: Sale, found: list[items.Item]) -> str | None:
    """What the owner should know of a sale whose goods were deleted."""
    lost = [item.known_as for item in found if item.archived_at and sale.ended_at is None]
    return i18n.say("flash_sale_goods_gone", ctx().locale, skus=", ".join(lost)) if lost else None


def _answer(sale: Sale) -> Response:
    return answer(document(sale), ETag=etag(sale.id, sale.version))


def _time(at: Any) -> str | None:
    return at and rfc3339(to_us(at))
