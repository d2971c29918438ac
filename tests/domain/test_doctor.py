"""The doctor sees what is wrong around the books, and says what to do."""

import os
import shutil
from dataclasses import replace

import pytest

from shop import db
from shop.clock import to_us
from shop.jobs import jobs, leases
from shop.ops import backup, doctor, schema
from shop.orders import holds
from shop.plugin import Plugin
from shop.plugins import plugins as plugins_service


class Cards(Plugin):
    name = "cards"

    def open_work(self, ctx):
        return ["3 cards are half full"]


@pytest.fixture
def plugins():
    return (Cards,)


def signs(shop, *states):
    wanted = states or ("warn", "bad")
    return {
        (sign.what, sign.found): sign.todo
        for sign in doctor.examine(shop.instance)
        if sign.state in wanted
    }


def whats(shop, *states):
    return {what for what, _ in signs(shop, *states)}


def test_a_shop_that_works_has_nothing_bad(shop):
    assert whats(shop, "bad") == set()
    assert {"database", "migrations", "jobs", "disk"} <= whats(shop, "good")


def test_a_runner_that_is_missing_is_told_and_one_that_leads_is_named(shop):
    assert signs(shop)["job runner", "nobody runs jobs"] == "shop serve, or shop worker"
    leases.lead("runner", "here:1", to_us(shop.clock.now()), 15)
    assert ("job runner", "here:1 leads") in signs(shop, "good")


def test_late_and_dead_jobs_are_told(shop):
    with db.transaction():
        jobs.schedule(shop.ctx, "core", "report", "late", shop.ctx.now_us)
        jobs.schedule(shop.ctx, "core", "notify", "dead", shop.ctx.now_us)
    db.run("UPDATE job SET state = 'dead' WHERE key = 'dead'")
    shop.clock.forward(minutes=10)
    found = signs(shop)
    assert ("jobs", "1 are late by 5 min or more") in found
    todo = found["jobs", "1 dead of core notify in orchard"]
    assert todo == "shop jobs list --store orchard --state dead, then retry"


def test_what_a_plugin_that_is_off_still_owes_is_told(shop):
    assert ("plugins", "cards is off in orchard, and owes: 3 cards are half full") in signs(shop)


def test_reactions_and_notices_that_are_overdue_are_told_by_plugin(shop):
    with db.transaction():
        jobs.schedule(shop.ctx, "cards", "react", "event:1", shop.ctx.now_us)
        jobs.schedule(shop.ctx, "cards", "react", "event:2", shop.ctx.now_us)
        jobs.schedule(shop.ctx, "cards", "notify", "event:1", shop.ctx.now_us)
    assert not {found for what, found in signs(shop) if what == "deliveries"}
    shop.clock.forward(minutes=10)
    db.run("UPDATE job SET run_at = ? WHERE key = 'event:1'", shop.ctx.now_us + 10**9)
    db.run("UPDATE job SET state = 'dead' WHERE key = 'event:2'")
    found = signs(shop)
    since = "overdue since 2026-05-01T04:00:00Z"
    assert ("deliveries", f"1 notices of cards in orchard {since}") in found
    todo = found["deliveries", f"2 reactions of cards in orchard {since}, 1 given up"]
    assert todo == "shop jobs list --store orchard --state dead, then retry or skip"
    assert ("jobs", "none late, none dead") in signs(shop, "good")


def test_what_a_plugin_that_is_gone_left_is_told_with_the_way_out(shop):
    order = shop.up_to("paid")
    holds.hold(shop.ctx, order.id, "lottery", "wait for the draw")
    with db.transaction():
        jobs.schedule(shop.ctx, "lottery", "draw", "1", shop.ctx.now_us)
    todo = signs(shop, "bad")["plugins", "1 holds of lottery in orchard, which is not installed"]
    assert todo.endswith("shop plugins release lottery")
    assert ("plugins", "1 jobs of lottery, which is not installed") in signs(shop, "warn")
    assert plugins_service.release(shop.ctx, "lottery", order.number) == [order.number]
    assert "plugins" not in whats(shop, "bad")
    [noted] = db.rows("SELECT subject, actor FROM audit WHERE action = 'hold.release'")
    assert noted == (f"order:{order.number}", "system")
    assert shop.hand_out(order).state == "completed"


@pytest.mark.sqlite_only
def test_a_broken_plugin_is_bad_where_it_is_on_and_else_to_be_looked_at(shop, tmp_path):
    registry = shop.instance.registry
    registry.broken["wreck"] = "SyntaxError: invalid syntax (mine/wreck/plugin.py:3)"
    what = "wreck is broken: SyntaxError: invalid syntax (mine/wreck/plugin.py:3)"
    assert ("plugins", what) in signs(shop, "warn")
    store = replace(shop.config.stores["orchard"], plugins={"wreck": {}})
    shop.instance.config = replace(shop.config, stores={"orchard": store})
    registry.problems.append(f"stores.orchard.plugins.wreck: {registry.broken['wreck']}")
    registry.problems.append("stores.orchard.plugins.cards.step: unknown")
    found = signs(shop, "bad")
    assert ("plugins", what) in found
    assert [found for what, found in found if what == "shop.toml"] == [
        "stores.orchard.plugins.cards.step: unknown"
    ]


@pytest.mark.sqlite_only
def test_pending_migrations_and_a_missing_database_are_bad(shop):
    schema.rollback({}, "core")
    assert signs(shop)["migrations", "pending: core 0001_initial"] == "shop db migrate"

    def away(sql):
        import peewee

        raise peewee.OperationalError("the server has gone")

    with db.watched(away):
        assert whats(shop, "bad") == {"database"}


@pytest.mark.sqlite_only
def test_settings_that_a_live_shop_should_not_have_are_told(shop, tmp_path):
    (tmp_path / ".env").write_text("SHOP_SECRET=x\n")
    (tmp_path / ".env").chmod(0o644)
    shop.instance.config = replace(shop.config, mode="live", workers=1)
    assert {"secret", "shop.toml", "backup"} <= whats(shop)
    (tmp_path / ".env").chmod(0o600)
    assert "secret" not in whats(shop)


@pytest.mark.sqlite_only
def test_a_backup_that_is_old_is_told(shop, tmp_path):
    shop.instance.config = replace(shop.config, mode="live")
    made = backup.make(shop.config.database, backup.default_file(tmp_path, shop.clock.now()))
    assert ("backup", made.name) in signs(shop, "good")
    week_ago = made.stat().st_mtime - 7 * 86_400
    os.utime(made, (week_ago, week_ago))
    assert signs(shop)["backup", f"{made.name} is 7 days old"] == "shop db backup, every night"


@pytest.mark.sqlite_only
def test_a_full_disk_is_bad(shop, monkeypatch):
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")(10**11, 10**11 - 10**6, 10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    assert "disk" in whats(shop, "bad")
