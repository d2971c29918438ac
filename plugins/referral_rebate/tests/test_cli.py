"""`shop referral-rebate`, as its user reads it."""

import pytest
from click.testing import CliRunner

from shop import config, configedit, db
from shop.cli import main
from shop.instance import Instance
from shop.services import accounts, orders, payments, pickup, products
from shop.services.quote import Basket, Item
from shop_plugins.referral_rebate import bindings


@pytest.fixture
def run(tmp_path):
    """`run("report")` in a shop of its own, where a friend has bought."""
    runner, folder = CliRunner(), tmp_path / "shop"
    assert runner.invoke(main, ["init", str(folder), "--name", "果园"]).exit_code == 0
    path = folder / "shop.toml"
    [code] = config.load(path).stores
    table = f"stores.{code}.plugins.referral_rebate"
    text, _ = configedit.set_key(path.read_text("utf-8"), table, {})
    path.write_text(text, "utf-8")
    assert runner.invoke(main, ["--config", str(path), "db", "migrate"]).exit_code == 0
    instance = Instance(config.load(path))
    _fill(instance.context(code))
    instance.close()

    def run(*words):
        command = ["--config", str(path), "referral-rebate", *words]
        result = runner.invoke(main, command, env={"COLUMNS": "80"})
        assert result.exit_code == 0, result.output
        assert all(len(line) <= 80 for line in result.output.splitlines()), result.output
        return result.output

    yield run
    db.database.close()


def _fill(ctx):
    variant = {"sku": "PEARS", "price": 10_000, "stock": 9}
    products.create(ctx, {"title": "Pears", "status": "published", "variants": [variant]})
    with db.transaction():
        wang, _ = accounts.find_or_make(ctx, "+8613000000001", "Wang", {})
    option = {"referral_rebate": {"code": bindings.code_of(ctx, wang), "source": "chat"}}
    draft = orders.Draft(Basket([Item("PEARS", 1)], option), "Li", "+8613000000002")
    order = orders.place(ctx, draft)
    payments.record(ctx, order.id, "manual", "transfer", order.total)
    pickup.hand_out(ctx, order.id, None)


def test_an_owner_reads_who_came_through_whom_and_what_it_brought(run):
    said = run("bindings")
    assert all(word in said for word in ("Li", "Wang", "chat", "CN¥5.00")), said
    said = run("explain", "+8613000000001")
    assert all(word in said for word in ("pending", "5% of", "CN¥5.00", "left")), said
    said = run("report")
    assert all(word in said for word in ("sales", "CN¥100.00", "outstanding")), said
