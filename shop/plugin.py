"""class Plugin: what an author subclasses. Static facts are class attributes, behaviour is hooks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from marshmallow import Schema

from shop.hooks import hookimpl

if TYPE_CHECKING:
    from shop.catalog.goods_in_use import InUse
    from shop.config import StoreConfig
    from shop.context import Context
    from shop.ops.checks import Check

API = 1
"""The version of hooks and primitives; raised only by a change that breaks plugins."""


class NoSettings(Schema):
    """A plugin without settings: its table in the file stays empty."""


class Plugin:
    """One way of selling. `self.settings` is the store's frozen dataclass of `Settings`.

    `modes` are the kinds of instance that it may run in. `blueprints` are Flask-Smorest blueprints
    mounted under /api/v1/{store}, `pages` Flask blueprints with HTML under /{store}; `providers`
    are payment providers, `channels` ways to reach a customer (services/channels.py); `commands`
    are click commands or groups of `shop`; `companions` command lines of `shop` that a demo keeps
    running beside its server; `permissions` maps scopes to what they allow; `periodic` maps a
    job's name to its seconds; `invariants` are what `shop fsck` holds of its tables
    (services/checks.py: `Check`). `folder` is filled in: where `locale`, `migrations` and `templates`
    are looked for.
    """

    name: ClassVar[str]
    version: ClassVar[str] = "0"
    shop_api: ClassVar[int] = API
    modes: ClassVar[tuple[str, ...]] = ("live", "demo", "test")
    Settings: ClassVar[type[Schema]] = NoSettings
    LineOptions: ClassVar[type[Schema] | None] = None
    OrderOptions: ClassVar[type[Schema] | None] = None
    models: ClassVar[tuple[type, ...]] = ()
    blueprints: ClassVar[tuple[Any, ...]] = ()
    pages: ClassVar[tuple[Any, ...]] = ()
    providers: ClassVar[tuple[Any, ...]] = ()
    channels: ClassVar[tuple[Any, ...]] = ()
    commands: ClassVar[tuple[Any, ...]] = ()
    companions: ClassVar[tuple[tuple[str, ...], ...]] = ()
    permissions: ClassVar[Mapping[str, str]] = MappingProxyType({})
    periodic: ClassVar[Mapping[str, int]] = MappingProxyType({})
    invariants: ClassVar[tuple[Check, ...]] = ()
    folder: ClassVar[Path | None] = None

    def __init__(self, settings: Any = None) -> None:
        self.settings = settings

    def jobs(self) -> dict[str, Any]:
        """Handlers of this plugin's jobs by name: `(ctx, data) -> None`, idempotent."""
        return {}

    def check(self, store: StoreConfig) -> list[str]:
        """What of `self.settings` does not go with the store, a line each: asked before the start,
        without a database."""
        return []

    def notes(self, store: StoreConfig) -> list[str]:
        """What `shop check` says of it in this store, a line each: what the settings come to where
        they depend on the store."""
        return []

    def demo(self, ctx: Context) -> None:
        """Fill the demo store, once however often it is called; outside a transaction."""

    def personal_data(self, ctx: Context, customer_id: int) -> dict[str, Any]:
        """What the plugin's own tables hold of a customer, as JSON: part of what he is given when
        he asks for all that is kept. Read-only."""
        return {}

    def forget(self, ctx: Context, customer_id: int) -> None:
        """Erase it, in the transaction that erases the customer; what the books need stays."""

    def open_work(self, ctx: Context) -> list[str]:
        """Obligations that go on when the plugin is switched off, a line each."""
        return []

    def goods_in_use(self, ctx: Context) -> list[InUse]:
        """What runs or is planned and needs goods: an `InUse(variant, what)` for each variant of
        each. The owner is told before he deletes one, and afterwards by `shop doctor`. Read-only."""
        return []


__all__ = ["API", "NoSettings", "Plugin", "hookimpl"]
