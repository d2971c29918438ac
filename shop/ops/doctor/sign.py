"""What the doctor says: one finding, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

GOOD, WARN, BAD = "good", "warn", "bad"


@dataclass(frozen=True, slots=True)
class Sign:
    """`state` is good, warn or bad; `todo` is empty where nothing is to be done."""

    state: str
    what: str
    found: str
    todo: str = ""
