"""What plugins add to an answer: `present` under `extensions.<plugin>`, asked once per batch."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from shop import db
from shop.carts import hook_results
from shop.context import Context
from shop.data.frozen import FrozenList

log = logging.getLogger("shop")


def extensions(ctx: Context, kind: str, objects: Sequence[Any]) -> dict[Any, dict[str, Any]]:
    """{object's id: {plugin: what it adds}}. A plugin that fails, writes or answers what is not
    {id: {…}} in JSON is logged and left out."""
    found: dict[Any, dict[str, Any]] = {}
    if not objects:
        return found
    for plugin, call in ctx.plugins.calls("present"):
        try:
            with db.savepoint() if db.opened() else nullcontext():
                answer = call(ctx=ctx, kind=kind, objects=FrozenList(objects))
            if answer is None:
                continue
            said = ctx.plugins.checked(plugin, "present", hook_results.extension, answer)
        except (Exception, SystemExit):
            log.exception("plugin %s failed in present(%s)", plugin, kind)
            continue
        for item, words in said.items():
            found.setdefault(item, {})[plugin] = words
    return found
