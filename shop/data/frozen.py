"""JSON that nobody can change: `freeze(document)`. It reads, compares and dumps as dict and list.

What plugins are shown is made of it, so that one that writes into it is told so at once.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

DEEPEST = 20


class FrozenDict(dict[str, Any]):
    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("this may be read, not changed")

    __setitem__ = __delitem__ = __ior__ = _refuse  # type: ignore[assignment]
    update = pop = popitem = clear = setdefault = _refuse  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        return dict, (dict(self),)


class FrozenList(list[Any]):
    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("this may be read, not changed")

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse  # type: ignore[assignment]
    append = extend = insert = pop = remove = clear = sort = reverse = _refuse  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        return list, (list(self),)


EMPTY = FrozenDict()


def freeze(value: Any, depth: int = DEEPEST) -> Any:
    """A copy; TypeError for what JSON does not hold: NaN, keys that are no text, other types."""
    kind = type(value)
    if value is None or kind is bool or isinstance(value, str):
        return value
    if kind is int and -(2**63) <= value < 2**63:
        return value
    if kind is float and math.isfinite(value):
        return value
    if isinstance(value, dict) and depth:
        if not value:
            return EMPTY
        if all(isinstance(name, str) for name in value):
            return FrozenDict({name: freeze(item, depth - 1) for name, item in value.items()})
    if isinstance(value, list | tuple) and depth:
        return FrozenList(freeze(item, depth - 1) for item in value)
    raise TypeError(f"not JSON: {value!r:.100}")
