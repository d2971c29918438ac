"""Other systems are told what happens in the shop, by signed requests that are not lost."""

from __future__ import annotations

from typing import Any

from shop import Context, EventView, Plugin, db, hookimpl

from . import deliveries, models
from .admin_api import MANAGE, READ, admin
from .cli import webhooks
from .invariants import INVARIANTS
from .settings import NAME, WebhooksSettings

WAITING = "SELECT COUNT(*) FROM webhooks_delivery WHERE store = ? AND state = 'waiting'"


class Webhooks(Plugin):
    """Tell other systems what happens."""

    name, version = NAME, "1.0"
    Settings = WebhooksSettings
    models = (models.Endpoint, models.Delivery)
    invariants = INVARIANTS
    blueprints = (admin,)
    commands = (webhooks,)
    permissions = {READ: "See receivers and what was sent", MANAGE: "Change receivers, send again"}
    periodic = {"forget": 86_400}

    def jobs(self) -> dict[str, Any]:
        return {"send": deliveries.send, "forget": deliveries.forget}

    def open_work(self, ctx: Context) -> list[str]:
        waiting = db.value(WAITING, ctx.code)
        return [f"messages that receivers have not taken yet: {waiting}"] if waiting else []

    @hookimpl
    def notify(self, ctx: Context, event: EventView) -> None:
        deliveries.tell(ctx, event)
