"""What an owner does with plugins: switch on and off in the file, release what one held."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shop import config, db
from shop.config import edit as configedit
from shop.config import tables as configtables
from shop.context import Context
from shop.errors import ConfigError, ShopError
from shop.loading.registry import Registry
from shop.orders import holds
from shop.people import audit

HELD = """
SELECT o.number FROM orders o
WHERE o.store = ? AND EXISTS (
  SELECT 1 FROM hold h WHERE h.order_id = o.id AND h.source = ? AND h.released_at IS NULL)
ORDER BY o.number"""
ORDER = "SELECT id FROM orders WHERE store = ? AND number = ?"


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of shop.toml that is not written yet: `lines` are what is different, `problems`
    what is wrong with the new file."""

    path: Path
    text: str
    lines: list[str]
    problems: list[str]

    def save(self) -> None:
        """Write it; ConfigError, and no change, with all problems if there are any."""
        if self.problems:
            raise ConfigError(self.problems)
        configedit.save(self.path, self.text)


def enable(
    path: Path,
    store: str,
    name: str,
    settings: dict[str, Any],
    *,
    before: str = "",
    first: bool = False,
) -> Edit:
    """Switch a plugin on: last, before another, or first. One that is on takes the settings, and
    moves only if it is told where to. The lines are a diff: `+ line`, `- line`."""
    text = _read(path)
    order = configtables.enabled(text, store)
    if first:
        before = next((other for other in order if other != name), "")
        before = name if order[:1] == [name] else before
    after = configtables.enable(text, store, name, settings, before)
    return Edit(path, after, configtables.changed(text, after), problems_of(after, path.parent))


def disable(path: Path, store: str, name: str) -> Edit:
    """Switch a plugin off; the lines are those taken out. Whatever else is wrong with the file
    does not keep it on."""
    text = _read(path)
    after, gone = configtables.disable(text, store, name)
    return Edit(path, after, gone, [])


def problems_of(text: str, folder: Path) -> list[str]:
    """What is wrong with a text of shop.toml and the plugins that it switches on."""
    try:
        made = config.parse(text, folder, config.environment(folder))
        return Registry(made, strict=False).problems
    except ConfigError as error:
        return error.problems


def held(store: str, name: str) -> list[str]:
    """The numbers of the orders that a plugin holds."""
    return [number for (number,) in db.rows(HELD, store, name)]


def release(ctx: Context, name: str, number: str = "") -> list[str]:
    """Release the holds of a plugin that is off or gone, of one order or of all; their numbers."""
    if name in ctx.store.plugins:
        raise ShopError(f"{name} is on in {ctx.code}: it releases its orders itself")
    with db.transaction():
        numbers = held(ctx.code, name)
        if number and number not in numbers:
            raise ShopError(f"{name} holds no order {number} in {ctx.code}")
        chosen = [number] if number else numbers
        for one in chosen:
            holds.release(ctx, db.value(ORDER, ctx.code, one), name)
            audit.record(ctx, "hold.release", f"order:{one}", source=name)
    return chosen


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file; `shop init` makes one"]) from None
