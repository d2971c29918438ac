"""One-time codes of an authenticator app (RFC 6238: SHA-1, 30 seconds, 6 digits)."""

from __future__ import annotations

import base64
import hmac
import secrets
from urllib.parse import quote, urlencode

STEP = 30_000_000
"""microseconds"""


def new_secret() -> str:
    """160 bits in base32, as apps take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def uri(secret: str, issuer: str, name: str) -> str:
    """What a QR code for the app holds."""
    return f"otpauth://totp/{quote(f'{issuer}:{name}')}?" + urlencode(
        {"secret": secret, "issuer": issuer}
    )


def code(secret: str, step: int) -> str:
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8), "sha1")
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4]) & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def step_of(secret: str, typed: str, now_us: int) -> int | None:
    """The time step whose code was typed: this one, or one beside it for a slow clock."""
    now = now_us // STEP
    matches = [
        step
        for step in (now - 1, now, now + 1)
        if hmac.compare_digest(code(secret, step).encode(), typed.encode())
    ]
    return matches[0] if matches else None
