"""One-time codes of an authenticator app: six digits, a new code every 30 seconds (RFC 6238)."""

from __future__ import annotations

import pyotp
from pyotp.utils import strings_equal

STEP = 30_000_000
"""microseconds"""


def new_secret() -> str:
    """Return 160 random bits in base32, as apps take them."""
    return pyotp.random_base32()


def uri(secret: str, issuer: str, name: str) -> str:
    """Return what a QR code for the app holds."""
    return pyotp.TOTP(secret, name=name, issuer=issuer).provisioning_uri()


def code(secret: str, step: int) -> str:
    """Return the six digits of a time step."""
    return pyotp.TOTP(secret).generate_otp(step)


def step_of(secret: str, typed: str, now_us: int) -> int | None:
    """Return the time step whose code was typed: this one, or one beside it for a slow clock."""
    now = now_us // STEP
    steps = (now - 1, now, now + 1)
    matches = [step for step in steps if strings_equal(code(secret, step), typed)]
    return matches[0] if matches else None
