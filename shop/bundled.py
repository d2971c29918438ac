"""Where the plugins and themes that ship with Minishop lie."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent


def bundled(kind: str) -> Path:
    """The folder of the bundled "plugins" or "themes": beside `shop/`, or inside the wheel."""
    inside = HERE / "_bundled" / kind
    return inside if inside.is_dir() else HERE.parent / kind
