"""How the plugins of a store are called: in the owner's order, measured, guarded, by name.

Whatever goes wrong in a plugin leaves here as PluginFailure, with its name and the hook's; only a
Reject, and a database that is away or busy, pass as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from time import perf_counter
from typing import Any

import pluggy

from shop import calls, db
from shop.calls import Call, Running
from shop.errors import Breach, CommitRefused, PluginFailure, Reject

Hook = Callable[..., Any]
Check = Callable[[str, Any], Any]
"""(plugin, its answer) -> the answer as the core takes it; raises if it may not be given"""

INTRANS, INERROR = 2, 3
"""libpq's states of a transaction"""
READERS = ("price_lines", "adjust_quote", "check_quote", "reference_price", "present")
SILENT = ("order_placing", "order_changed", "customer_joined", "notify")
"""hooks that answer nothing"""
Key = tuple[str, str]


class HookCalls:
    """`seconds`, `count` and `failures` are by (plugin, hook), since the process started."""

    def __init__(self, names: tuple[str, ...], manager: pluggy.PluginManager) -> None:
        self.names, self.manager = names, manager
        self.seconds: dict[Key, float] = defaultdict(float)
        self.count: dict[Key, int] = defaultdict(int)
        self.failures: dict[Key, int] = defaultdict(int)
        self._calls: dict[str, list[tuple[str, Hook]]] = {}

    def calls(self, hook: str) -> list[tuple[str, Hook]]:
        """(plugin, callable) of each implementation in order; the callable takes keywords,
        measures itself and hands the plugin only the arguments that it names."""
        found = self._calls.get(hook)
        if found is None:
            impls = getattr(self.manager.hook, hook).get_hookimpls()
            impls.sort(key=lambda impl: self.names.index(impl.plugin_name))
            found = [(impl.plugin_name, self._guarded(impl, hook)) for impl in impls]
            self._calls[hook] = found
        return found

    def ask(self, hook: str, check: Check | None = None, **facts: Any) -> list[tuple[str, Any]]:
        """Call all and check what they answer; fail closed."""
        answers = []
        for name, call in self.calls(hook):
            answer = call(**facts)
            if answer is not None:
                answers.append((name, self.checked(name, hook, check, answer) if check else answer))
        return answers

    def checked(self, plugin: str, hook: str, check: Check, answer: Any) -> Any:
        """An answer as the core takes it, or PluginFailure."""
        try:
            return check(plugin, answer)
        except Exception as error:
            self.failures[plugin, hook] += 1
            if isinstance(error, PluginFailure):
                raise
            raise PluginFailure(plugin, hook, f"{type(error).__name__}: {error}") from error

    def _guarded(self, impl: Any, hook: str) -> Hook:
        wanted, function = impl.argnames, impl.function
        key = name, _ = impl.plugin_name, hook
        known = Call(name, hook, hook in READERS, hook != "notify", hook != "notify")
        local, seconds, count = calls.local, self.seconds, self.count
        silent = hook in SILENT

        def call(**facts: Any) -> Any:
            here, before = local.here, db.opened()
            outer, began = here.now, perf_counter()
            here.now = Running(known, began, facts.get("ctx"), outer)
            try:
                answer = function(*[facts[argument] for argument in wanted])
                if here.breach is not None:
                    calls.settle(here)
                if before or db.opened():
                    require_standing(before)
                if silent and answer is not None:
                    raise TypeError(f"it answers nothing, not {answer!r:.100}")
                return answer
            except BaseException as error:
                here.breach = None
                if db.opened() != before:
                    restore(before)
                named = self._named(name, hook, error)
                if named is error:
                    raise
                raise named from error
            finally:
                here.now = outer
                seconds[key] += perf_counter() - began
                count[key] += 1

        return call

    def _named(self, plugin: str, hook: str, error: BaseException) -> BaseException:
        """What is raised in place of `error`: itself, or PluginFailure."""
        if isinstance(error, Reject) and not _is_refusal(error):
            error = TypeError(f"not a status of a refusal: {error.status!r:.100}")
        elif isinstance(error, Reject | KeyboardInterrupt) or db.transient(error):
            return error
        self.failures[plugin, hook] += 1
        if isinstance(error, PluginFailure):
            return error
        return PluginFailure(plugin, hook, f"{type(error).__name__}: {error}")


def _is_refusal(error: Reject) -> bool:
    return type(error.status) is int and (400 <= error.status < 500 or error.status == 503)


def require_standing(before: tuple[Any, ...]) -> None:
    """After a plugin's call: CommitRefused unless the transaction is as open as it was before, and
    able to go on. What the plugin opened and left open is forgotten."""
    if db.opened() != before:
        if not restore(before):
            raise CommitRefused("the transaction was ended")
        raise CommitRefused("a transaction was left open")
    if not before:
        return
    state = db.database.obj._state
    if db.is_postgres():
        status = state.conn.pgconn.transaction_status
        if status == INERROR:
            raise Breach("a statement failed, and was not undone by db.savepoint()")
        standing = status == INTRANS
    else:
        standing = state.conn.in_transaction
    if not standing:
        raise CommitRefused("the transaction was ended")


def restore(before: tuple[Any, ...]) -> bool:
    """Forget what a plugin opened and left open; False if it ended what was not its own."""
    database = db.database.obj
    more = len(db.opened()) > len(before)
    if more and not before:
        database.rollback()
    database._state.transactions[:] = before
    return more
