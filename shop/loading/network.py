"""No network inside a hook or a transaction: in test mode it is refused, with the plugin's name.

A remote party that is slow or away must not hold a transaction open. Python tells an audit hook of
each connection and each process that is started; the database's own driver connects elsewhere.
"""

from __future__ import annotations

import sys
from typing import Any

from shop import db
from shop.data import calls
from shop.errors import NetworkRefused

EVENTS = frozenset({
    "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto",
    "socket.sendmsg", "subprocess.Popen", "os.system", "os.posix_spawn", "os.exec",
})  # fmt: skip
_state = {"on": False, "installed": False}


def refuse_in_transactions(on: bool = True) -> None:
    """Of this process, until it is switched off again."""
    _state["on"] = on
    if on and not _state["installed"]:
        _state["installed"] = True
        sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in EVENTS or not _state["on"]:
        return
    here = calls.local.here
    if here.connecting:
        return
    for call in [one.call for one in calls.chain(here.now)]:
        if call.bound:
            calls.refuse(NetworkRefused(f"{call} may not use the network ({event})"))
    if db.database.obj is not None and db.opened():
        name = here.now.call if here.now else "the core"
        calls.refuse(NetworkRefused(f"{name} used the network within a transaction ({event})"))
