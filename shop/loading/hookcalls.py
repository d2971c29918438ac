"""How the plugins of a store are called: in the owner's order, measured, guarded, by name.

Whatever goes wrong in a plugin leaves here as PluginFailure, with its name and the hook's; only a
Reject, and a database that is away or busy, pass as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from operator import itemgetter
from time import perf_counter
from typing import Any, NamedTuple

import pluggy

from shop import db
from shop.data import calls
from shop.data.calls import Call, Running
from shop.errors import Breach, CommitRefused, PluginFailure, Reject

Hook = Callable[..., Any]
Check = Callable[[str, Any], Any]
"""(plugin, its answer) -> the answer as the core takes it; raises if it may not be given"""

INTRANS, INERROR = 2, 3
"""libpq's states of a transaction"""
READERS = (
    "price_lines", "adjust_quote", "check_quote", "check_cancel", "reference_price", "present",
)  # fmt: skip
SILENT = ("order_placing", "order_changed", "customer_joined", "notify")
"""hooks that answer nothing"""
EMPTY = {"price_lines": dict, "adjust_quote": list, "check_quote": list, "check_cancel": list}
"""the type of an answer that says nothing"""
Key = tuple[str, str]


class Impl(NamedTuple):
    """A plugin's implementation of a hook. `pick` takes from the facts what it names; `tally` is
    its seconds, calls and failures."""

    plugin: str
    function: Callable[..., Any]
    pick: Callable[[dict[str, Any]], tuple[Any, ...]]
    call: Call
    tally: list[Any]


class HookCalls:
    """`seconds`, `count` and `failures` are by (plugin, hook), since the process started."""

    def __init__(self, names: tuple[str, ...], manager: pluggy.PluginManager) -> None:
        self.names, self.manager = names, manager
        self._tally: dict[Key, list[Any]] = {}
        self._found: dict[str, list[Impl]] = {}
        self._calls: dict[str, list[tuple[str, Hook]]] = {}

    @property
    def seconds(self) -> dict[Key, float]:
        return {key: tally[0] for key, tally in list(self._tally.items()) if tally[1]}

    @property
    def count(self) -> dict[Key, int]:
        return {key: tally[1] for key, tally in list(self._tally.items()) if tally[1]}

    @property
    def failures(self) -> dict[Key, int]:
        return {key: tally[2] for key, tally in list(self._tally.items()) if tally[2]}

    def calls(self, hook: str) -> list[tuple[str, Hook]]:
        """(plugin, callable) of each implementation in order; the callable takes keywords,
        measures itself and hands the plugin only the arguments that it names."""
        found = self._calls.get(hook)
        if found is None:
            found = [(impl.plugin, self._guarded(impl, hook)) for impl in self._impls(hook)]
            self._calls[hook] = found
        return found

    def ask(
        self,
        hook: str,
        check: Check | None = None,
        facts: dict[str, Any] | None = None,
        **more: Any,
    ) -> Iterator[tuple[str, Any]]:
        """(plugin, answer as checked) of each that answers something; fail closed. `facts` may be
        changed between two answers. A quote asks fifty times where ten plugins are on: one that
        has nothing to say costs half a microsecond."""
        impls = self._impls(hook)
        if not impls:
            return
        facts, empty = more if facts is None else facts, EMPTY.get(hook, type(None))
        here, transactions = calls.local.here, db.database.obj._state.transactions
        outer, before = here.now, tuple(transactions)
        last, given = None, ()
        running, began = Running(impls[0].call, 0.0, facts.get("ctx"), outer), perf_counter()
        for impl in impls:
            plugin, function, pick, running.call, tally = impl
            running.began, here.now = began, running
            try:
                if pick is not last:
                    last, given = pick, pick(facts)
                answer = function(*given)
                if here.breach is not None:
                    calls.settle(here)
                if before or transactions:
                    require_standing(before)
            except BaseException as error:
                here.now = outer
                self._fail(impl, before, error)
                raise
            finally:
                now = perf_counter()
                tally[0] += now - began
                tally[1] += 1
                began = now
            if answer is None or (type(answer) is empty and not answer):
                continue
            here.now, last = outer, None
            yield plugin, self.checked(plugin, hook, check, answer) if check else answer
            began = perf_counter()
        here.now = outer

    def checked(self, plugin: str, hook: str, check: Check, answer: Any) -> Any:
        """An answer as the core takes it, or PluginFailure."""
        try:
            return check(plugin, answer)
        except Exception as error:
            self._tally[plugin, hook][2] += 1
            if isinstance(error, PluginFailure):
                raise
            raise PluginFailure(plugin, hook, f"{type(error).__name__}: {error}") from error

    def _impls(self, hook: str) -> list[Impl]:
        found = self._found.get(hook)
        if found is None:
            impls = getattr(self.manager.hook, hook).get_hookimpls()
            impls.sort(key=lambda impl: self.names.index(impl.plugin_name))
            free = hook == "notify"
            found = [
                Impl(
                    impl.plugin_name, impl.function, _picker(impl.argnames),
                    Call(impl.plugin_name, hook, hook in READERS, not free, not free),
                    self._tally.setdefault((impl.plugin_name, hook), [0.0, 0, 0]),
                )
                for impl in impls
            ]  # fmt: skip
            self._found[hook] = found
        return found

    def _guarded(self, impl: Impl, hook: str) -> Hook:
        silent = hook in SILENT

        def call(**facts: Any) -> Any:
            here, before = calls.local.here, db.opened()
            outer, began = here.now, perf_counter()
            here.now = Running(impl.call, began, facts.get("ctx"), outer)
            try:
                answer = impl.function(*impl.pick(facts))
                if here.breach is not None:
                    calls.settle(here)
                if before or db.opened():
                    require_standing(before)
                if silent and answer is not None:
                    raise TypeError(f"it answers nothing, not {answer!r:.100}")
                return answer
            except BaseException as error:
                self._fail(impl, before, error)
                raise
            finally:
                here.now = outer
                impl.tally[0] += perf_counter() - began
                impl.tally[1] += 1

        return call

    def _fail(self, impl: Impl, before: tuple[Any, ...], error: BaseException) -> None:
        """Raise PluginFailure in place of `error`, or nothing if that may pass as it is."""
        calls.local.here.breach = None
        if db.opened() != before:
            restore(before)
        named = self._named(impl.plugin, impl.call.what, error)
        if named is not error:
            raise named from error

    def _named(self, plugin: str, hook: str, error: BaseException) -> BaseException:
        """What is raised in place of `error`: itself, or PluginFailure."""
        if isinstance(error, Reject) and not _is_refusal(error):
            error = TypeError(f"not a status of a refusal: {error.status!r:.100}")
        elif isinstance(error, Reject | KeyboardInterrupt) or db.transient(error):
            return error
        self._tally[plugin, hook][2] += 1
        if isinstance(error, PluginFailure):
            return error
        return PluginFailure(plugin, hook, f"{type(error).__name__}: {error}")


@cache
def _picker(names: tuple[str, ...]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda facts: tuple(facts[name] for name in names)


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
