"""What a campaign sells, at which price, and how that falls: its ladder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from shop import Context, Reject, db

VARIANTS = """
SELECT sku, id, price FROM variant WHERE store = ? AND sku IN (??) AND archived_at IS NULL"""
CLEAR = "DELETE FROM group_buy_item WHERE campaign_id = ? AND store || '' = ?"
OF_CAMPAIGNS = """
SELECT i.campaign_id, i.variant_id, v.sku, p.title, p.translations, i.price, v.price, v.cost, i.tiers,
  v.archived_at
FROM group_buy_item i JOIN variant v ON v.id = i.variant_id JOIN product p ON p.id = v.product_id
WHERE i.campaign_id IN (??) AND i.store || '' = ? ORDER BY i.id"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An item as the owner asks for it, with its variant."""

    variant: int
    price: int
    tiers: list[dict[str, int]]


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it stands; `normal` is the catalogue's price, `gone`: its variant was deleted."""

    variant: int
    sku: str
    title: str
    price: int
    normal: int
    cost: int | None
    tiers: list[dict[str, int]]
    gone: bool


def choose(ctx: Context, wanted: Iterable[Mapping[str, Any]]) -> list[Wanted]:
    """The variants behind [{sku, price, tiers}]. 422 `unknown_sku`, `sku_twice`,
    `group_buy_price`: not below the normal price, `group_buy_ladder`: its steps do not go up in
    units and down in price."""
    wanted = list(wanted)
    known = {row[0]: row[1:] for row in db.rows(VARIANTS, ctx.code, db.many(_skus(wanted)))}
    chosen: dict[str, Wanted] = {}
    for item in wanted:
        sku, price = item["sku"], item["price"]
        if sku not in known:
            raise Reject("unknown_sku", sku=sku)
        if sku in chosen:
            raise Reject("sku_twice", sku=sku)
        variant, normal = known[sku]
        if price >= normal:
            raise Reject("group_buy_price", sku=sku, price=price, normal=normal)
        tiers = [dict(tier) for tier in item.get("tiers") or []]
        steps = [{"units": 0, "price": price}, *tiers]
        for step, following in pairwise(steps):
            if following["units"] <= step["units"] or following["price"] >= step["price"]:
                raise Reject("group_buy_ladder", sku=sku)
        chosen[sku] = Wanted(variant, price, tiers)
    return list(chosen.values())


def write(ctx: Context, campaign_id: int, wanted: list[Wanted]) -> None:
    """In place of those it had."""
    db.change(CLEAR, campaign_id, ctx.code)
    rows = [(ctx.code, campaign_id, w.variant, w.price, db.dump(w.tiers)) for w in wanted]
    if rows:
        db.insert("group_buy_item", "store, campaign_id, variant_id, price, tiers", *rows)


def of_campaigns(ctx: Context, ids: Iterable[int]) -> dict[int, list[Item]]:
    """{campaign: its items}, one statement."""
    found: dict[int, list[Item]] = {}
    rows = db.rows(OF_CAMPAIGNS, db.many(ids), ctx.code)
    for campaign, variant, sku, title, words, price, normal, cost, tiers, archived_at in rows:
        title = (db.load(words).get(ctx.locale) or {}).get("title") or title
        gone = archived_at is not None
        sku = sku.removesuffix(f"~{variant}") if gone else sku
        item = Item(variant, sku, title, price, normal, cost, db.load(tiers), gone)
        found.setdefault(campaign, []).append(item)
    return found


def tier_price(price: int, tiers: Iterable[Mapping[str, int]], units: int) -> int:
    """The price when `units` were paid: that of the highest step reached."""
    return min([price, *(tier["price"] for tier in tiers if tier["units"] <= units)])


def _skus(wanted: list[Mapping[str, Any]]) -> list[str]:
    return sorted({item["sku"] for item in wanted})
