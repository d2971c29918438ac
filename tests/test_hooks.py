"""What a plugin may not do in a hook: it is refused, named, and nothing of it is written."""

import secrets
import socket
import sqlite3
import subprocess
from contextlib import suppress

import pytest

from shop import db
from shop.api import metrics
from shop.carts.quote import Basket, Item, Problem, quote
from shop.catalog import version
from shop.data import calls
from shop.errors import NetworkRefused, PluginFailure, Reject
from shop.jobs import jobs
from shop.orders import holds, order_view, orders
from shop.orders.orders import Draft
from shop.payments import payments
from shop.plugin import Plugin, hookimpl
from tests import factory

PHONE = "+8613000000001"
LOOKS = ("price_lines", "adjust_quote", "check_quote")


class Rogue(Plugin):
    """Does in each hook what a test puts into `does`."""

    name = "rogue"
    does: dict = {}

    def _do(self, hook, ctx, given):
        found = self.does.get(hook)
        return found(ctx, given) if found else None

    @hookimpl
    def price_lines(self, ctx, lines):
        return self._do("price_lines", ctx, lines)

    @hookimpl
    def adjust_quote(self, ctx, quote, lane):
        return self._do("adjust_quote", ctx, quote)

    @hookimpl
    def check_quote(self, ctx, quote):
        return self._do("check_quote", ctx, quote)

    @hookimpl
    def check_cancel(self, ctx, order):
        return self._do("check_cancel", ctx, order)

    @hookimpl
    def order_placing(self, ctx, order):
        return self._do("order_placing", ctx, order)

    @hookimpl
    def order_changed(self, ctx, order, change):
        return self._do("order_changed", ctx, order)

    @hookimpl
    def customer_joined(self, ctx, customer, options):
        return self._do("customer_joined", ctx, customer)

    @hookimpl
    def notify(self, ctx, event):
        return self._do("notify", ctx, event)

    @hookimpl
    def present(self, ctx, kind, objects):
        return self._do("present", ctx, objects)

    def jobs(self):
        def atomic(ctx, data):
            self._job(ctx, data)

        return {"atomic": jobs.atomic(atomic), "plain": self._job}

    def _job(self, ctx, data):
        self._do("job", ctx, data)


class Meek(Plugin):
    """Listed after the rogue; holds each order, and notes what it was shown."""

    name = "meek"
    shown: list = []

    @hookimpl
    def order_placing(self, ctx, order):
        self.shown.append((order.total, len(order.lines)))
        holds.hold(ctx, order.id, self.name, "meek")


@pytest.fixture
def plugins():
    Rogue.does = {}
    Meek.shown = []
    return (Rogue, Meek)


@pytest.fixture
def stores_toml():
    return "[stores.orchard.plugins.rogue]\n[stores.orchard.plugins.meek]\n"


@pytest.fixture
def ctx(shop):
    factory.product(shop.ctx, sku="APPLE", price=1000, units=9)
    return shop.ctx


def place(ctx, **facts):
    return orders.place(ctx, Draft(Basket([Item("APPLE", 1)]), "W", PHONE, **facts))


def look(ctx):
    return quote(ctx, Basket([Item("APPLE", 1)]))


def counts():
    tables = ("orders", "customer", "hold", "event", "job")
    return [db.value(f"SELECT COUNT(*) FROM {table}") for table in tables]


def does(hook, deed):
    Rogue.does = {hook: deed}


# -- writing ---------------------------------------------------------------------------------


def writes(ctx, given):
    db.run("UPDATE product SET title = 'x'")


def writes_and_swallows(ctx, given):
    try:
        writes(ctx, given)
    except Exception:
        return


@pytest.mark.parametrize("hook", LOOKS)
@pytest.mark.parametrize("deed", [writes, writes_and_swallows])
def test_a_quote_hook_that_writes_is_refused_by_its_name(shop, ctx, hook, deed):
    does(hook, deed)
    before = counts()
    for call in (look, place):
        with pytest.raises(PluginFailure, match=f"rogue.{hook} may only read") as failed:
            call(ctx)
        assert (failed.value.plugin, failed.value.hook) == ("rogue", hook)
    assert counts() == before
    assert db.value("SELECT COUNT(*) FROM product WHERE title = 'x'") == 0


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (1)",
        "WITH x AS (SELECT 1) DELETE FROM t",
        "/* SELECT */ UPDATE t SET a = 1",
        "PRAGMA user_version = 7",
        "SELECT 1 FROM t FOR UPDATE",
        "SELECT nextval('s')",
        "CREATE TABLE t (a)",
        "SELECT 1; DELETE FROM t",
    ],
)
def test_what_writes(sql):
    from shop.data.guard import kind

    assert kind(sql).writes


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT replace(title, 'a', 'b') FROM product",
        "SELECT 1 FROM t WHERE kind = 'DELETE'",
        "PRAGMA table_info(product)",
        "  WITH x AS (SELECT 1) SELECT * FROM x",
        "SELECT updated FROM t",
    ],
)
def test_what_only_reads(sql):
    from shop.data.guard import kind

    assert not kind(sql).writes
    assert not kind(sql).ends


def test_over_http_it_is_500_with_the_names_and_nothing_is_written(shop, ctx):
    does("adjust_quote", writes)
    before = counts()
    body = {
        "lines": [{"sku": "APPLE", "quantity": 1}], "contact": {"name": "W", "phone": PHONE},
    }  # fmt: skip
    answer = shop.client.post(
        "/api/v1/orchard/orders", json=body, headers={"Idempotency-Key": "0123456789abcdef"}
    )
    assert answer.status_code == 500
    named = {name: answer.json[name] for name in ("code", "plugin", "hook")}
    assert named == {"code": "plugin_failed", "plugin": "rogue", "hook": "adjust_quote"}
    assert counts() == before


# -- transactions ----------------------------------------------------------------------------

ENDS = {
    "database.commit": lambda ctx, given: db.database.commit(),
    "database.rollback": lambda ctx, given: db.database.rollback(),
    "database.begin": lambda ctx, given: db.database.begin(),
    "database.close": lambda ctx, given: db.database.close(),
    "COMMIT": lambda ctx, given: db.run("COMMIT"),
    "with a comment": lambda ctx, given: db.run("/* now */ commit"),
    "ROLLBACK": lambda ctx, given: db.run("ROLLBACK"),
    "END": lambda ctx, given: db.run("END"),
    "second of two": lambda ctx, given: db.run("SELECT 1; COMMIT"),
    "past the seam": lambda ctx, given: db.database.connection().commit(),
    "left open": lambda ctx, given: db.database.transaction().__enter__() and None,
    "popped": lambda ctx, given: db.database.pop_transaction() and None,
}


@pytest.mark.parametrize("hook", ["order_placing", "check_quote"])
@pytest.mark.parametrize("end", ENDS)
def test_case_53_a_hook_that_ends_the_transaction_fails_by_name(ctx, hook, end):
    does(hook, ENDS[end])
    before = counts()
    with pytest.raises(PluginFailure) as failed:
        place(ctx)
    assert (failed.value.plugin, failed.value.hook) == ("rogue", hook)
    assert not db.opened()
    if end != "past the seam":  # it is named, but what was written by then stands
        assert counts() == before
    does("", None)
    place(ctx)


def test_case_53_a_commit_that_the_plugin_swallows_is_named_too(ctx):
    def deed(ctx, order):
        try:
            db.database.commit()
        except Exception:
            return

    does("order_placing", deed)
    with pytest.raises(PluginFailure, match="may not begin or end a transaction"):
        place(ctx)
    assert counts()[0] == 0


@pytest.mark.parametrize("hook", ["order_changed", "customer_joined"])
@pytest.mark.parametrize("end", [name for name in ENDS if name != "past the seam"])
def test_case_53_in_a_reaction_it_is_undone_and_retried(shop, ctx, hook, end, caplog):
    does(hook, ENDS[end])
    orders.cancel(ctx, place(ctx).id, "owner")
    assert db.value("SELECT state FROM orders") == "cancelled"
    assert db.value("SELECT COUNT(*) FROM job WHERE plugin = 'rogue' AND name = 'react'") == 1
    assert f"plugin rogue, hook {hook}" in caplog.text


def test_a_hook_may_join_the_transaction_and_undo_its_own_part(ctx):
    def deed(ctx, order):
        with db.transaction(), db.savepoint():
            holds.hold(ctx, order.id, "rogue", "kept")
        with suppress(ZeroDivisionError), db.savepoint():
            holds.hold(ctx, order.id, "rogue", "undone")
            raise ZeroDivisionError
        db.run("SAVEPOINT mine")

    does("order_placing", deed)
    assert [hold["reason"] for hold in place(ctx).holds] == ["kept", "meek"]


def test_a_statement_that_failed_and_was_swallowed_is_named(ctx):
    """On PostgreSQL it has broken the transaction; SQLite does not mind."""

    def deed(ctx, order):
        try:
            db.run("SELECT nothing FROM nowhere")
        except Exception:
            return

    does("order_placing", deed)
    if db.is_postgres():
        with pytest.raises(PluginFailure, match="plugin rogue, hook order_placing"):
            place(ctx)
    else:
        place(ctx)
    does("order_changed", deed)
    Rogue.does.pop("order_placing", None)
    orders.cancel(ctx, place(ctx).id, "owner")
    assert db.value("SELECT COUNT(*) FROM orders WHERE state = 'cancelled'") == 1


# -- network ---------------------------------------------------------------------------------


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def connects(port):
    def deed(ctx, given):
        socket.create_connection(("127.0.0.1", port), timeout=2).close()

    return deed


def connects_and_swallows(port):
    def deed(ctx, given):
        try:
            connects(port)(ctx, given)
        except Exception:
            return

    return deed


@pytest.mark.parametrize("hook", [*LOOKS, "order_placing"])
@pytest.mark.parametrize("deed", [connects, connects_and_swallows])
def test_case_53_the_network_in_a_hook_is_refused_by_name(ctx, port, hook, deed):
    does(hook, deed(port))
    with pytest.raises(PluginFailure, match=f"rogue.{hook} may not use the network"):
        place(ctx)
    assert counts()[0] == 0


def test_case_53_so_are_names_and_other_programs(ctx):
    for deed in (
        lambda ctx, given: socket.getaddrinfo("example.invalid", 80),
        lambda ctx, given: subprocess.run(["true"]),
    ):
        does("order_placing", deed)
        with pytest.raises(PluginFailure, match="may not use the network"):
            place(ctx)


def test_case_53_in_a_transaction_of_anyone(ctx, port):
    with pytest.raises(NetworkRefused, match="within a transaction"), db.transaction():
        connects(port)(ctx, None)
    connects(port)(ctx, None)
    with calls.entered(calls.Call("rogue", "next")):
        pass  # whoever is called next is not blamed for it


def test_notify_may_use_the_network(shop, ctx, port):
    done = []
    does("notify", lambda ctx, event: done.append(connects(port)(ctx, event)))
    place(ctx)
    shop.run_jobs()
    assert done
    assert db.value("SELECT COUNT(*) FROM job WHERE name = 'notify' AND state <> 'done'") == 0


@pytest.mark.parametrize("name, state", [("plain", "done"), ("atomic", "waiting")])
def test_a_job_may_use_the_network_outside_a_transaction(shop, ctx, port, name, state):
    does("job", connects(port))
    with db.transaction():
        jobs.schedule(ctx, "rogue", name, "k", ctx.now_us)
    shop.run_jobs()
    found, error = db.row("SELECT state, error FROM job WHERE plugin = 'rogue' AND name = ?", name)
    assert found == state
    assert ("rogue.job atomic may not use the network" in error) == (name == "atomic")


# -- views -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda quote: setattr(quote, "currency", "JPY"),
        lambda quote: setattr(quote.lines[0], "unit_price", 1),
        lambda quote: quote.lines.clear(),
        lambda quote: quote.adjustments.append(None),
        lambda quote: quote.problems.extend([1]),
        lambda quote: quote.options.update(x=1),
        lambda quote: quote.lines[0].options.setdefault("x", 1),
        lambda quote: quote.lines[0].offer.__setitem__("x", 1),
    ],
)
@pytest.mark.parametrize("hook", ["adjust_quote", "check_quote"])
def test_a_quote_cannot_be_changed_by_those_who_look_at_it(ctx, hook, change):
    does(hook, lambda ctx, quote: change(quote))
    with pytest.raises(PluginFailure, match=f"plugin rogue, hook {hook}"):
        look(ctx)


def test_what_a_plugin_does_to_its_view_of_an_order_changes_nothing(ctx):
    def deed(ctx, order):
        order.total, order.pay_by, order.method = 0, None, "transfer"
        order.lines.clear()
        order.options["x"] = 1

    does("order_placing", deed)
    order = place(ctx)
    assert (order.total, order.state, order.method, order.options) == (
        1000, "pending", "at_pickup", {},
    )  # fmt: skip
    assert len(order.lines) == 1
    assert Meek.shown == [(1000, 1)]


@pytest.mark.parametrize("minutes", [0, -5, 1.5, True, float("nan"), 10**12])
def test_prepay_takes_minutes(ctx, minutes):
    does("order_placing", lambda ctx, order: orders.prepay(ctx, order, minutes))
    with pytest.raises(PluginFailure, match="not minutes"):
        place(ctx, method="transfer")


# -- what is raised --------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit, GeneratorExit])
def test_case_49_whatever_a_money_hook_raises_fails_that_request_by_name(ctx, error):
    def deed(ctx, given):
        raise error

    for hook in (*LOOKS, "order_placing"):
        does(hook, deed)
        with pytest.raises(PluginFailure, match=f"rogue, hook {hook}: {error.__name__}"):
            place(ctx)
    assert counts()[0] == 0
    does("", None)
    assert place(ctx).state == "pending"
    assert calls.local.here.now is None


def test_case_52_what_a_placing_hook_wrote_before_it_raised_is_undone(ctx):
    def deed(ctx, order):
        holds.hold(ctx, order.id, "rogue", "x")
        raise ZeroDivisionError

    does("order_placing", deed)
    before = counts()
    with pytest.raises(PluginFailure):
        place(ctx)
    assert counts() == before


def test_a_refusal_passes_as_it_is_and_one_that_is_none_does_not(ctx):
    def refuses(status):
        def deed(ctx, order):
            raise Reject("too_sunny", status, sun=7)

        return deed

    does("order_placing", refuses(422))
    with pytest.raises(Reject) as refused:
        place(ctx)
    assert (refused.value.code, refused.value.facts) == ("too_sunny", {"sun": 7})
    does("order_placing", refuses(200))
    with pytest.raises(PluginFailure, match="not a status"):
        place(ctx)


def test_a_database_that_is_busy_is_no_fault_of_the_plugin(ctx):
    import peewee

    def deed(ctx, order):
        busy = sqlite3.OperationalError("database is locked")
        busy.sqlite_errorname = "SQLITE_BUSY"
        raise peewee.OperationalError("database is locked") from busy

    does("order_placing", deed)
    with pytest.raises(peewee.OperationalError):
        place(ctx)
    plugins = ctx.plugins
    assert plugins.failures == {}


@pytest.mark.parametrize("hook", ["order_placing", "order_changed", "notify"])
def test_hooks_that_answer_nothing_answer_nothing(shop, ctx, hook):
    does(hook, lambda ctx, given: ["something"])
    if hook == "order_placing":
        with pytest.raises(PluginFailure, match="answers nothing"):
            place(ctx)
        return
    orders.cancel(ctx, place(ctx).id, "owner")
    shop.run_jobs()
    assert ctx.plugins.failures["rogue", hook] > 0


# -- figures ---------------------------------------------------------------------------------


def test_calls_seconds_and_failures_are_counted_by_plugin_and_hook(ctx):
    place(ctx)
    does("order_placing", lambda ctx, order: 1 / 0)
    with pytest.raises(PluginFailure):
        place(ctx)
    does("price_lines", lambda ctx, lines: "garbage")
    with pytest.raises(PluginFailure):
        look(ctx)
    plugins = ctx.plugins
    assert plugins.count["rogue", "order_placing"] == 2
    assert plugins.count["rogue", "adjust_quote"] == 6
    assert plugins.count["meek", "order_placing"] == 1
    assert plugins.seconds["rogue", "price_lines"] > 0
    assert plugins.failures == {("rogue", "order_placing"): 1, ("rogue", "price_lines"): 1}


@pytest.fixture
def flushed(monkeypatch):
    """/metrics has what hooks took up to the last request."""
    monkeypatch.setattr(metrics, "FLUSH", 0.0)


@pytest.mark.sqlite_only
def test_metrics_count_calls_and_failures_by_plugin_and_hook(flushed, shop, ctx):
    def counted(name):
        line = f'{name}{{hook="price_lines",plugin="rogue"}} '
        found = [text for text in shop.client.get("/metrics").text.splitlines() if line in text]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    names = [f"shop_hook_{figure}_total" for figure in ("calls", "failures", "seconds")]
    calls_before, failures_before, seconds_before = map(counted, names)
    body = {"lines": [{"sku": "APPLE", "quantity": 1}], "contact": {"name": "W", "phone": PHONE}}
    assert order_of(shop, body).status_code == 201
    does("price_lines", lambda ctx, lines: 1 / 0)
    assert order_of(shop, body).status_code == 500
    counted(names[0])  # the figures of a request are there for the next
    calls_after, failures_after, seconds_after = map(counted, names)
    assert calls_after - calls_before == ctx.plugins.count["rogue", "price_lines"]
    assert failures_after - failures_before == 1
    assert seconds_after > seconds_before


def order_of(shop, body):
    key = {"Idempotency-Key": secrets.token_hex(16)}
    return shop.client.post("/api/v1/orchard/orders", json=body, headers=key)


# -- present and notify ----------------------------------------------------------------------


@pytest.mark.sqlite_only
@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit, GeneratorExit])
def test_case_49_an_extension_whose_plugin_raises_is_left_out(shop, ctx, error, caplog):
    def deed(ctx, given):
        raise error

    shines = lambda ctx, products: {each.id: {"sun": 7} for each in products}  # noqa: E731
    does("present", shines)
    path = "/api/v1/orchard/products/apple"
    fine = shop.client.get(path).json
    [variant] = fine["variants"]
    assert fine["extensions"] == variant["extensions"] == {"rogue": {"sun": 7}}
    does("present", deed)
    version.touch(ctx)
    answer = shop.client.get(path)
    assert answer.status_code == 200
    bare = {"extensions": {}}
    assert answer.json == fine | bare | {"variants": [variant | bare]}
    assert "plugin rogue failed in present(product)" in caplog.text
    assert ctx.plugins.failures["rogue", "present"] == 2
    does("present", shines)
    version.touch(ctx)
    assert shop.client.get(path).json == fine


@pytest.mark.sqlite_only
@pytest.mark.parametrize("deed", [writes, writes_and_swallows])
def test_an_extension_whose_plugin_writes_is_left_out(shop, ctx, deed):
    does("present", deed)
    assert shop.client.get("/api/v1/orchard/products/apple").json["extensions"] == {}
    assert db.value("SELECT COUNT(*) FROM product WHERE title = 'x'") == 0
    assert ctx.plugins.failures["rogue", "present"] == 2


@pytest.mark.sqlite_only
@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit, GeneratorExit])
def test_case_49_a_notice_that_raises_is_sent_again_and_the_sale_stands(shop, ctx, error):
    def deed(ctx, event):
        told.append(event.kind)
        raise error

    told = []
    does("notify", deed)
    assert place(ctx).state == "pending"
    shop.run_jobs()
    assert sorted(told) == ["customer.joined", "order.placed"]
    waiting = "SELECT COUNT(*) FROM job WHERE name = 'notify' AND state = 'waiting'"
    assert db.value(waiting) == 2
    assert "rogue, hook notify" in db.value("SELECT error FROM job WHERE name = 'notify'")
    assert ctx.plugins.failures["rogue", "notify"] == 2
    does("notify", lambda ctx, event: told.append(event.kind))
    shop.clock.forward(hours=1)
    shop.run_jobs()
    assert sorted(told) == ["customer.joined"] * 2 + ["order.placed"] * 2
    assert db.value(waiting) == 0


# -- check_cancel ----------------------------------------------------------------------------


def test_a_plugin_keeps_a_customer_from_cancelling_what_is_paid_and_nobody_else(ctx):
    does("check_cancel", lambda ctx, order: [Problem("too_sunny", 0, 409, {"by": order.number})])
    open_, paid = place(ctx), place(ctx)
    assert orders.cancel_by_customer(ctx, open_.id).state == "cancelled"
    payments.record(ctx, paid.id, "manual", "transfer", paid.total)
    with pytest.raises(Reject) as refused:
        orders.cancel_by_customer(ctx, paid.id)
    assert (refused.value.code, refused.value.status) == ("too_sunny", 409)
    assert refused.value.facts == {"by": paid.number}
    assert order_view.load(ctx, paid.id).state == "paid"
    assert orders.cancel(ctx, paid.id, "staff").state == "cancelled"


def test_a_reason_against_a_cancel_is_found_by_reading(ctx):
    order = place(ctx)
    payments.record(ctx, order.id, "manual", "transfer", order.total)
    does("check_cancel", lambda ctx, order: db.change("UPDATE orders SET note = 'x'") and None)
    with pytest.raises(PluginFailure, match="check_cancel"):
        orders.cancel_by_customer(ctx, order.id)
    assert order_view.load(ctx, order.id).state == "paid"
