"""What a store says about itself."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from shop.api.base import PUBLIC, Blueprint, ctx
from shop.api.fields import Schema

blp = Blueprint("store", __name__, description="The store")


class StoreView(Schema):
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    description = ma.fields.String(required=True)
    currency = ma.fields.String(required=True)
    timezone = ma.fields.String(required=True)
    locale = ma.fields.String(required=True)
    plugins = ma.fields.List(ma.fields.String(), required=True)


@blp.get("/", needs=PUBLIC)
@blp.response(200, StoreView)
def get_store() -> dict[str, Any]:
    """The store: its name, currency, zone, language and what is switched on"""
    store, words = ctx().store, ctx().store.translations.get(ctx().locale, {})
    return {
        "code": store.code,
        "name": words.get("name", store.name),
        "description": words.get("description", store.description),
        "currency": store.currency,
        "timezone": store.timezone,
        "locale": store.locale,
        "plugins": list(ctx().plugins.names),
    }
