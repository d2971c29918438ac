"""Signed calls of the emulator, each with a timeout."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from shop import Context, ProviderAway
from shop_plugins.sandbox_pay import signing
from shop_plugins.sandbox_pay.settings import NAME, REQUESTS, address, key


class Refused(Exception):
    """The emulator answered, and said no."""


def call(ctx: Context, method: str, path: str, body: Any = None, known: str = "") -> dict[str, Any]:
    """Its answer. `known` is the address that a payment was begun at: of use where the settings are
    gone. ProviderAway if nobody answers in time or it is not well; Refused, with its words, for any
    other no."""
    settings = ctx.settings(NAME)
    base = address(ctx.config.folder, settings) or known
    if not base:
        raise ProviderAway(NAME, "no emulator ever ran beside this shop: `shop sandbox-pay serve`")
    content = b"" if body is None else json.dumps(body).encode()
    secret = key(ctx.config.secret, ctx.code, settings, REQUESTS)
    signed = signing.headers(
        secret, method, urlsplit(base + path).path, content, ctx.now_us // 1_000_000, ctx.code
    )
    try:
        answer = _client().request(
            method, base + path, content=content, headers=signed, timeout=settings.timeout_seconds
        )
    except httpx.TransportError as error:
        raise ProviderAway(NAME, f"{base}: {type(error).__name__}: {error}") from error
    if answer.status_code >= 500 or answer.status_code == 429:
        raise ProviderAway(NAME, f"{base} answered {answer.status_code}: {answer.text:.200}")
    if answer.is_error:
        raise Refused(f"{method} {path}: {answer.status_code} {answer.text:.200}")
    said: dict[str, Any] = answer.json()
    return said


@cache
def _client() -> httpx.Client:
    """One for the process: made when first used, that is after the fork. No proxy from the
    environment stands between a shop and its own emulator."""
    return httpx.Client(trust_env=False)
