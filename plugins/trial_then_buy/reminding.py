"""Reminds who has a trial of its day: two days before, on it, and two days after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

from shop import Context, db, i18n
from shop.clock import to_us
from shop.jobs import events
from shop.messages import channels, templates
from shop.orders import order_view

from . import terms, trials
from .settings import NAME

SAID = "SELECT 1 FROM event WHERE store = ? AND order_id = ? AND kind = ? AND data = ?"
REMINDED = f"{NAME}.reminded"


def remind(ctx: Context, data: dict[str, Any]) -> None:
    """By the shop's way of sending messages; nothing if it has been returned or bought, or if a
    runner said so before it died."""
    trial = trials.get(ctx, data["trial"])
    if trial.state != "running" or to_us(trial.due_at) != data["due"]:
        return
    if db.value(SAID, ctx.code, trial.order_id, REMINDED, db.dump({"late": data["late"]})):
        return
    order = order_view.load(ctx, trial.order_id)
    line = next(line for line in order.lines if line.id == trial.line_id)
    there = replace(ctx, locale=order.locale if order.locale in i18n.LOCALES else ctx.locale)
    day = trial.due_at.astimezone(ZoneInfo(ctx.store.timezone)).date()
    text = templates.render(
        there, NAME, "due.txt", title=line.title, order=order.number, late=data["late"],
        day=format_date(day, "long", locale=there.locale),
        price=terms.of(line.offer).branches(line.quantity)["bought"]["more"],
    )  # fmt: skip
    message = channels.Message("trial_then_buy_due", order.contact_phone, text.strip())
    channels.send(there, message)
    events.record(ctx, REMINDED, order.id, order.customer_id, late=data["late"])
