"""What shop.toml may say: marshmallow schemas, and their findings as lines a person can act on."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from marshmallow import Schema, ValidationError, validate
from marshmallow import fields as ma
from werkzeug.sansio.utils import host_is_trusted

from shop import i18n

SAMPLE_SECRETS = ("change-me", "changeme", "secret", "sample", "example", "insecure")


class _Secret(ma.Field):
    """A string, {env = "NAME"} or {file = "path"}; samples and short ones are refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, dict) and len(value) == 1:
            [(kind, name)] = value.items()
            if kind == "env" and isinstance(name, str):
                value = self._settings("env", os.environ).get(name, "")
                if not value:
                    raise ValidationError(f"the environment variable {name} is not set")
            elif kind == "file" and isinstance(name, str):
                path = self._settings("folder", Path()) / name
                try:
                    value = path.read_text("utf-8").strip()
                except OSError as error:
                    raise ValidationError(f"cannot read {name}: {error.strerror}") from None
        if not isinstance(value, str):
            raise ValidationError('a string, { env = "NAME" } or { file = "path" }')
        if len(value) < 32 or value.lower().strip("- _") in SAMPLE_SECRETS:
            raise ValidationError("needs at least 32 random characters: `shop secret` prints one")
        return value

    def _settings(self, name: str, default: Any) -> Any:
        return getattr(self.parent, name, default)


class _Flag(ma.Field):
    """true or false, not 1 or "yes"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("must be true or false")
        return value


def _range(low: int, high: int) -> validate.Range:
    return validate.Range(low, high, error=f"must be from {low} to {high}")


def _one_of(*choices: str) -> validate.OneOf:
    return validate.OneOf(choices, error=f"must be one of {', '.join(choices)}")


USUAL = {
    "RMB": "CNY", "zh": "zh_Hans", "zh_CN": "zh_Hans", "zh-CN": "zh_Hans",
    "Asia/Beijing": "Asia/Shanghai",
}  # fmt: skip
"""what people write, and what it is called here"""


def _known(names: Callable[[], Collection[str]], what: str) -> Callable[[str], None]:
    """Refuse a value that is not among `names()`, with the nearest one as a hint."""

    def check(value: str) -> None:
        if value not in names():
            near = difflib.get_close_matches(value, list(names()), 1)
            meant = USUAL.get(value) or (near[0] if near else "")
            hint = f", did you mean {meant}?" if meant else ""
            raise ValidationError(f"{value!r} is not {what}{hint}")

    return check


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _network(text: str) -> None:
    try:
        ip_network(text)
    except ValueError:
        raise ValidationError("a network like 10.0.0.0/8 or fd00::/8, its host bits zero") from None


def _origin(text: str) -> None:
    """Scheme, host and port of an address, and nothing behind them; "" is unset."""
    if not text:
        return
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    wanted = f"{parts.scheme}://{parts.netloc}"
    named = host_is_trusted(parts.netloc) and not host.startswith(".") and "@" not in parts.netloc
    if parts.scheme not in ("http", "https") or not named or text != wanted or port == 0:
        raise ValidationError("an address like https://shop.example.org, without a path or a slash")


def _integer(low: int, high: int, **options: Any) -> ma.Integer:
    return ma.Integer(strict=True, validate=_range(low, high), **options)


class LimitsSchema(Schema):
    request_kib = _integer(16, 65536)
    import_mib = _integer(1, 4096)
    picture_mib = _integer(1, 100)
    lines = _integer(1, 2000)
    quantity = _integer(1, 1_000_000)
    open_carts = _integer(1, 1_000_000)
    unpaid_orders = _integer(1, 1_000_000)
    unpaid_orders_per_peer = _integer(1, 1_000_000)
    cart_days = _integer(1, 365)
    requests_per_minute = _integer(1, 10_000_000)
    writes_per_minute = _integer(1, 10_000_000)
    catalogue_cache_mib = _integer(0, 4096)


class OrdersSchema(Schema):
    transfer_hours = _integer(1, 720)
    online_minutes = _integer(1, 1440)
    customer_cancels_paid = _Flag()
    no_show_hours = _integer(1, 720)
    no_show = ma.String(validate=_one_of("keep", "cancel"))
    default_country = ma.String(validate=validate.Regexp(r"^[A-Z]{2}$", error="like CN or DE"))


LOCALE = _known(lambda: i18n.LOCALES, "a locale we speak")


class WordsSchema(Schema):
    name = ma.String(validate=validate.Length(1, 100))
    description = ma.String(validate=validate.Length(max=2000))


class StoreSchema(Schema):
    name = ma.String(required=True, validate=validate.Length(1, 100))
    currency = ma.String(required=True, validate=_known(i18n.currencies, "a currency (ISO 4217)"))
    timezone = ma.String(required=True, validate=_known(_zones, "a time zone"))
    locale = ma.String(required=True, validate=LOCALE)
    theme = ma.String()
    public_url = ma.String(validate=_origin)
    description = ma.String(validate=validate.Length(max=2000))
    translations = ma.Dict(keys=ma.String(validate=LOCALE), values=ma.Nested(WordsSchema))
    orders = ma.Nested(OrdersSchema)
    plugins = ma.Dict(keys=ma.String(), values=ma.Dict())


class ShopSchema(Schema):
    folder = Path()
    env: Mapping[str, str] = os.environ

    database = ma.String(
        required=True,
        validate=validate.Regexp(
            r"^(sqlite:///|postgres(ql)?://)", error="must start with sqlite:/// or postgresql://"
        ),
    )
    secret = _Secret(required=True)
    mode = ma.String(validate=_one_of("live", "demo", "test"))
    plugins = ma.List(ma.String())
    themes = ma.List(ma.String())
    media = ma.String()
    workers = _integer(1, 64)
    threads = _integer(1, 256)
    rate_limits = ma.String(validate=_one_of("on", "generous", "off"))
    redis = ma.String(
        validate=validate.Regexp(r"^rediss?://", error="must start with redis:// or rediss://")
    )
    trusted_proxies = _integer(0, 8)
    private_networks = ma.List(ma.String(validate=_network))
    cors = ma.List(
        ma.String(
            validate=validate.Regexp(
                r"^https?://[^/*\s]+$", error="an origin like https://shop.example.org"
            )
        )
    )
    log_level = ma.String(validate=_one_of("debug", "info", "warning", "error"))
    limits = ma.Nested(LimitsSchema)


class FileSchema(Schema):
    shop = ma.Nested(ShopSchema, required=True)
    stores = ma.Dict(keys=ma.String(), values=ma.Nested(StoreSchema), required=True)


def explain(messages: Any, schema: Any, path: str = "") -> list[str]:
    """marshmallow's nested messages as lines `stores.orchard.currncy: unknown, did you mean …`."""
    schema = schema.schema if isinstance(schema, ma.Nested) else schema
    if isinstance(messages, list):
        return [f"{path}: {_sentence(message)}" for message in messages]
    problems = []
    for name, inner in messages.items():
        here = f"{path}.{name}".lstrip(".") if name != "_schema" else path
        if isinstance(schema, ma.Dict):
            for part, of in (("key", schema.key_field), ("value", schema.value_field)):
                problems += explain(inner[part], of, here) if part in inner else []
        elif isinstance(schema, ma.List):
            problems += explain(inner, schema.inner, f"{path}[{name}]")
        elif inner == ["Unknown field."]:
            problems.append(f"{here}: unknown{_hint(str(name), list(schema.fields))}")
        else:
            problems += explain(inner, getattr(schema, "fields", {}).get(name), here)
    return problems


def _hint(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f", did you mean {near[0]}?" if near else f"; known are {', '.join(known) or 'none'}"


def _sentence(message: str) -> str:
    """As part of a line: `missing`, `not a valid integer`."""
    if message == "Missing data for required field.":
        return "missing"
    return (message[:1].lower() + message[1:]).rstrip(".")
