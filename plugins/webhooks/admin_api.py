"""Receivers and what was sent to them, for staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from shop import Blueprint, Page, answer, check_match, ctx, etag, idempotent

from . import deliveries, endpoints, shown
from .schemas import (
    Deliveries,
    Delivery,
    DeliveryQuery,
    Endpoint,
    EndpointChanges,
    Endpoints,
    EndpointWithSecret,
    NewEndpoint,
)

admin = Blueprint("admin_webhooks", __name__, admin=True, description="Webhooks, for staff")
READ, MANAGE = "webhooks.read", "webhooks.manage"


@admin.get("/webhooks/endpoints", needs=READ)
@admin.arguments(Page, location="query")
@admin.response(200, Endpoints)
def admin_webhooks_endpoints(query: dict[str, Any]) -> Response:
    """Receivers"""
    page = endpoints.page(ctx(), **query)
    return answer(page | {"items": [shown.endpoint(ctx(), one) for one in page["items"]]})


def _with_secret(document: dict[str, Any]) -> dict[str, Any]:
    """Not kept with the answer."""
    return document | {"secret": endpoints.get(ctx(), document["id"]).secret}


def _look(body: dict[str, Any]) -> Callable[[], None]:
    return lambda: endpoints.look(ctx(), body)


@admin.post("/webhooks/endpoints", needs=MANAGE)
@admin.arguments(NewEndpoint)
@admin.response(201, EndpointWithSecret)
@idempotent(_with_secret, required=False, look=_look)
def admin_webhooks_create_endpoint(body: dict[str, Any]) -> dict[str, Any]:
    """Tell a receiver what happens; its secret is shown once"""
    return shown.endpoint(ctx(), endpoints.create(ctx(), body))


@admin.get("/webhooks/endpoints/<int:endpoint_id>", needs=READ)
@admin.response(200, Endpoint)
def admin_webhooks_endpoint(endpoint_id: int) -> Response:
    """A receiver"""
    return _answer(endpoints.get(ctx(), endpoint_id))


@admin.patch("/webhooks/endpoints/<int:endpoint_id>", needs=MANAGE, match=True)
@admin.arguments(EndpointChanges)
@admin.response(200, Endpoint)
def admin_webhooks_change_endpoint(body: dict[str, Any], endpoint_id: int) -> Response:
    """Change where it is and what it wants, or switch it on or off"""
    seen = endpoints.get(ctx(), endpoint_id).version
    check_match(endpoint_id, seen)
    return _answer(endpoints.change(ctx(), endpoint_id, seen, body))


@admin.delete("/webhooks/endpoints/<int:endpoint_id>", needs=MANAGE, match=True)
@admin.response(204)
def admin_webhooks_remove_endpoint(endpoint_id: int) -> Response:
    """Forget a receiver and what was sent to it"""
    seen = endpoints.get(ctx(), endpoint_id).version
    check_match(endpoint_id, seen)
    endpoints.remove(ctx(), endpoint_id, seen)
    return Response(status=204)


@admin.post("/webhooks/endpoints/<int:endpoint_id>/rotate", needs=MANAGE)
@admin.response(200, EndpointWithSecret)
@idempotent(_with_secret, required=False)
def admin_webhooks_rotate_secret(endpoint_id: int) -> tuple[dict[str, Any], int]:
    """A new secret; the old one signs beside it for some hours"""
    return shown.endpoint(ctx(), endpoints.rotate(ctx(), endpoint_id)), 200


@admin.post("/webhooks/endpoints/<int:endpoint_id>/ping", needs=MANAGE)
@admin.response(201, Delivery)
@idempotent(required=False)
def admin_webhooks_ping(endpoint_id: int) -> dict[str, Any]:
    """Send an event of no meaning, to see whether it answers"""
    return shown.sent(ctx(), [deliveries.ping(ctx(), endpoint_id)])[0]


@admin.get("/webhooks/deliveries", needs=READ)
@admin.arguments(DeliveryQuery, location="query")
@admin.response(200, Deliveries)
def admin_webhooks_deliveries(query: dict[str, Any]) -> Response:
    """What was sent, the newest first"""
    page = deliveries.page(ctx(), **query)
    return answer(page | {"items": shown.sent(ctx(), page["items"])})


@admin.get("/webhooks/deliveries/<int:delivery_id>", needs=READ)
@admin.response(200, Delivery)
def admin_webhooks_delivery(delivery_id: int) -> Response:
    """One event for one receiver"""
    return answer(shown.sent(ctx(), [deliveries.get(ctx(), delivery_id)])[0])


@admin.post("/webhooks/deliveries/<int:delivery_id>/replay", needs=MANAGE)
@admin.response(200, Delivery)
@idempotent(required=False)
def admin_webhooks_replay(delivery_id: int) -> tuple[dict[str, Any], int]:
    """Send it once more"""
    return shown.sent(ctx(), [deliveries.replay(ctx(), delivery_id)])[0], 200


def _answer(endpoint: Any) -> Response:
    return answer(shown.endpoint(ctx(), endpoint), ETag=etag(endpoint.id, endpoint.version))
