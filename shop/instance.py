"""An instance at work: its config, its database, its clock and the plugins of its stores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shop import db
from shop.clock import Clock
from shop.config import Config
from shop.context import SYSTEM, Caller, Context
from shop.errors import NotFound
from shop.loading import network
from shop.loading.registry import Registry
from shop.plugin import Plugin


class Instance:
    """Made once per process, after the fork; makes a Context per call."""

    def __init__(
        self,
        config: Config,
        plugins: Iterable[type[Plugin]] = (),
        clock: Clock | None = None,
        strict: bool = True,
    ) -> None:
        self.config = config
        self.registry = Registry(config, plugins, strict)
        self.database = db.connect(config.database, config.folder)
        if config.mode == "test":
            network.refuse_in_transactions()
        self.clock = clock or Clock(db.server_time if db.is_postgres() else None)
        self._bases = {
            code: Context(
                store=store,
                config=config,
                plugins=self.registry.stores[code],
                now=self.clock.now(),
                caller=SYSTEM,
                locale=store.locale,
            )
            for code, store in config.stores.items()
        }

    def context(
        self, store: str, caller: Caller = SYSTEM, locale: str = "", request_id: str = ""
    ) -> Context:
        """A call in `store`, now. NotFound for a store that is not in the file."""
        base = self._bases.get(store)
        if base is None:
            raise NotFound
        return replace(
            base,
            now=self.clock.now(),
            caller=caller,
            locale=locale or base.locale,
            request_id=request_id,
        )

    def close(self) -> None:
        self.database.close()
