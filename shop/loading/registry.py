"""Checks and loads the plugins that `discovery` finds; one PluginManager per store, in the owner's
order."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from dataclasses import make_dataclass
from functools import cached_property
from typing import Any

import pluggy
from marshmallow import Schema, ValidationError

from shop import themes
from shop.config import Config
from shop.config.schema import explain
from shop.errors import ConfigError
from shop.hooks import Hooks
from shop.loading import discovery, plugincheck
from shop.loading.discovery import NAMESPACE, bundled, namespace, of_folder, under_test
from shop.loading.hookcalls import HookCalls
from shop.plugin import Plugin

log = logging.getLogger("shop.plugins")


class StorePlugins(HookCalls):
    """The plugins that one store switched on. `names` is their order of precedence.

    `installed` are all classes there are: those not switched on do in `off` what is left to do.
    """

    def __init__(
        self, plugins: Iterable[Plugin] = (), installed: Iterable[type[Plugin]] = ()
    ) -> None:
        enabled = list(plugins)
        self._installed = tuple(installed)
        self.by_name = {plugin.name: plugin for plugin in enabled}
        self.settings = {plugin.name: plugin.settings for plugin in enabled}
        manager = pluggy.PluginManager("shop")
        manager.add_hookspecs(Hooks)
        for plugin in enabled:
            manager.register(plugin, plugin.name)
        manager.check_pending()
        super().__init__(tuple(self.by_name), manager)

    @cached_property
    def off(self) -> StorePlugins:
        """The plugins that are not switched on, with the settings that they come with; one that is
        broken is left out, for sales go on without it."""
        kinds = [kind for kind in self._installed if kind.name not in self.by_name]
        try:
            return StorePlugins([kind(_defaults(kind)) for kind in kinds])
        except Exception:  # one of them: each is tried alone
            sound: list[Plugin] = []
            for kind in kinds:
                try:
                    sound += StorePlugins([kind(_defaults(kind))]).by_name.values()
                except Exception:
                    log.exception("a plugin that is off cannot be loaded: %s", kind.name)
            return StorePlugins(sound)

    def loaded(self) -> list[StorePlugins]:
        """Itself, and `off` if anyone asked for it."""
        return [self, *([self.off] if "off" in vars(self) else [])]


class Registry:
    """Every plugin installed, and per store the ones that are on.

    `given` are plugin classes that need no finding (tests). ConfigError lists every problem; with
    `strict` off they stay in `problems`, for those who want to see and mend them. `broken` has the
    reason of each plugin that cannot be used: it stops the start only where it is switched on.
    With SHOP_SAFE_MODE=1 in the environment no plugin is looked for: the shop starts bare.
    """

    def __init__(
        self, config: Config, given: Iterable[type[Plugin]] = (), strict: bool = True
    ) -> None:
        self.problems: list[str] = []
        self.installed: dict[str, type[Plugin]] = {}
        self.broken: dict[str, str] = {}
        self.origin: dict[str, str] = {}
        self.safe = os.environ.get("SHOP_SAFE_MODE") == "1"
        if self.safe:
            self.stores = {code: StorePlugins() for code in config.stores}
            return
        found = discovery.find(config, given)
        self.installed, self.broken, self.origin = found.installed, found.broken, found.origin
        self.problems += found.problems
        for name, reason in self.broken.items():
            on = any(name in store.plugins for store in config.stores.values())
            if not on and log.hasHandlers():  # a command says so where it was asked
                log.warning("a plugin that is off is broken: %s: %s", name, reason)
        self.stores = {code: self._enable(config, code) for code in config.stores}
        self.problems += themes.problems(config)
        if self.problems and strict:
            raise ConfigError(self.problems)

    def _enable(self, config: Config, code: str) -> StorePlugins:
        plugins = []
        for name, raw in config.stores[code].plugins.items():
            path = f"stores.{code}.plugins.{name}"
            if name in self.broken:
                self.problems.append(f"{path}: {self.broken[name]}")
                continue
            if name not in self.installed:
                known = ", ".join(self.installed) or "none"
                self.problems.append(f"{path}: no such plugin; installed: {known}")
                continue
            kind = self.installed[name]
            if config.mode not in kind.modes:
                modes = " or ".join(kind.modes)
                self.problems.append(f"{path}: only for shops in mode {modes}, not {config.mode}")
                continue
            try:
                plugin = kind(freeze(kind.Settings, raw))
                wrong = [f"{path}: {line}" for line in plugincheck.lost_jobs(plugin)]
                wrong += [f"{path}.{line}" for line in plugin.check(config.stores[code])]
            except ValidationError as error:
                self.problems += explain(error.messages, kind.Settings(), path)
                continue
            except Exception as error:
                why = discovery.reason(error, kind.folder, config.folder)
                self.problems.append(f"{path}: {why}")
                continue
            plugins.append(plugin)
            self.problems += wrong
        try:
            here = [kind for kind in self.installed.values() if config.mode in kind.modes]
            return StorePlugins(plugins, here)
        except pluggy.PluginValidationError as error:
            self.problems.append(f"stores.{code}.plugins: {error}")
            return StorePlugins()


def freeze(schema: type[Schema], raw: dict[str, Any]) -> Any:
    """Settings as a frozen dataclass: what the file says, else each field's `load_default`."""
    data = schema().load(raw)
    name = schema.__name__.removesuffix("Schema")
    return make_dataclass(name, list(data), frozen=True)(**data)


def _defaults(kind: type[Plugin]) -> Any:
    try:
        return freeze(kind.Settings, {})
    except ValidationError:
        return None


__all__ = [
    "NAMESPACE", "Registry", "StorePlugins", "bundled", "freeze", "namespace", "of_folder",
    "under_test",
]  # fmt: skip
