"""What a process remembers, in bounded memory: `Generations(most)`.

Two generations: what is asked for moves to the younger one; when that weighs half of `most`, the
older one is forgotten. Reading takes no lock.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Generations(Generic[K, V]):
    """`most` is in the unit of the weights that `put` is given."""

    def __init__(self, most: int) -> None:
        self.half = most // 2
        self._young: dict[K, tuple[V, int]] = {}
        self._old: dict[K, tuple[V, int]] = {}
        self._weight = 0
        self._filling = threading.Lock()

    def get(self, key: K) -> V | None:
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, *found)
        return None if found is None else found[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Nothing that weighs more than half of all is remembered."""
        if weight > self.half:
            return
        with self._filling:
            self._weight += weight - self._young.get(key, (None, 0))[1]
            self._young[key] = value, weight
            if self._weight > self.half:
                self._old, self._young, self._weight = self._young, {}, 0

    def forget(self, key: K) -> None:
        with self._filling:
            self._weight -= self._young.pop(key, (None, 0))[1]
            self._old.pop(key, None)

    @property
    def weight(self) -> int:
        """Of all that is remembered."""
        kept = self._old | self._young
        return sum(weight for _, weight in kept.values())
