"""What plugins add to an answer: `present` under `extensions.<plugin>`, asked once per batch."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from shop import db
from shop.context import Context

log = logging.getLogger("shop")


def extensions(ctx: Context, kind: str, objects: Sequence[Any]) -> dict[Any, dict[str, Any]]:
    """{object's id: {plugin: what it adds}}. A plugin that fails, writes or answers what is not
    {id: {…}} in JSON is logged and left out."""
    found: dict[Any, dict[str, Any]] = {}
    if not objects:
        return found
    for plugin, call in ctx.plugins.calls("present"):
        try:
            with db.read_only(f"{plugin}.present"):
                answer = call(ctx=ctx, kind=kind, objects=objects) or {}
            said = [(item, db.load(db.dump({plugin: words}))) for item, words in answer.items()]
            if not all(isinstance(words, dict) for words in answer.values()):
                raise TypeError("present answers {id: {…}}")
        except Exception:
            log.exception("plugin %s failed in present(%s)", plugin, kind)
            continue
        for item, words in said:
            found.setdefault(item, {}).update(words)
    return found
