"""The platform of plugins: found, on in some stores, off, gone, in a package, not migrated."""

import shutil
import sys

import pytest

from shop import config, db, server
from shop.instance import Instance
from shop.jobs import jobs
from shop.loading import discovery
from shop.ops import schema
from shop.orders import holds
from shop.plugins import plugin_state
from shop.testing import CONFIG, SECRET, Shop
from tests.tools import stamps

BAKERY = """
[stores.bakery]
name = "面包房"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "zh_Hans"
"""
ON = "[stores.{}.plugins.{}]\n"
FAILS = stamps.MIGRATION.replace(
    "  data TEXT NOT NULL)\n", "  data TEXT NOT NULL);\nCREATE NONSENSE\n"
)


@pytest.fixture
def opened(database_url, clock, tmp_path):
    """`opened(more lines of shop.toml, migrate=True)`: the shop over the folder `mine`."""
    made = []
    (tmp_path / "mine").mkdir()

    def open_shop(more="", migrate=True, **options):
        text = CONFIG.format(database=database_url, secret=SECRET, stores=more)
        text = text.replace("[stores.orchard]", 'plugins = ["mine"]\n[stores.orchard]', 1)
        (tmp_path / "shop.toml").write_text(text, "utf-8")
        shop = Shop(Instance(config.parse(text, tmp_path), (), clock, **options), clock)
        made.append(shop)
        if migrate:
            schema.migrate(shop.instance.registry.installed)
        return shop

    yield open_shop
    for shop in made:
        shop.close()


@pytest.fixture
def mine(tmp_path):
    return tmp_path / "mine"


def described():
    """The columns of every table that is a plugin's in these tests."""
    tables = [name for name in db.database.get_tables() if "stamps" in name]
    return {name: [column.name for column in db.database.get_columns(name)] for name in tables}


# -- installed -------------------------------------------------------------------------------


def test_case_55_a_migration_that_fails_halfway_stops_the_start_and_leaves_the_schema(
    opened, mine, tmp_path
):
    stamps.write(mine, "stamps")
    shop = opened()
    before = described()
    assert before["stamps_card"] == ["id", "store", "count"]
    failing = stamps.write(tmp_path, "failing", FAILS) / "migrations" / "0001_cards.py"
    text = failing.read_text().replace("failing", "stamps_more")
    (mine / "stamps" / "migrations" / "0002_more.py").write_text(text)
    with pytest.raises(schema.SchemaError, match=r"stamps 0002_more failed, .* nothing of it"):
        schema.migrate(shop.instance.registry.installed)
    assert described() == before
    assert schema.pending(shop.instance.registry.installed) == ["stamps 0002_more"]
    [problem] = server.problems_of(tmp_path / "shop.toml")
    assert "stamps 0002_more" in problem
    assert "shop db migrate" in problem
    good = text.replace("CREATE NONSENSE", "")
    (mine / "stamps" / "migrations" / "0002_more.py").write_text(good)
    assert schema.migrate(shop.instance.registry.installed) == ["stamps 0002_more"]
    assert server.problems_of(tmp_path / "shop.toml") == []


def test_case_56_a_plugin_that_was_removed_leaves_a_shop_that_starts_with_its_data(
    opened, mine, tmp_path
):
    stamps.write(mine, "stamps")
    shop = opened(ON.format("orchard", "stamps"))
    order = shop.up_to("paid")
    holds.hold(shop.ctx, order.id, "stamps", "wait")
    db.insert("stamps_card", "store, count", ("orchard", 3))
    shutil.rmtree(mine / "stamps")
    on = ON.format("orchard", "stamps")
    opened(on, migrate=False, strict=False)
    [problem] = server.problems_of(tmp_path / "shop.toml")
    assert problem.startswith("stores.orchard.plugins.stamps: no such plugin")
    shop = opened()
    assert server.problems_of(tmp_path / "shop.toml") == []
    assert shop.client.get("/readyz").status_code == 200
    assert db.rows("SELECT store, count FROM stamps_card") == [("orchard", 3)]
    assert shop.up_to("completed").state == "completed"
    assert [hold["by"] for hold in shop.seen(order).holds] == ["stamps"]
    assert shop.fsck() == []
    state = plugin_state.find(shop.instance, "stamps")
    assert (state.origin, state.left.holds) == ("gone", {"orchard": 1})
    assert state.left.tables == ("stamps_card", "stamps_mark")
    stamps.write(mine, "stamps")
    assert opened(on).ctx.plugins.by_name["stamps"].open_work(shop.ctx) == ["1 cards are not full"]


@pytest.mark.sqlite_only
def test_an_installed_package_is_found_by_its_entry_point(opened, tmp_path, monkeypatch):
    site = tmp_path / "site"
    stamps.write(site, "packed")
    (site / "packed" / "__init__.py").write_text("")
    info = site / "packed-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: packed\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[shop.plugins]\npacked = packed.plugin:Found\n")
    monkeypatch.syspath_prepend(site)
    shop = opened(ON.format("orchard", "packed"))
    state = plugin_state.find(shop.instance, "packed")
    assert (state.origin, state.ranks, state.pending) == ("package", {"orchard": 1}, ())
    assert shop.client.get(shop.url("/packed/card")).json == {"label": "a card"}
    (info / "entry_points.txt").write_text("[shop.plugins]\npacked = packed.nowhere:Found\n")
    registry = opened(migrate=False).instance.registry
    assert registry.broken["packed"].startswith("ModuleNotFoundError")
    for name in [name for name in sys.modules if name.partition(".")[0] == "packed"]:
        del sys.modules[name]


@pytest.mark.sqlite_only
def test_one_that_is_found_twice_is_broken(opened, mine, tmp_path, monkeypatch):
    stamps.write(mine, "stamps")
    stamps.write(tmp_path / "other", "stamps")
    monkeypatch.setattr(discovery, "under_test", [tmp_path / "other"])
    registry = opened(migrate=False).instance.registry
    assert "found twice" in registry.broken["stamps"]
    assert "stamps" not in registry.installed


@pytest.mark.sqlite_only
def test_a_plugin_for_another_hook_api_is_refused_where_it_is_on(opened, mine):
    plugin = stamps.PLUGIN.replace("name, version,", "shop_api = 99\n    name, version,")
    stamps.write(mine, "stamps", plugin=plugin)
    assert "made for hook API 99, this is 1" in opened().instance.registry.broken["stamps"]
    with pytest.raises(config.ConfigError, match=r"plugins\.stamps: made for hook"):
        opened(ON.format("orchard", "stamps"))


# -- on in some stores -----------------------------------------------------------------------


def test_two_stores_have_plugins_settings_and_precedence_of_their_own(opened, mine):
    for name in ("stamps", "stamps_gold"):
        stamps.write(mine, name)
    orchard = ON.format("orchard", "stamps_gold") + ON.format("orchard", "stamps") + "steps = 3\n"
    shop = opened(orchard + BAKERY + ON.format("bakery", "stamps") + "steps = 7\n")
    bakery = shop.of("bakery")
    assert shop.ctx.plugins.names == ("stamps_gold", "stamps")
    assert bakery.ctx.plugins.names == ("stamps",)
    assert shop.ctx.settings("stamps").steps == 3
    assert bakery.ctx.settings("stamps").steps == 7
    assert bakery.ctx.settings("stamps_gold").steps == 10
    assert shop.client.get(shop.url("/stamps-gold/card")).status_code == 200
    assert bakery.client.get(bakery.url("/stamps/card")).status_code == 200
    assert bakery.client.get(bakery.url("/stamps-gold/card")).status_code == 404
    asked = {
        code: shop.client.get(f"/api/v1/{code}/openapi.json").json for code in ("orchard", "bakery")
    }
    assert "/stamps-gold/card" in asked["orchard"]["paths"]
    assert "StampsGoldCard" in asked["orchard"]["components"]["schemas"]
    assert "/stamps-gold/card" not in asked["bakery"]["paths"]
    assert "StampsGoldCard" not in asked["bakery"]["components"]["schemas"]
    assert "StampsCard" in asked["bakery"]["components"]["schemas"]
    ranks = {state.name: state.ranks for state in plugin_state.survey(shop.instance)}
    assert ranks["stamps"] == {"orchard": 2, "bakery": 1}


# -- off -------------------------------------------------------------------------------------

SETTLES = """
    @hookimpl
    def order_placing(self, ctx, order):
        from shop.orders import holds
        holds.hold(ctx, order.id, self.name, "wait")

    @hookimpl
    def order_changed(self, ctx, order, change):
        from shop.jobs import jobs
        from shop.orders import holds
        if change.kind == "paid":
            jobs.schedule(ctx, self.name, "remind", f"order:{order.id}", ctx.now_us, {"order": order.id})

    def jobs(self):
        from shop.jobs import jobs
        from shop.orders import holds

        @jobs.atomic
        def remind(ctx, data):
            holds.release(ctx, data["order"], self.name)
            db.run("DELETE FROM stamps_card WHERE count = ?", data["order"])

        return {"remind": remind}
"""


def test_one_that_is_switched_off_offers_nothing_and_ends_what_it_began(opened, mine):
    lines = [line for line in stamps.PLUGIN.splitlines(True) if "remind" not in line]
    lines.remove("    def jobs(self):\n")
    settles = SETTLES.replace("{", "{{").replace("}", "}}")
    stamps.write(mine, "stamps", plugin="".join(lines) + settles)
    shop = opened(ON.format("orchard", "stamps"))
    placed = shop.up_to("placed")
    db.insert("stamps_card", "store, count", ("orchard", placed.id))
    off = opened()
    assert off.client.get(off.url("/stamps/card")).status_code == 404
    paths = off.client.get(off.url("/openapi.json")).json["paths"]
    assert "/stamps/card" not in paths
    assert "/api/v1/{store}/stamps/card" in off.client.get("/api/v1/openapi.json").json["paths"]
    assert off.client.get(off.url("/")).json["plugins"] == []
    assert plugin_state.find(off.instance, "stamps").owes == {"orchard": ["1 cards are not full"]}
    assert off.order().holds == []
    off.pay(placed)
    off.run_jobs()
    assert off.seen(placed).holds == []
    assert off.hand_out(placed).state == "completed"
    assert plugin_state.find(off.instance, "stamps").owes == {}
    later = off.up_to("paid")
    assert off.run_jobs() is not None
    assert db.value("SELECT COUNT(*) FROM job WHERE plugin = 'stamps'") == 1
    assert off.seen(later).holds == []
    assert off.fsck() == []


def test_safe_mode_starts_bare_and_leaves_the_data_alone(opened, mine, tmp_path, monkeypatch):
    stamps.write(mine, "stamps")
    on = ON.format("orchard", "stamps")
    shop = opened(on)
    db.insert("stamps_card", "store, count", ("orchard", 3))
    (mine / "stamps" / "plugin.py").write_text("raise SystemError('it will not load')\n")
    shutil.rmtree(mine / "stamps" / "__pycache__", ignore_errors=True)
    monkeypatch.setenv("SHOP_SAFE_MODE", "1")
    assert server.problems_of(tmp_path / "shop.toml") == []
    bare = opened(on, migrate=False)
    assert bare.instance.registry.installed == {}
    assert bare.client.get(bare.url("/stamps/card")).status_code == 404
    assert bare.up_to("completed").state == "completed"
    assert db.rows("SELECT count FROM stamps_card") == [(3,)]
    assert bare.fsck() == []
    state = plugin_state.find(bare.instance, "stamps")
    assert (state.origin, state.ranks) == ("not loaded", {"orchard": 1})
    assert shop.ctx.plugins.names == ("stamps",)


@pytest.mark.sqlite_only
def test_a_job_of_a_plugin_that_is_gone_waits_for_it_and_stops_no_other(opened, mine):
    stamps.write(mine, "stamps")
    shop = opened()
    with db.transaction():
        jobs.schedule(shop.ctx, "stamps", "remind", "1", shop.ctx.now_us)
    shutil.rmtree(mine / "stamps")
    gone = opened()
    gone.run_jobs()
    [(state, error)] = db.rows("SELECT state, error FROM job WHERE plugin = 'stamps'")
    assert (state, "nothing runs jobs named stamps/remind" in error) == ("waiting", True)
    stamps.write(mine, "stamps")
    back = opened(ON.format("orchard", "stamps"))
    back.forward(hours=1)
    assert db.value("SELECT state FROM job WHERE plugin = 'stamps'") == "done"
