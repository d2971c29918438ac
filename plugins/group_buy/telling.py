"""Tells members that their team is complete, has failed, or that the price fell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shop import Context, i18n
from shop.messages import channels, templates
from shop.orders import order_view

from .settings import NAME


def tell(ctx: Context, data: dict[str, Any]) -> None:
    """By the shop's way of sending messages: {order, what: complete, failed or ladder, amount}."""
    order = order_view.load(ctx, data["order"])
    line = next(line for line in order.lines if line.source == NAME)
    there = replace(ctx, locale=order.locale if order.locale in i18n.LOCALES else ctx.locale)
    text = templates.render(
        there, NAME, "team.txt", what=data["what"], title=line.title, order=order.number,
        amount=data["amount"], paid=bool(order.paid),
    )  # fmt: skip
    message = channels.Message(f"{NAME}_{data['what']}", order.contact_phone, text.strip())
    channels.send(there, message)
