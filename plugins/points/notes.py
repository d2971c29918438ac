"""The reason of a movement as this plugin writes it, for itself and for whoever reads the books.

write(base=10000, points=1, per=100)  ->  "base=10000 points=1 per=100"
"""

from __future__ import annotations


def write(**facts: int | str) -> str:
    """Numbers, and words without a space."""
    return " ".join(f"{name}={value}" for name, value in facts.items())


def read(reason: str) -> dict[str, int | str]:
    """The facts; nothing of a reason that somebody else wrote."""
    pairs = [part.partition("=") for part in reason.split()]
    if not all(name and sign for name, sign, _ in pairs):
        return {}
    return {name: int(value) if value.isdecimal() else value for name, _, value in pairs}
