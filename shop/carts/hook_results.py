"""What plugins may answer: each answer checked, and as the core takes it.

A check is `(plugin, answer) -> answer`; what it raises fails the hook by the plugin's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any, NoReturn

import orjson

from shop import db, money
from shop.carts.quote_parts import Adjustment, LinePrice, Problem
from shop.data.frozen import DEEPEST, freeze
from shop.errors import PluginFailure

LANES = {"discount": ("discount",), "spend": ("spend",), "fee": ("fee", "deposit")}
CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
LABEL, KEY, FACTS, MOST = 255, 64, 4096, 100
"""letters of a label and of a key, bytes of an offer or of facts, adjustments or problems"""
EXTENSION = 16_384
"""bytes that one object's extension may have"""
TAKEN = frozenset({"code", "detail", "line", "problems", "status", "title", "type", "request_id"})
"""what a problem document says itself"""


def prices(lines: int) -> Callable[[str, Any], dict[int, LinePrice]]:
    """Of `price_lines`: {index: LinePrice} for some of so many lines."""

    def check(plugin: str, answer: Any) -> dict[int, LinePrice]:
        def fail(reason: str) -> NoReturn:
            raise PluginFailure(plugin, "price_lines", reason)

        if not isinstance(answer, dict):
            fail(f"not {{index: LinePrice}}: {answer!r:.100}")
        found = {}
        for index, price in answer.items():
            if type(index) is not int or not 0 <= index < lines:
                fail(f"not a line of this quote: {index!r:.100}")
            if not isinstance(price, LinePrice):
                fail(f"not a LinePrice: {price!r:.100}")
            if not amount(price.amount):
                fail(f"not an amount: {price.amount!r:.100}")
            if not text(price.label, LABEL):
                fail(f"not a label: {price.label!r:.100}")
            if not _own_pool(plugin, price.pool):
                fail(f"not main nor a pool of {plugin}: {price.pool!r:.100}")
            found[index] = LinePrice(
                price.amount, price.label, price.pool, document(price.offer, FACTS)
            )
        return found

    return check


def adjustments(lane: str, lines: int) -> Callable[[str, Any], list[Adjustment]]:
    """Of `adjust_quote` in a lane: its kinds, their signs, lines that exist; named after the
    plugin."""

    def check(plugin: str, answer: Any) -> list[Adjustment]:
        given = listed(answer, Adjustment)
        for item in given:
            if reason := _wrong(item, lane, lines):
                raise PluginFailure(plugin, "adjust_quote", reason)
        return [
            Adjustment(
                item.kind, item.amount, item.label, item.key,
                None if item.lines is None else tuple(item.lines), plugin,
            )
            for item in given
        ]  # fmt: skip

    return check


def _wrong(item: Adjustment, lane: str, lines: int) -> str:
    if item.kind not in LANES[lane]:
        return f"a {item.kind!r:.100} in the lane {lane}"
    if type(item.amount) is not int or not amount(item.amount if lane == "fee" else -item.amount):
        return f"not an amount of a {item.kind}: {item.amount!r:.100}"
    if not text(item.label, LABEL):
        return f"not a label: {item.label!r:.100}"
    if not text(item.key, KEY):
        return f"not a key: {item.key!r:.100}"
    if item.lines is not None and not _indexes(item.lines, lines):
        return f"not lines of this quote: {item.lines!r:.100}"
    return ""


def _indexes(given: Any, lines: int) -> bool:
    return (
        isinstance(given, tuple | list)
        and 0 < len(given) <= lines
        and all(type(index) is int and 0 <= index < lines for index in given)
        and len(set(given)) == len(given)
    )


def problems(lines: int) -> Callable[[str, Any], list[Problem]]:
    """Of `check_quote` and `check_cancel`."""

    def check(plugin: str, answer: Any) -> list[Problem]:
        found = []
        for item in listed(answer, Problem):
            at = item.line
            if not (isinstance(item.code, str) and CODE.fullmatch(item.code)):
                raise TypeError(f"not a code: {item.code!r:.100}")
            if at is not None and not (type(at) is int and 0 <= at < lines):
                raise TypeError(f"not a line of this quote: {at!r:.100}")
            if type(item.status) is not int or not 400 <= item.status < 500:
                raise TypeError(f"not a status of a refusal: {item.status!r:.100}")
            facts = document(item.facts, FACTS)
            if taken := TAKEN & facts.keys():
                raise TypeError(f"not names of facts: {', '.join(sorted(taken))}")
            found.append(Problem(item.code, at, item.status, facts))
        return found

    return check


def ceilings(variants: Collection[int]) -> Callable[[str, Any], dict[int, int | None]]:
    """Of `reference_price`: an amount or None for some of the variants asked for."""

    def check(plugin: str, answer: Any) -> dict[int, int | None]:
        if not isinstance(answer, dict):
            raise TypeError(f"not {{id: amount or None}}: {answer!r:.100}")
        for variant, value in answer.items():
            if type(variant) is not int or variant not in variants:
                raise TypeError(f"not a variant that was asked for: {variant!r:.100}")
            if value is not None and not amount(value):
                raise TypeError(f"not an amount: {value!r:.100}")
        return answer

    return check


def extension(plugin: str, answer: Any) -> dict[Any, dict[str, Any]]:
    """Of `present`: {id: {…}} in JSON. What is the same again when it was written and read is JSON, and
    so few brackets are not too deep; else each is looked at, to say what is wrong."""
    if not isinstance(answer, dict):
        raise TypeError(f"not {{id: {{…}}}}: {answer!r:.100}")
    given = list(answer.values())
    try:
        text = orjson.dumps(given, option=orjson.OPT_STRICT_INTEGER)
        copy = orjson.loads(text)
    except (TypeError, ValueError):
        copy = None
    if (
        copy == given
        and len(text) <= EXTENSION
        and text.count(b"{") + text.count(b"[") <= len(given) + DEEPEST
        and all(type(words) is dict for words in given)
    ):
        return dict(zip(answer, copy, strict=True))
    return {item: document(words, EXTENSION) for item, words in answer.items()}


# -- parts -----------------------------------------------------------------------------------


def amount(value: Any) -> bool:
    return type(value) is int and 0 <= value <= money.MAX


def text(value: Any, most: int) -> bool:
    """Whether a column of `most` letters takes it, on both databases."""
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        return False
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)


def document(value: Any, most: int) -> dict[str, Any]:
    """A JSON object of at most so many bytes, frozen."""
    if not isinstance(value, dict):
        raise TypeError(f"not a JSON object: {value!r:.100}")
    frozen: dict[str, Any] = freeze(value)
    if frozen and len(db.dump(frozen).encode()) > most:
        raise ValueError(f"more than {most} bytes: {value!r:.100}")
    return frozen


def listed(answer: Any, kind: type) -> list[Any]:
    if not isinstance(answer, list | tuple) or not all(isinstance(item, kind) for item in answer):
        raise TypeError(f"not a list of {kind.__name__}: {answer!r:.100}")
    if len(answer) > MOST:
        raise ValueError(f"more than {MOST} {kind.__name__}s")
    return list(answer)


def _own_pool(plugin: str, pool: Any) -> bool:
    if pool is None or pool in ("", "main"):
        return True
    return text(pool, KEY) and (pool == plugin or pool.startswith(f"{plugin}:"))
