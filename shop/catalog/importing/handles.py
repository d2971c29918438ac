"""Handles for products whose handle in the file cannot be part of an address here."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from shop.catalog.product_document import LENGTHS

ALLOWED = re.compile(r"[\w.~-]")
MISTAKE = re.compile(r"[\x00-\x7f](?<![\w.~-])|\s")
SELECTORS = re.compile(r"[\ufe00-\ufe0f\u200b-\u200f\u2060\ufeff]")
"""letters that only choose how the one before them looks"""


def made_of(text: str) -> str:
    """A valid handle: `skin-tac™` is skin-tactm, `🎂-box` is birthday-cake-box. Signs become their
    names, so that handles that differ stay different. "" if nothing is left, or if a space or another
    plain sign is not allowed: that is a mistake in the file, not a handle of another shop."""
    if MISTAKE.search(text):
        return ""
    letters = (_letter(letter) for letter in SELECTORS.sub("", unicodedata.normalize("NFC", text)))
    made = re.sub(r"-{2,}", "-", "".join(letters)).strip("-_.~")
    if len(made) > LENGTHS["handle"]:
        mark = hashlib.sha256(text.encode()).hexdigest()[:8]
        made = f"{made[: LENGTHS['handle'] - 9]}-{mark}"
    return made


def _letter(letter: str) -> str:
    if ALLOWED.match(letter):
        return letter
    plain = unicodedata.normalize("NFKC", letter).lower()
    if plain.isalnum():
        return plain
    if unicodedata.category(letter)[0] in "SM":
        name = unicodedata.name(letter, f"u{ord(letter):x}")
        return f"-{re.sub(r'[^a-z0-9]+', '-', name.lower())}-"
    return "-"
