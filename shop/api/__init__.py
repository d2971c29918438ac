"""The HTTP API: blueprints and schemas, no business rule. Each file holds one `blp`."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any


def blueprints() -> list[Any]:
    """The `blp` of every file of this folder that has one."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return [module.blp for module in modules if hasattr(module, "blp")]
