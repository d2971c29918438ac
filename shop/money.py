"""Money is an int in the currency's minor unit; this is the one place that splits it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel.core import Locale
from babel.numbers import (
    NumberPattern,
    UnknownCurrencyError,
    list_currencies,
    validate_currency,
)

MAX = 2**53 - 1
"""The largest amount accepted anywhere: every JSON reader holds it exactly."""

EXPONENTS = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
     "VUV", "XAF", "XOF", "XPF"), 0,
) | dict.fromkeys(
    ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3,
) | dict.fromkeys(("CLF", "UYW"), 4)  # fmt: skip
"""Digits of the minor unit by ISO 4217, list one, of every currency where they are not 2. What CLDR
knows, and Babel asks, are the digits that people usually write: 0 for RSD, which has 100 para."""


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` in proportion to `weights` (>= 0) so that the parts sum to it exactly.

    Largest remainder: every part is rounded towards zero, then the units left over go to
    the largest remainders, the first listed on a tie. With no weight at all the first part
    takes everything.
    >>> allocate(-100, [1000, 999])
    [-50, -50]
    >>> allocate(100, [1, 1, 1])
    [34, 33, 33]
    """
    if not weights:
        if amount:
            raise ValueError("nothing to allocate to")
        return []
    if min(weights) < 0:
        raise ValueError("a weight below zero")
    whole, sign, units = sum(weights), (-1 if amount < 0 else 1), abs(amount)
    if not whole:
        return [amount] + [0] * (len(weights) - 1)
    parts = [units * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(units * weights[i] % whole))
    for i in by_remainder[: units - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]


def share(amount: int, units: int, start: int, stop: int) -> int:
    """What units `start`..`stop` (of `units`) of a line worth `amount` are worth.

    Successive calls over adjoining ranges sum to `amount` exactly, whatever the steps.
    >>> [share(100, 3, i, i + 1) for i in range(3)]
    [33, 33, 34]
    """
    return amount * stop // units - amount * start // units


def precision(currency: str) -> int:
    """Digits of the minor unit by ISO 4217: 2 for CNY, 0 for JPY, 3 for IQD."""
    return EXPONENTS.get(currency, 2)


def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 code."""
    try:
        validate_currency(code)
    except UnknownCurrencyError:
        return False
    return code in list_currencies()


def parse(text: str, currency: str) -> int:
    """`"19.90"` -> 1990. ValueError for anything finer than the minor unit, signs of
    thousands, exponents or words; a sheet that says "1.234" is a mistake, not 123.4."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"not an amount: {text!r}") from None
    if not value.is_finite() or "e" in text.lower() or "_" in text:
        raise ValueError(f"not an amount: {text!r}")
    minor = value.scaleb(precision(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"finer than the smallest unit of {currency}: {text!r}")
    if abs(minor) > MAX:
        raise ValueError(f"too large: {text!r}")
    return int(minor)


def plain(amount: int, currency: str) -> str:
    """1990 -> `"19.90"`: the inverse of `parse`, for files and sheets."""
    return str(Decimal(amount).scaleb(-precision(currency)))


@lru_cache(maxsize=8192)
def show(amount: int, currency: str, locale: str) -> str:
    """1990, CNY, zh_Hans -> `"¥19.90"`: for people, with all digits of the minor unit."""
    known, digits = Locale.parse(locale), precision(currency)
    return _pattern(locale, digits).apply(
        Decimal(amount).scaleb(-digits), known, currency=currency, currency_digits=False
    )


@lru_cache(maxsize=64)
def _pattern(locale: str, digits: int) -> NumberPattern:
    """How a language writes amounts, with so many digits after the point."""
    pattern = copy(Locale.parse(locale).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern
