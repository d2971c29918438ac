"""Tells a customer, once for each day, that points expire on it.

`find` looks every hour for the days that are near and writes one job per customer and day; that
job says what is left by then. Only those who have signed in once are told: a phone that somebody
typed into an order proves nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

from shop import Context, db, i18n
from shop.clock import from_us, to_us
from shop.jobs import events, jobs
from shop.messages import channels, templates

from . import rates, rules
from .settings import NAME, UNIT

NEAR = """
SELECT l.id, a.customer_id, l.expires_at FROM lot l JOIN account a ON a.id = l.account_id
JOIN customer c ON c.id = a.customer_id
WHERE l.store = ? AND l.remaining > 0 AND l.expires_at > ? AND l.expires_at < ? AND l.id > ?
  AND a.unit = ? AND c.verified_at IS NOT NULL ORDER BY l.id LIMIT 500"""
LEFT = """
SELECT COALESCE(SUM(l.remaining), 0) FROM lot l JOIN account a ON a.id = l.account_id
WHERE a.store = ? AND a.name = ? AND l.remaining > 0 AND l.expires_at > ? AND l.expires_at >= ?
  AND l.expires_at < ?"""
WHO = """
SELECT phone, name, locale FROM customer
WHERE id = ? AND store = ? AND verified_at IS NOT NULL"""


def find(ctx: Context, data: dict[str, Any]) -> None:
    """Write a job `tell` for every customer and day on which something expires soon."""
    settings = ctx.settings(NAME)
    if not settings.notice_days or NAME not in ctx.plugins.by_name:
        return
    zone = ZoneInfo(ctx.store.timezone)
    today = ctx.now.astimezone(zone).date()
    until = _midnight(today + timedelta(days=settings.notice_days + 1), zone)
    last = 0
    while found := db.rows(NEAR, ctx.code, ctx.now_us, until, last, UNIT):
        with db.transaction():
            for _, customer_id, expires_at in found:
                _plan(ctx, zone, settings.notice_hour, customer_id, expires_at)
        last = found[-1][0]


def _plan(ctx: Context, zone: ZoneInfo, hour: int, customer_id: int, expires_at: int) -> None:
    """At the hour of the owner's choice, if that comes before the points are gone."""
    day = from_us(expires_at).astimezone(zone).date()
    here = ctx.now.astimezone(zone)
    hours = (
        to_us(datetime.combine(here.date() + timedelta(days=days), time(hour), zone))
        for days in (0, 1)
    )
    at = next((at for at in hours if ctx.now_us <= at < expires_at), ctx.now_us)
    facts = {"customer": customer_id, "day": day.isoformat()}
    if jobs.schedule(ctx, NAME, "tell", f"{customer_id}:{day}", at, facts):
        points = left(ctx, customer_id, day)
        events.record(ctx, "points.expiring", None, customer_id, points=points, day=str(day))


def tell(ctx: Context, data: dict[str, Any]) -> None:
    """Send the message, unless nothing is left to expire or points cannot be spent now."""
    who = db.row(WHO, data["customer"], ctx.code)
    if who is None or NAME not in ctx.plugins.by_name:
        return
    day = date.fromisoformat(data["day"])
    points = left(ctx, data["customer"], day)
    if not points:
        return
    phone, name, locale = who
    there = replace(ctx, locale=locale if locale in i18n.LOCALES else ctx.store.locale)
    text = templates.render(
        there, NAME, "expiring.txt",
        store=rules.store_name(there), name=name, points=points, day=format_date(day, "long", locale=there.locale),
        worth=rates.spending(ctx, ctx.settings(NAME)).worth(points),
    )  # fmt: skip
    channels.send(there, channels.Message("points_expiring", phone, text.strip()))


def left(ctx: Context, customer_id: int, day: date) -> int:
    """What expires on that day of the store's calendar and is still there."""
    zone = ZoneInfo(ctx.store.timezone)
    starts, ends = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    wallet = f"wallet:{UNIT}:{customer_id}"
    return int(db.value(LEFT, ctx.code, wallet, ctx.now_us, starts, ends))


def _midnight(day: date, zone: ZoneInfo) -> int:
    return to_us(datetime.combine(day, time(), zone))
