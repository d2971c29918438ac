"""What both sides sign: HMAC-SHA256 over method, path, time, nonce and body.

Requests of the shop and notices of the emulator have different keys, so neither passes for the
other. A signature is good for five minutes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping

AGE = 300
"""seconds"""
NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
TIME = re.compile(r"[0-9]{1,12}")


def sign(key: str, method: str, path: str, at: str, nonce: str, body: bytes) -> str:
    head = "\n".join((method, path, at, nonce, "")).encode()
    return hmac.digest(key.encode(), head + body, hashlib.sha256).hex()


def headers(key: str, method: str, path: str, body: bytes, at: int, account: str) -> dict[str, str]:
    """The headers that prove a message; `at` in seconds, `account` the code of the store."""
    when, nonce = str(at), secrets.token_hex(16)
    return {
        "Content-Type": "application/json",
        "X-Sandbox-Account": account,
        "X-Sandbox-Time": when,
        "X-Sandbox-Nonce": nonce,
        "X-Sandbox-Signature": sign(key, method, path, when, nonce, body),
    }


def verify(
    key: str, method: str, path: str, given: Mapping[str, str], body: bytes, now: int
) -> bool:
    """Whether the headers `given` prove the message, and are not older than AGE; `now` in
    seconds."""
    at, nonce = given.get("X-Sandbox-Time", ""), given.get("X-Sandbox-Nonce", "")
    if not TIME.fullmatch(at) or not NONCE.fullmatch(nonce) or abs(now - int(at)) > AGE:
        return False
    right = sign(key, method, path, at, nonce, body)
    return hmac.compare_digest(given.get("X-Sandbox-Signature", "").encode(), right.encode())
