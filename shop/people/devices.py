"""Devices on which a member of staff has signed in: whoever guesses a password elsewhere does not
keep them waiting. A device is not a sign-in: it opens nothing, and the password is still asked for.

Nothing is stored here. What a device keeps is a random id with a keyed hash, bound to the member of
staff and to the password: once that changes, no device is known any more.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from shop.context import Context

DAYS = 180
"""that a browser should keep it"""


def remember(ctx: Context, staff_id: int, stored: str) -> str:
    """Return the text for a device to keep. `stored` is the hash of the password."""
    device = secrets.token_hex(16)
    return f"{device}.{_seal(ctx, device, staff_id, stored)}"


def known(ctx: Context, text: str, staff_id: int, stored: str) -> str | None:
    """Return the id of the device that keeps `text`, if it is one of this member of staff."""
    device, _, seal = text.partition(".")
    right = _seal(ctx, device, staff_id, stored)
    return device if stored and hmac.compare_digest(seal.encode(), right.encode()) else None


def _seal(ctx: Context, device: str, staff_id: int, stored: str) -> str:
    text = f"device:{ctx.code}:{staff_id}:{device}:{stored}".encode()
    return hmac.digest(ctx.config.secret.encode(), text, hashlib.sha256).hex()
