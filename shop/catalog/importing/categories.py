"""The store's tree of categories, as an import finds it and lets it grow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shop import db
from shop.catalog.categories import COLUMNS
from shop.catalog.product_document import slug
from shop.context import Context

ALL = "SELECT id, handle, title, parent_id FROM category WHERE store = ? ORDER BY id"

Path = list[dict[str, Any]]
"""[{title}, …] from the root; or with {handle, position, translations} too, and then the handle
tells which category it is."""


class Tree:
    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._ids: dict[str, int] = {}
        self._handles: dict[tuple[int | None, str], str] = {}
        for id, handle, title, parent in db.rows(ALL, ctx.code):
            self._keep(id, handle, title, parent)

    def handles(self, paths: Iterable[Path]) -> list[str]:
        """The last category of each path; what is missing on the way is made."""
        return list(dict.fromkeys(self._last(path) for path in paths))

    def _last(self, path: Path) -> str:
        at: int | None = None
        handle = ""
        for depth, node in enumerate(path, 1):
            handle = node.get("handle") or self._handles.get((at, node["title"]), "")
            if handle not in self._ids:
                handle = handle or self._free([above["title"] for above in path[:depth]])
                self._make(handle, node, at)
            at = self._ids[handle]
        return handle

    def _make(self, handle: str, node: dict[str, Any], parent: int | None) -> None:
        words = db.dump(node.get("translations", {}))
        line = (self.ctx.code, handle, node["title"], parent, node.get("position", 0), words, 1)
        [made] = db.insert("category", COLUMNS, line)
        self._keep(made, handle, node["title"], parent)

    def _keep(self, id: int, handle: str, title: str, parent: int | None) -> None:
        self._ids[handle] = id
        self._handles.setdefault((parent, title), handle)

    def _free(self, titles: list[str]) -> str:
        """A handle of the title, of the whole path, or with a number: the first that is free."""
        short, wanted = slug(titles[-1]), slug(" ".join(titles))
        if short not in self._ids:
            return short
        number, handle = 1, wanted
        while handle in self._ids:
            number += 1
            handle = f"{wanted}-{number}"
        return handle
