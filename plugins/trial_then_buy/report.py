"""What trials brought and what they cost: conversion, loss, and whether the fee covers it."""

from __future__ import annotations

from typing import Any

from shop import Context, db
from shop.orders import kept

from . import offers

FIGURES = f"""
SELECT o.id, v.sku, v.cost, v.id, COUNT(t.id),
  COALESCE(SUM(CASE WHEN t.state = 'running' THEN 1 ELSE 0 END), 0),
  COALESCE(SUM(CASE WHEN t.state = 'bought' THEN 1 ELSE 0 END), 0),
  COALESCE(SUM(CASE WHEN t.state = 'settled' THEN 1 ELSE 0 END), 0),
  COALESCE(SUM(t.damage), 0),
  COALESCE(SUM(CASE WHEN t.written_off = ? THEN COALESCE(l.cost, 0) * l.quantity ELSE 0 END), 0),
  COALESCE(SUM(CASE WHEN t.state NOT IN ('waiting', 'cancelled')
    THEN {kept.MONEY} ELSE 0 END), 0)
FROM trial_then_buy_offer o JOIN variant v ON v.id = o.variant_id
LEFT JOIN trial_then_buy_trial t ON t.offer_id = o.id
LEFT JOIN order_line l ON l.id = t.line_id
WHERE o.store = ? GROUP BY o.id, v.sku, v.cost, v.id ORDER BY o.id DESC LIMIT 200"""
NAMES = ("offer", "sku", "trials", "running", "bought", "returned", "damage", "lost", "fees")


def report(ctx: Context) -> dict[str, Any]:
    """{items, currency}, an item for each of the latest 200 offers: how many trials there were, how
    many are `running`, were `bought` or `returned`; money kept for `damage`, cost of what was
    written off (`lost`), `fees` kept; `conversion` in percent of those that ended; the loss to
    `expect` of one trial, and whether the fees cover what was lost."""
    items = []
    for offer, sku, cost, variant, *figures in db.rows(FIGURES, True, ctx.code):
        item = dict(zip(NAMES, (offer, sku, *figures), strict=True))
        ended = item["bought"] + item["returned"]
        item["conversion"] = item["bought"] * 100 // ended if ended else None
        item["expected_loss"] = offers.expected_loss(ctx, variant, cost)
        item["covered"] = item["fees"] + item["damage"] >= item["lost"]
        items.append(item)
    return {"items": items, "currency": ctx.store.currency}
