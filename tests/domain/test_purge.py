"""A purge takes what is a plugin's own, keeps what is everyone's, and can be killed and repeated."""

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from hashlib import sha256

import pytest

from shop import config, db
from shop.catalog import prices
from shop.instance import Instance
from shop.jobs import jobs
from shop.ledger import ledger
from shop.ops import schema
from shop.orders import holds
from shop.plugins import plugin_tables, plugins, purge
from shop.stock import claims, stock
from shop.testing import CONFIG, SECRET, Shop
from tests.tools import stamps

pytestmark = pytest.mark.both_databases

KILLED = """
import os, signal, sys
from pathlib import Path
from shop import config, db
from shop.instance import Instance
from shop.plugins import purge

text, folder, left = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
instance = Instance(config.parse(text, folder))

def die(sql):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

with db.watched(die):
    purge.run(instance, "stamps", force=True)
print("purged")
"""


@pytest.fixture
def text(database_url):
    text = CONFIG.format(database=database_url, secret=SECRET, stores="")
    return text.replace("[stores.orchard]", 'plugins = ["mine"]\n[stores.orchard]', 1)


@pytest.fixture
def shop(text, clock, tmp_path):
    """Two plugins are installed and off, `stamps` and `stamps_gold`; each has a card of each
    table."""
    for name in ("stamps", "stamps_gold"):
        stamps.write(tmp_path / "mine", name)
    shop = Shop(Instance(config.parse(text, tmp_path), (), clock), clock)
    schema.migrate(shop.instance.registry.installed)
    for name in ("stamps", "stamps_gold"):
        fill(name)
    yield shop
    shop.close()


def fill(name):
    [card] = db.insert(f"{name}_card", "store, count", ("orchard", 3))
    db.insert(f"{name}_mark", "card_id, data", (card, "一"))


@pytest.fixture
def opened(text, clock, tmp_path):
    """The shop as it is after its files were changed."""
    made = []

    def open_again(more=""):
        made.append(Instance(config.parse(text + more, tmp_path), (), clock, strict=False))
        return made[-1]

    yield open_again
    for instance in made:
        instance.close()


def tables(name):
    return plugin_tables.traces(["stamps", "stamps_gold"])[name].tables


def rows(table):
    return db.value(f"SELECT COUNT(*) FROM {table}")


def test_a_plugin_is_exported_whole_before_it_goes(shop, tmp_path):
    found = purge.run(shop.instance, "stamps", force=True)
    assert found.tables == {"stamps_card": 1, "stamps_mark": 1}
    [file] = (tmp_path / "exports").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(file) as made:
        manifest = json.loads(made.read("manifest.json"))
        assert (manifest["plugin"], manifest["version"]) == ("stamps", "1.2")
        for part in manifest["files"]:
            data = made.read(part["file"])
            assert part["sha256"] == sha256(data).hexdigest()
            assert part["rows"] == len(data.splitlines())
        [card] = map(json.loads, made.read("stamps_card.jsonl").splitlines())
        assert card == {"id": 1, "store": "orchard", "count": 3}
        assert "一" in made.read("stamps_mark.jsonl").decode()


def test_one_that_is_still_installed_is_left_as_a_fresh_one(shop):
    purge.run(shop.instance, "stamps", force=True)
    assert rows("stamps_card") == rows("stamps_mark") == 0
    assert schema.pending(shop.instance.registry.installed) == []
    assert shop.instance.context("orchard").plugins.off.by_name["stamps"].open_work(shop.ctx) == []


def test_one_whose_folder_is_gone_leaves_nothing_and_begins_anew(shop, opened, tmp_path):
    shutil.move(tmp_path / "mine" / "stamps", tmp_path / "away")
    instance = opened()
    assert "stamps" not in instance.registry.installed
    purge.run(instance, "stamps")
    assert tables("stamps") == ()
    assert not plugin_tables.traces().get("stamps")
    shutil.move(tmp_path / "away", tmp_path / "mine" / "stamps")
    assert schema.migrate(opened().registry.installed) == ["stamps 0001_cards"]
    assert rows("stamps_card") == 0


def test_a_name_that_begins_anothers_takes_nothing_of_it(shop, opened, tmp_path):
    purge.run(shop.instance, "stamps", force=True)
    assert rows("stamps_gold_card") == rows("stamps_gold_mark") == 1
    for gone in ("stamps", "stamps_gold"):  # the history tells them apart where no folder does
        shutil.rmtree(tmp_path / "mine" / gone)
    fill("stamps")
    purge.run(opened(), "stamps")
    assert tables("stamps") == ()
    assert rows("stamps_gold_card") == 1
    purge.run(opened(), "stamps_gold")
    assert tables("stamps_gold") == ()


def test_the_core_keeps_its_history_and_its_books_balance(shop):
    goods = shop.product(price=1000, stock=10)
    order = shop.up_to("completed", {goods: 1}, customer=(who := shop.customer()))
    with db.transaction():
        ledger.grant(shop.ctx, "stars", who, 5, "stamps:grant:1", "stamps")
    purge.run(shop.instance, "stamps", force=True)
    assert ledger.balance(shop.ctx, "stars", who)["available"] == 5
    assert shop.seen(order).state == "completed"
    assert db.value("SELECT COUNT(*) FROM event") > 0
    assert shop.fsck() == []
    [noted] = db.rows("SELECT subject, data FROM audit WHERE action = 'plugin.purge'")
    assert noted[0] == "plugin:stamps"
    assert db.load(noted[1])["rows"] == 2


def test_what_stands_in_tables_of_the_core_under_its_name_goes_too(shop):
    ctx, goods = shop.ctx, shop.product(price=1000, stock=10)
    with db.transaction():
        stock.open_pool(ctx, "stamps:1", {goods.variant_id: 4})
        stock.open_pool(ctx, "stamps_gold:1", {goods.variant_id: 1})
        prices.put_price(ctx, goods.variant_id, "stamps", 500, ctx.now_us, None)
        for name in ("stamps", "stamps_gold"):
            claims.set_cap(ctx, f"{name}:seats:1", 3)
            claims.claim(ctx, f"{name}:seats:1", "a", 2)
            jobs.schedule(ctx, name, "remind", "card:1", ctx.now_us + 10**9)
            jobs.schedule(ctx, name, "remind", "card:2", ctx.now_us)
        db.run("UPDATE job SET state = 'done' WHERE key = 'card:2'")
    shop.clock.forward(minutes=1)
    found = purge.plan(shop.instance, "stamps")
    assert found.pools == {("orchard", "stamps:1"): 4}
    assert found.core == {"core/counter.jsonl": 1, "core/claim.jsonl": 1, "core/job.jsonl": 2}
    purge.run(shop.instance, "stamps", force=True)
    pools = dict(db.rows("SELECT pool, on_hand FROM stock"))
    assert pools == {"main": 9, "stamps_gold:1": 1}
    assert db.rows("SELECT name, used FROM counter") == [("stamps_gold:seats:1", 2)]
    assert {plugin for (plugin,) in db.rows("SELECT plugin FROM job")} == {"stamps_gold"}
    assert db.value(purge.ACTIVE, "stamps", shop.ctx.now_us) == 0
    assert shop.fsck() == []
    with db.transaction():  # its numbers begin at 1 again, and meet nothing old
        stock.open_pool(ctx, "stamps:1", {goods.variant_id: 4})
        claims.set_cap(ctx, "stamps:seats:1", 3)
        claims.claim(ctx, "stamps:seats:1", "a", 3)
        assert jobs.schedule(ctx, "stamps", "remind", "card:2", ctx.now_us)
    assert shop.fsck() == []


def test_it_stays_while_it_is_on_or_holds_an_order_and_while_it_owes_unless_forced(shop, opened):
    with pytest.raises(purge.PurgeRefused, match="it is on in orchard: shop plugins disable"):
        purge.run(opened("[stores.orchard.plugins.stamps]\n"), "stamps", force=True)
    with pytest.raises(purge.PurgeRefused, match="owes in orchard: 1 cards are not full"):
        purge.run(shop.instance, "stamps")
    order = shop.up_to("paid")
    holds.hold(shop.ctx, order.id, "stamps", "wait")
    with pytest.raises(purge.PurgeRefused, match=f"it holds 1 order.s. in orchard .{order.number}"):
        purge.run(shop.instance, "stamps", force=True)
    assert rows("stamps_card") == 1
    assert plugins.release(shop.ctx, "stamps") == [order.number]
    assert plugins.release(shop.ctx, "stamps") == []
    purge.run(shop.instance, "stamps", force=True)
    assert rows("stamps_card") == 0


def test_it_stays_while_a_job_of_it_runs(shop):
    with db.transaction():
        jobs.schedule(shop.ctx, "stamps", "remind", "card:1", shop.ctx.now_us)
    later = shop.ctx.now_us + 60_000_000
    db.run("UPDATE job SET state = 'running', lease_until = ?", later)
    with pytest.raises(purge.PurgeRefused, match=r"1 job.s. of it run now"):
        purge.run(shop.instance, "stamps", force=True)
    shop.clock.forward(minutes=2)
    purge.run(shop.instance, "stamps", force=True)
    assert rows("job") == 0


def test_an_export_of_a_moment_ago_serves_unless_something_was_changed_since(shop, tmp_path):
    found = purge.plan(shop.instance, "stamps")
    file = purge.export(shop.instance, found)
    db.run("UPDATE stamps_card SET count = 4")
    purge.run(shop.instance, "stamps", force=True, file=file)
    newer = set((tmp_path / "exports").iterdir()) - {file}
    assert len(newer) == 1
    with zipfile.ZipFile(newer.pop()) as made:
        assert json.loads(made.read("stamps_card.jsonl"))["count"] == 4
    fill("stamps")
    file = purge.export(shop.instance, purge.plan(shop.instance, "stamps"))
    before = len(list((tmp_path / "exports").iterdir()))
    purge.run(shop.instance, "stamps", force=True, file=file)
    assert len(list((tmp_path / "exports").iterdir())) == before


def test_a_second_purge_does_nothing_and_an_unknown_name_is_refused(shop, opened, tmp_path):
    shutil.rmtree(tmp_path / "mine" / "stamps")
    purge.run(opened(), "stamps")
    files = sorted((tmp_path / "exports").iterdir())
    assert purge.run(opened(), "stamps").empty
    assert purge.plan(opened(), "stamps").last == shop.ctx.now_us
    assert sorted((tmp_path / "exports").iterdir()) == files
    for name in ("stamp", "core", "order"):
        with pytest.raises(purge.PurgeRefused, match=f"no plugin is called {name}"):
            purge.run(opened(), name, force=True)


@pytest.mark.parametrize("where", ["begin", "middle", "end"])
def test_case_86_a_purge_that_is_killed_is_done_whole_by_the_next(shop, text, tmp_path, where):
    statements = []
    with db.watched(statements.append):
        purge.run(shop.instance, "stamps", force=True)
    fill("stamps")
    first = next(at for at, sql in enumerate(statements) if sql.startswith("DROP TABLE"))
    last = max(at for at, sql in enumerate(statements) if sql.startswith("DROP TABLE"))
    at = {"begin": first + 1, "middle": first + 2, "end": last + 2}[where]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, text, str(tmp_path), str(at)],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert rows("stamps_card") == rows("stamps_mark") == 1
    purge.run(shop.instance, "stamps", force=True)
    assert rows("stamps_card") == 0
    assert schema.pending(shop.instance.registry.installed) == []
    assert shop.fsck() == []
