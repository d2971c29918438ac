"""What a person sees of a text: names need something to see, and no mark may turn them round."""

from __future__ import annotations

import unicodedata

DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""marks, embeddings, overrides and isolates: they can make a name read as another"""
ZERO_WIDTH = frozenset("\u00ad\u180e\u200b\u2060\u2061\u2062\u2063\u2064\ufeff")
"""without a use in a name; joiners (U+200C, U+200D) have one, in Persian and in emoji"""
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""letters and signs by their category, and nothing to see: fillers, the empty braille cell"""
UNSEEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Me", "Mn", "Zl", "Zp", "Zs"))


def tidied(text: str) -> str:
    """Return the text without marks of direction or of no width, and without spaces around it.
    >>> tidied(" Wang\u202e\u200b ")
    'Wang'
    """
    return "".join(char for char in text if char not in DIRECTION | ZERO_WIDTH).strip()


def is_seen(text: str) -> bool:
    """Return whether there is anything to see.
    >>> is_seen("\u3164 \u200d"), is_seen("\u674e")
    (False, True)
    """
    return any(char not in BLANK and unicodedata.category(char) not in UNSEEN for char in text)
