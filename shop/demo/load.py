"""Fills an instance with the demo store, once, and keeps its pickup windows in the coming days."""

from __future__ import annotations

import secrets
import shutil
import tomllib
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shop import db
from shop.catalog import products, version
from shop.clock import to_us
from shop.context import Context
from shop.models import Category, PickupPoint, Product, Staff
from shop.people import accounts, auth, staff
from shop.pickup import points, timetable

FOLDER = Path(__file__).parent
HAS_WINDOW = "SELECT 1 FROM pickup_window WHERE store = ? AND point_id = ? AND starts = ?"

SELLING = timedelta(days=60)
"""for so long the goods have been on sale when the demo is made"""

Facts = dict[str, Any]


def read(name: str) -> Facts:
    with (FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def store_facts() -> Facts:
    """Name, currency, zone … of the demo store, as its table in shop.toml has them."""
    facts = read("store")["store"]
    words = {name: facts.pop(f"{name}_en") for name in ("name", "description")}
    return {**facts, "translations": {"en": words}}


def fill(ctx: Context, media: Path) -> None:
    """Categories, products, pickup points, customers; pictures into the folder `media`."""
    store, then = read("store"), ctx.at(ctx.now - SELLING)
    shutil.copytree(FOLDER / "images", media, dirs_exist_ok=True)
    with db.transaction():
        _categories(ctx, store["categories"])
        _points(ctx, store["pickup_points"])
        goods = [_document(ctx, facts) for facts in read("products")["products"]]
        products.create_many(then, goods)
        for customer in store["customers"]:
            accounts.find_or_make(ctx, customer["phone"], customer["name"])
        version.touch(ctx)


def is_filled(ctx: Context) -> bool:
    return Product.select().where(Product.store == ctx.code).exists()


def top_up(ctx: Context) -> None:
    """Windows from today on, so that a demo started again next week still has some."""
    zone = ZoneInfo(ctx.store.timezone)
    today = ctx.now.astimezone(zone).date()
    ids = {point.code: point.id for point in PickupPoint.select().where(_here(ctx, PickupPoint))}
    for spec in read("store")["windows"]:
        for day in range(spec["days"]):
            times = [_at(today + timedelta(days=day), spec[end], zone) for end in ("start", "end")]
            starts, ends = map(to_us, times)
            cut_off = starts - spec["cut_off_hours"] * 3_600_000_000
            point = ids.get(spec["point"])
            if point and ctx.now_us < cut_off and not db.row(HAS_WINDOW, ctx.code, point, starts):
                timetable.create(ctx, point, starts, ends, cut_off, spec["capacity"])


def ways_in(ctx: Context) -> dict[str, Any]:
    """Fresh passwords and tokens of the owner and of the clerk, who are made if they are not there:
    {passwords: {name: word}, owner_token, clerk_token}."""
    clerk = read("store")["clerks"][0]
    bound = PickupPoint.select().where(_here(ctx, PickupPoint), PickupPoint.code << clerk["points"])
    made: dict[str, Any] = {"passwords": {}}
    for role, name, scopes, ids in (
        ("owner", "owner", auth.OWNER_SCOPES, []),
        ("clerk", clerk["name"], auth.CLERK_SCOPES, [point.id for point in bound]),
    ):
        facts = {"role": role, "points": ids, "active": ctx.now, "created_at": ctx.now}
        person, _ = Staff.get_or_create(store=ctx.code, name=name, defaults=facts)
        word = made["passwords"][name] = "-".join(secrets.token_hex(2) for _ in range(4))
        staff.set_password(ctx, person.id, word)  # ends older tokens
        made[f"{role}_token"] = auth.issue(ctx, staff=person.id, scopes=scopes, label="demo")
    return made


def phones() -> list[str]:
    return [customer["phone"] for customer in read("store")["customers"]]


def _here(ctx: Context, model: Any) -> Any:
    return model.store == ctx.code


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), zone)


def _english(facts: Facts, *names: str) -> Facts:
    return {"en": {name: facts[f"{name}_en"] for name in names if facts.get(f"{name}_en")}}


def _categories(ctx: Context, found: list[Facts]) -> None:
    ids: dict[str, int] = {}
    for facts in found:
        made = Category.create(
            store=ctx.code,
            handle=facts["handle"],
            title=facts["title"],
            parent=ids.get(facts.get("parent", "")),
            position=facts["position"],
            translations=_english(facts, "title"),
        )
        ids[facts["handle"]] = made.id


def _points(ctx: Context, found: list[Facts]) -> None:
    names = ("name", "address", "instructions", "opening_hours")
    for facts in found:
        words = {name: facts[name] for name in names}
        words["translations"] = _english(facts, *names)
        points.create(ctx, facts["code"], words)


def _document(ctx: Context, facts: Facts) -> Facts:
    """A product as `products` wants it: English words under `translations`, images as addresses."""
    english = _english(facts, "title", "description", "unit")
    options = {option["name"]: option["name_en"] for option in facts.get("options", [])}
    variants = []
    for variant in facts["variants"]:
        shown = dict(variant)
        options |= dict(zip(variant.get("options", []), shown.pop("options_en", []), strict=False))
        variants.append({"tracked": facts.get("tracked", True), **shown})
    if options:
        english["en"]["options"] = options
    names = ("handle", "title", "description", "unit", "categories", "tags")
    return {
        **{name: facts[name] for name in names if name in facts},
        "status": facts.get("status", "published"),
        "images": [{"src": f"/media/{ctx.code}/{facts['image']}", "alt": facts["title"]}],
        "options": [{"name": option["name"]} for option in facts.get("options", [])],
        "translations": english,
        "variants": variants,
    }
