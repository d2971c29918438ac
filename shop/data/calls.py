"""Whose code a thread is running: what the seams of database and network ask, and the watchdog.

The core enters a `Call` whenever it calls a plugin: `entered(call, ctx)`, or by hand where every
microsecond counts (hookcalls.py). What the plugin may not do there is refused by `refuse`, and
remembered: a plugin that catches the refusal is named all the same when its call returns.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

from shop.errors import Breach


class Call(NamedTuple):
    """A plugin's code of one kind. `reads`: it may not write; `bound`: it runs within a
    transaction that is not its own (or may), which it leaves open, and without the network;
    `watched`: it has a deadline."""

    plugin: str
    what: str
    reads: bool = False
    bound: bool = True
    watched: bool = True

    def __str__(self) -> str:
        return f"{self.plugin}.{self.what}" if self.what else self.plugin


@dataclass(slots=True, eq=False)
class Running:
    """A call that is being made; `outer` is the one it was made within."""

    call: Call
    began: float
    ctx: Any
    outer: Running | None


class Here:
    """One thread. `now` is the innermost call; `breach` what it did against the rules;
    `statement` says that it waits for the database, `connecting` that it connects to it; `changes`
    counts its statements that write."""

    __slots__ = ("breach", "changes", "connecting", "now", "statement", "thread")

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.now: Running | None = None
        self.breach: Breach | None = None
        self.statement = self.connecting = False
        self.changes = 0


threads: dict[int, Here] = {}
"""by thread ident: those that ever asked; a thread that ended leaves its place to the next"""


class _Local(threading.local):
    def __init__(self) -> None:
        self.here = threads[threading.get_ident()] = Here()


local = _Local()


def chain(running: Running | None) -> Iterator[Running]:
    """A call and those around it, the innermost first."""
    while running is not None:
        yield running
        running = running.outer


def refuse(error: Breach) -> None:
    """Raise it, and again when the innermost call returns though it was caught. Outside of any call
    nothing returns that could raise it: what the core did must not be told of the next plugin."""
    here = local.here
    if here.now is not None:
        here.breach = error
    raise error


def settle(here: Here) -> None:
    """When a call has returned: raise what it did against the rules."""
    breach, here.breach = here.breach, None
    if breach is not None:
        raise breach


@contextmanager
def entered(call: Call, ctx: Any = None) -> Iterator[None]:
    """Inside, this thread runs the plugin's code."""
    here = local.here
    outer = here.now
    here.now = Running(call, perf_counter(), ctx, outer)
    try:
        yield
    except BaseException:
        here.breach = None
        raise
    finally:
        here.now = outer
    settle(here)


@contextmanager
def connecting() -> Iterator[None]:
    """Inside, the database's driver connects: its network is nobody's breach."""
    here = local.here
    here.connecting = True
    try:
        yield
    finally:
        here.connecting = False


@contextmanager
def core() -> Iterator[None]:
    """Inside, this thread runs the core's own code again: what it does is no plugin's fault."""
    here = local.here
    outer, here.now = here.now, None
    try:
        yield
    finally:
        here.now = outer
