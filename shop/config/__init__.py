"""shop.toml -> frozen dataclasses. An unknown key is refused with a hint, every mistake at once.

`load(path)` reads a file, `parse(text, folder)` a text. The settings of plugins stay raw here;
`registry` checks them against each plugin's own schema.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.core import get_global
from dotenv import dotenv_values
from marshmallow import ValidationError

from shop.config.schema import (
    FileSchema,
    LimitsSchema,
    OrdersSchema,
    ShopSchema,
    StoreSchema,
    explain,
)
from shop.errors import ConfigError

STORE_CODE = re.compile(r"[a-z][a-z0-9_-]{1,31}")
TAKEN = ("admin", "api", "docs", "healthz", "media", "metrics", "readyz")
"""first words of addresses that are no store's"""


@dataclass(frozen=True)
class Limits:
    """Bounds on what a stranger may ask for. `[shop.limits]`"""

    request_kib: int = 1024
    import_mib: int = 200
    picture_mib: int = 15
    lines: int = 100
    quantity: int = 999
    open_carts: int = 1000
    unpaid_orders: int = 10
    unpaid_orders_per_peer: int = 500
    cart_days: int = 30
    requests_per_minute: int = 600
    writes_per_minute: int = 60
    catalogue_cache_mib: int = 32


@dataclass(frozen=True)
class Orders:
    """How a store's orders behave. `[stores.<code>.orders]`"""

    transfer_hours: int = 24
    online_minutes: int = 15
    customer_cancels_paid: bool = True
    no_show_hours: int = 24
    no_show: str = "keep"
    default_country: str = "CN"


@dataclass(frozen=True)
class StoreConfig:
    """One store: its `[stores.<code>]` table. `plugins` maps names, in the order of the file
    (the order of precedence), to their raw settings."""

    code: str
    name: str
    currency: str
    timezone: str
    locale: str
    theme: str = ""
    public_url: str = ""
    description: str = ""
    translations: dict[str, dict[str, str]] = field(default_factory=dict)
    orders: Orders = field(default_factory=Orders)
    plugins: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def country(self) -> str:
        """Where the store is, by ISO 3166: the country of its phone numbers, or if that was left at
        its default the country of its timezone, where it has one."""
        country = self.orders.default_country
        if country != Orders.default_country:
            return country
        zones, aliases = get_global("zone_territories"), get_global("zone_aliases")
        found = zones.get(aliases.get(self.timezone, self.timezone), "")
        return found if found not in ("", "ZZ", "001") else country


@dataclass(frozen=True)
class Config:
    """A whole shop.toml. Relative paths in it start at `folder`."""

    folder: Path
    database: str
    secret: str = field(repr=False)
    stores: dict[str, StoreConfig]
    mode: str = "live"
    plugins: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    media: str = "media"
    workers: int = 2
    threads: int = 8
    rate_limits: str = "on"
    redis: str = ""
    trusted_proxies: int = 0
    private_networks: tuple[str, ...] = ()
    cors: tuple[str, ...] = ()
    log_level: str = "info"
    limits: Limits = field(default_factory=Limits)

    def path(self, name: str) -> Path:
        return self.folder / name


def find(given: str | None = None) -> Path:
    """`--config`, else SHOP_CONFIG, else ./shop.toml."""
    return Path(given or os.environ.get("SHOP_CONFIG") or "shop.toml")


def load(path: Path) -> Config:
    """Read a file; beside it an `.env` may hold what the environment does not."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file; `shop init` makes one"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: {error}"]) from None
    return parse(text, path.parent, environment(path.parent))


def environment(folder: Path) -> dict[str, str]:
    """Return the environment, and what the folder's `.env` has beside it."""
    known = dotenv_values(folder / ".env", interpolate=False, encoding="utf-8")
    return {name: value for name, value in known.items() if value is not None} | dict(os.environ)


def parse(text: str, folder: Path = Path(), env: Mapping[str, str] = os.environ) -> Config:
    """A config text -> Config. ConfigError holds every problem, a line each."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"not valid TOML: {error}"]) from None
    schema = FileSchema()
    inner = schema.fields["shop"].schema  # type: ignore[attr-defined]
    inner.folder, inner.env = folder, env
    problems: list[str] = []
    try:
        data = schema.load(raw)
    except ValidationError as error:
        problems = explain(error.messages, schema)
        data = {}
    for code in raw.get("stores", {}) if isinstance(raw.get("stores"), dict) else ():
        if not STORE_CODE.fullmatch(code):
            problems.append(f"stores.{code}: a code is 2-32 of a-z, 0-9, _ and -, a letter first")
        elif code in TAKEN:
            problems.append(f"stores.{code}: this word is taken, choose another code")
    if not problems and not data["stores"]:
        problems.append("stores: at least one [stores.<code>] table is needed")
    if problems:
        raise ConfigError(problems)
    shop = data["shop"]
    for name in ("plugins", "themes", "cors", "private_networks"):
        shop[name] = tuple(shop.get(name, ()))
    shop["limits"] = Limits(**shop.get("limits", {}))
    stores = {code: _store(code, store) for code, store in data["stores"].items()}
    return Config(folder=folder, stores=stores, **shop)


def _store(code: str, data: dict[str, Any]) -> StoreConfig:
    return StoreConfig(code=code, **data | {"orders": Orders(**data.get("orders", {}))})


def known_keys() -> dict[str, list[str]]:
    """Every key of the core by table, for the docs and their test."""
    return {
        "shop": [name for name in ShopSchema().fields if name != "limits"],
        "shop.limits": list(LimitsSchema().fields),
        "stores.<code>": [n for n in StoreSchema().fields if n not in ("orders", "plugins")],
        "stores.<code>.orders": list(OrdersSchema().fields),
    }
