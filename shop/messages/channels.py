"""Ways to reach a customer: the embedded one writes to the log, every other comes by a plugin.

A plugin's `channels` are objects with `send(ctx, message) -> bool`: whether it took the message.
They are asked in the order of the file, from a job, so they may use the network and may raise:
the message is tried again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from shop.context import Context

log = logging.getLogger("shop.messages")


@dataclass(frozen=True, slots=True)
class Message:
    """`kind` is `login_code` and the like, `to` a phone (E.164), `text` what the person reads."""

    kind: str
    to: str
    text: str


def send(ctx: Context, message: Message) -> str:
    """Hand the message to the first channel that takes it; the plugin's name, or `log`."""
    for name, plugin in ctx.plugins.by_name.items():
        for channel in plugin.channels:
            if channel.send(ctx, message):
                return name
    log.info("%s to %s: %s", message.kind, message.to, message.text)
    return "log"
