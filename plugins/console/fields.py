"""The fields of a schema as a form has them, and what a form sends as the JSON that the API wants."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shop import Context, i18n, money, whole_number
from shop.clock import rfc3339, to_us

DEPTH = 4
LONG = 256
BLANK_ROWS = 3
UNCHANGED = object()


@dataclass(frozen=True)
class Field:
    """`kind`: text, long, choice, number, money, flag, time, date, many (texts), rows (of `inner`),
    group (of `inner`), words (`inner` by language) or json."""

    name: str
    title: str
    help: str = ""
    kind: str = "text"
    unit: str = ""
    required: bool = False
    nullable: bool = False
    most: int | None = None
    choices: tuple[Any, ...] = ()
    default: Any = None
    inner: list[Field] = field(default_factory=list)
    numbers: bool = False

    @classmethod
    def of(
        cls, document: dict[str, Any], name: str, schema: dict[str, Any], required: bool, depth: int = 0
    ) -> Field:  # fmt: skip
        outer, schema = schema, follow(document, schema)
        types = schema.get("type", "string")
        types = [types] if isinstance(types, str) else types
        nullable = "null" in types or bool(outer.get("anyOf") or outer.get("oneOf"))
        kind = next((one for one in types if one != "null"), "string")
        title = outer.get("title") or schema.get("title") or name.replace("_", " ").capitalize()
        inner: list[Field] = []
        shape = _shape(kind, schema)
        if shape in ("rows", "group") and depth < DEPTH:
            of = schema.get("items", {}) if shape == "rows" else schema
            inner = fields_of(document, of, depth + 1)
            if shape == "rows" and not inner:
                shape = "many"
        if shape == "json":
            more = schema.get("additionalProperties")
            if isinstance(more, dict) and depth < DEPTH:
                inner = fields_of(document, more, depth + 1)
                shape = "words" if inner else "json"
        numbers = follow(document, schema.get("items", {})).get("type") == "integer"
        return cls(
            name, title, outer.get("description") or schema.get("description", ""), shape,
            outer.get("x-unit") or schema.get("x-unit", ""), required, nullable,
            schema.get("maxLength"), tuple(c for c in schema.get("enum", ()) if c is not None),
            schema.get("default"), inner, numbers,
        )  # fmt: skip


def _shape(kind: str, schema: dict[str, Any]) -> str:
    if schema.get("enum"):
        return "choice"
    if kind in ("integer", "number"):
        return "money" if schema.get("x-unit") == "money" else "number"
    if kind == "boolean":
        return "flag"
    if kind == "array":
        return "rows"
    if kind == "object":
        return "group" if schema.get("properties") else "json"
    if schema.get("format") == "date-time" or schema.get("x-unit") == "time":
        return "time"
    if schema.get("format") == "date":
        return "date"
    return "long" if schema.get("maxLength", 0) > LONG else "text"


def follow(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """What a reference, or a choice with null, stands for; what stands beside it stays."""
    for _ in range(10):
        if "$ref" in schema:
            found: Any = document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = {**found, **{k: v for k, v in schema.items() if k != "$ref"}}
        elif choices := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            chosen = next((one for one in choices if one.get("type") != "null"), {})
            rest = {k: v for k, v in schema.items() if k not in ("anyOf", "oneOf", "allOf")}
            schema = {**chosen, **rest}
        else:
            break
    return schema


def fields_of(document: dict[str, Any], schema: dict[str, Any], depth: int = 0) -> list[Field]:
    schema = follow(document, schema)
    needed = set(schema.get("required", ()))
    return [
        Field.of(document, name, one, name in needed, depth)
        for name, one in schema.get("properties", {}).items()
    ]


# -- values as they are typed ------------------------------------------------------------------


def typed(ctx: Context, one: Field, value: Any) -> str:
    """A value of the API as the form shows it."""
    if value is None:
        return ""
    if one.kind == "money" and isinstance(value, int):
        return money.plain(value, ctx.store.currency)
    if one.kind == "time":
        zone = ZoneInfo(ctx.store.timezone)
        return f"{datetime.fromisoformat(str(value)).astimezone(zone):%Y-%m-%dT%H:%M:%S}"
    if one.kind == "flag":
        return "yes" if value else "no"
    if one.kind == "many":
        return ", ".join(map(str, value))
    if one.kind in ("json", "rows", "group", "words"):
        return json.dumps(value, ensure_ascii=False, indent=1) if value not in ({}, []) else ""
    return str(value)


def parsed(ctx: Context, one: Field, text: str) -> Any:
    """What was typed, as JSON; what cannot be stays a text, and the API says what is wrong."""
    try:
        if one.kind == "money":
            return money.parse(text, ctx.store.currency)
        if one.kind == "number":
            return whole_number(text)
        if one.kind == "flag":
            return {"yes": True, "no": False}.get(text, text)
        if one.kind == "time":
            local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ctx.store.timezone))
            return rfc3339(to_us(local))
        if one.kind == "many":
            parts = [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]
            return [whole_number(part) if one.numbers else part for part in parts]
        if one.kind == "json":
            return json.loads(text)
        if one.kind == "choice" and one.choices and not isinstance(one.choices[0], str):
            return next(choice for choice in one.choices if str(choice) == text)
    except (ValueError, RecursionError, StopIteration):
        pass
    return text


def from_form(
    ctx: Context, form: Mapping[str, str], fields: list[Field], before: Mapping[str, Any] | None = None,
    prefix: str = "",
) -> dict[str, Any]:  # fmt: skip
    """The JSON of a form: what is empty is left out; with `before`, what is as it was, too."""
    found: dict[str, Any] = {}
    for one in fields:
        had = (before or {}).get(one.name)
        value = _value(ctx, form, one, had, f"{prefix}{one.name}", before is not None)
        if value is not UNCHANGED:
            found[one.name] = value
    return found


def _value(
    ctx: Context, form: Mapping[str, str], one: Field, had: Any, name: str, changing: bool
) -> Any:
    if one.kind == "group":
        inside = from_form(ctx, form, one.inner, None, f"{name}.")
        return inside if inside and inside != had else UNCHANGED
    if one.kind == "words":
        words = {
            locale: inside
            for locale in i18n.LOCALES
            if (inside := from_form(ctx, form, one.inner, None, f"{name}.{locale}."))
        }
        return UNCHANGED if words == (had or {}) else words
    if one.kind == "rows":
        rows = [
            from_form(ctx, form, one.inner, None, f"{name}.{n}.") for n in range(_rows(form, name))
        ]
        rows = [row for row in rows if row and not _is_blank(row, one.inner)]
        known = {inner.name for inner in one.inner}
        was = [{k: v for k, v in row.items() if k in known and v is not None} for row in had or []]
        return UNCHANGED if rows == was or (not rows and not changing) else rows
    if name not in form:
        return UNCHANGED
    text = form[name].strip()
    if changing and text == typed(ctx, one, had):
        return UNCHANGED
    if text == "":
        if not changing:
            return UNCHANGED
        empty: dict[str, Any] = {"text": "", "long": "", "many": [], "json": {}}
        return None if one.nullable else empty.get(one.kind, UNCHANGED)
    return parsed(ctx, one, text)


def _is_blank(row: dict[str, Any], inner: list[Field]) -> bool:
    """Whether nobody filled the row in: it says what the form proposes, and lacks what it needs."""
    needed = any(one.required and one.name not in row for one in inner)
    proposed = {one.name: one.default for one in inner}
    return needed and all(value == proposed[name] for name, value in row.items())


def _rows(form: Mapping[str, str], name: str) -> int:
    """How many rows were sent: one past the highest number."""
    numbers = [
        key.removeprefix(f"{name}.").partition(".")[0] for key in form if key.startswith(f"{name}.")
    ]
    return max((int(n) + 1 for n in numbers if n.isdecimal() and len(n) < 4), default=0)
