"""Passwords of staff: argon2id, 19 MiB, two passes; about 75 ms each."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shop.errors import Reject

LEAST, MOST = 10, 200
LOOKED_AT = 72
"""letters that tell how soon one is guessed; all count when it is asked for"""
SOON = 2
"""zxcvbn's score below which it is among the first hundred million that are tried"""
hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hashed(password: str, *near: str) -> str:
    """422 `password_too_short`; `password_too_common` for one that is tried early, as are those made
    of names `near` to whom it is for. No kind of letter is asked for."""
    from zxcvbn import zxcvbn  # 40 ms, for what seldom happens

    if len(password) < LEAST:
        raise Reject("password_too_short", least=LEAST)
    if zxcvbn(password[:LOOKED_AT], user_inputs=[*near, "minishop"])["score"] < SOON:
        raise Reject("password_too_common")
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
