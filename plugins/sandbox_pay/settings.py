"""The settings of a store, and what follows from them: keys, and where the emulator is."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, validate

NAME = "sandbox_pay"
REQUESTS, NOTICES = "requests", "notices"


_key = validate.Regexp(r"(.{32,200})?\Z", error="needs at least 32 random characters")


class SandboxPaySettings(Schema):
    emulator = fields.String(
        load_default="",
        validate=validate.Regexp(r"(https?://[^\s/]+(/\S*)?)?\Z", error="must be a web address"),
        metadata={"help": "address of the emulator; empty: the one beside this shop"},
    )
    request_key = fields.String(
        load_default="",
        validate=_key,
        metadata={
            "help": "signs the shop's requests; empty: made of the shop's secret",
            "unit": "secret",
        },
    )
    notice_key = fields.String(
        load_default="",
        validate=_key,
        metadata={
            "help": "signs the emulator's notices; empty: made of the shop's secret",
            "unit": "secret",
        },
    )
    timeout_seconds = fields.Integer(
        load_default=5,
        strict=True,
        validate=validate.Range(1, 30),
        metadata={"help": "how long the shop waits for an answer"},
    )


def key(secret: str, store: str, settings: Any, what: str) -> str:
    """The key that signs `what`, REQUESTS or NOTICES, of a store."""
    given = settings.request_key if what == REQUESTS else settings.notice_key
    label = f"{NAME}:{store}:{what}".encode()
    return given or hmac.digest(secret.encode(), label, hashlib.sha256).hex()


def folder(instance: Path) -> Path:
    """Where the emulator keeps its own things, inside the folder of the shop."""
    return instance / NAME


def address(instance: Path, settings: Any) -> str:
    """Where the emulator is: as set, or as the one beside the shop wrote down; "" if none did."""
    if settings.emulator:
        return str(settings.emulator).rstrip("/")
    try:
        return (folder(instance) / "address").read_text("utf-8").strip()
    except FileNotFoundError:
        return ""
