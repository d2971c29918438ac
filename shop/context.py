"""What every service is told about the call: which store, when, who, in which language."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shop.clock import to_us

if TYPE_CHECKING:
    from shop.config import Config, StoreConfig
    from shop.loading.registry import StorePlugins


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `id` is the staff or customer row; a guest has none.

    `scopes` are `resource:verb` or `resource:verb:own`, `*` for all. A clerk sees the pickup
    `points` (ids) he is bound to; None is every point. `peer` is the real network peer.
    """

    role: str = "guest"
    id: int | None = None
    name: str = ""
    scopes: frozenset[str] = frozenset()
    points: frozenset[int] | None = None
    peer: str = ""
    token_id: int | None = None

    def may(self, scope: str) -> bool:
        """What is a customer's own (`me:…`) is no owner's: his `id` is another table's."""
        return scope in self.scopes or ("*" in self.scopes and not scope.startswith("me:"))

    @property
    def is_staff(self) -> bool:
        return self.role in ("owner", "clerk", "system")


SYSTEM = Caller(role="system", name="system", scopes=frozenset({"*"}))
"""The command line and the job runner."""


@dataclass(frozen=True, slots=True)
class Context:
    """One call in one store. Immutable: `ctx.as_(caller)` and `ctx.at(now)` make another."""

    store: StoreConfig
    config: Config
    plugins: StorePlugins
    now: datetime
    caller: Caller = field(default_factory=Caller)
    locale: str = "en"
    request_id: str = ""

    @property
    def now_us(self) -> int:
        return to_us(self.now)

    @property
    def code(self) -> str:
        """The store's code: the `store` column of every table."""
        return self.store.code

    def as_(self, caller: Caller) -> Context:
        return replace(self, caller=caller)

    def at(self, now: datetime) -> Context:
        return replace(self, now=now)

    def settings(self, plugin: str) -> Any:
        """The typed settings of a plugin; its own defaults if this store has it off."""
        found = self.plugins.settings
        return found[plugin] if plugin in found else self.plugins.off.settings[plugin]
