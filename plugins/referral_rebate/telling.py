"""Tells who earned something what it is and when it can be spent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shop import Context, i18n
from shop.clock import to_us
from shop.messages import channels, templates
from shop.people import accounts

from . import rewards
from .settings import NAME


def tell(ctx: Context, data: dict[str, Any]) -> None:
    """By the shop's way of sending messages; nothing if it was taken back meanwhile."""
    reward = rewards.get(ctx, data["reward"])
    amount = reward.granted - reward.taken
    customer = accounts.get(ctx, reward.customer_id)
    if not amount or customer["erased_at"] is not None:
        return
    locale = customer["locale"] if customer["locale"] in i18n.LOCALES else ctx.locale
    there = replace(ctx, locale=locale)
    text = templates.render(
        there, NAME, "earned.txt", kind=reward.kind, amount=amount, back=bool(reward.account_id),
        available=to_us(reward.available_at),
    )  # fmt: skip
    message = channels.Message(f"{NAME}_earned", customer["phone"], text.strip())
    channels.send(there, message)
