"""Passwords of staff: argon2id, 19 MiB, two passes; about 75 ms each."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shop.errors import Reject

LEAST, MOST = 10, 200
hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hashed(password: str) -> str:
    """422 `password_too_short`."""
    if len(password) < LEAST:
        raise Reject("password_too_short", least=LEAST)
    return hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """The work is the same when there is nobody of that name, or he has no password."""
    try:
        return hasher.verify(stored or _nobody(), password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobody() -> str:
    return hasher.hash("the password of nobody")
