"""Minishop: a small shop for a community. These are the public names for plugin authors.

Everything else that a plugin may use stands in the rooms of the domain (`ROOMS`), in
`shop.models` and in `shop.testing`. Names are imported when first used, so that `import shop` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shop.api.access import order_for_caller
    from shop.api.base import PUBLIC, Blueprint, answer, check_match, ctx, etag
    from shop.api.fields import (
        Amount,
        Date,
        Flag,
        Instant,
        Name,
        Page,
        Quantity,
        Schema,
        Text,
        Titled,
    )
    from shop.api.idempotent import idempotent
    from shop.api.local import local_api
    from shop.api.outside import public_url
    from shop.api.pages import (
        Pages,
        Refused,
        cookie,
        go,
        local_path,
        need,
        seen_at,
        set_cookie,
        speak,
        whole_number,
    )
    from shop.carts.quote import Adjustment, LinePrice, Problem, Quote, QuoteLine
    from shop.catalog.goods_in_use import InUse
    from shop.context import Caller, Context
    from shop.errors import Conflict, NotFound, ProviderAway, Reject
    from shop.jobs.events import Change, EventView
    from shop.orders.order_view import OrderView
    from shop.plugin import Plugin, hookimpl

ROOMS = (
    "catalog", "carts", "orders", "stock", "pickup", "payments", "ledger", "people", "jobs",
    "messages", "plugins", "ops",
)  # fmt: skip
"""The packages in which the rules of a shop are kept, each with a module of its own name or more."""
_HOME = {
    "api.access": ("order_for_caller",),
    "api.base": ("PUBLIC", "Blueprint", "answer", "check_match", "ctx", "etag"),
    "api.fields": (
        "Amount", "Date", "Flag", "Instant", "Name", "Page", "Quantity", "Schema", "Text", "Titled",
    ),
    "api.idempotent": ("idempotent",),
    "api.local": ("local_api",),
    "api.outside": ("public_url",),
    "api.pages": (
        "Pages", "Refused", "cookie", "go", "local_path", "need", "seen_at", "set_cookie",
        "speak", "whole_number",
    ),
    "context": ("Caller", "Context"),
    "errors": ("Conflict", "NotFound", "ProviderAway", "Reject"),
    "plugin": ("Plugin", "hookimpl"),
    "jobs.events": ("Change", "EventView"),
    "catalog.goods_in_use": ("InUse",),
    "orders.order_view": ("OrderView",),
    "carts.quote": ("Adjustment", "LinePrice", "Problem", "Quote", "QuoteLine"),
}  # fmt: skip
_MODULE = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "PUBLIC", "Adjustment", "Amount", "Blueprint", "Caller", "Change", "Conflict", "Context", "Date",
    "EventView", "Flag", "InUse", "Instant", "LinePrice", "Name", "NotFound", "OrderView", "Page", "Pages",
    "Plugin", "Problem", "ProviderAway", "Quantity", "Quote", "QuoteLine", "Refused", "Reject",
    "Schema", "Text", "Titled", "answer", "check_match", "cookie", "ctx", "etag", "go", "hookimpl",
    "idempotent", "local_api", "local_path", "need", "order_for_caller", "public_url",
    "seen_at", "set_cookie", "speak", "whole_number",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module 'shop' has no attribute {name!r}")
    return getattr(import_module(f"shop.{_MODULE[name]}"), name)
