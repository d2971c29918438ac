"""Routes that are cheap to make: most of what a route costs at start is code that builds its address,
and hardly any is ever asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LazyRule(Rule):
    """Compiles that code when an address is built for the first time."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., Any]:
        compile_ = super()._compile_builder
        made: list[Callable[..., Any]] = []

        def build(rule: Rule, **values: Any) -> Any:
            if not made:
                made.append(compile_(append_unknown))
            return made[0](rule, **values)

        return build
