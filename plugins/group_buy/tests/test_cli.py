"""`shop group-buy`, as its user reads it."""

import pytest
from click.testing import CliRunner

from shop import config, configedit, db
from shop.cli import main
from shop.clock import DAY
from shop.instance import Instance
from shop.services import orders, payments, products
from shop.services.quote import Basket, Item
from shop_plugins.group_buy import campaigns


@pytest.fixture
def run(tmp_path):
    """`run("report")` in a shop of its own, where one waits for two others."""
    runner, folder = CliRunner(), tmp_path / "shop"
    assert runner.invoke(main, ["init", str(folder), "--name", "果园"]).exit_code == 0
    path = folder / "shop.toml"
    [code] = config.load(path).stores
    text, _ = configedit.set_key(path.read_text("utf-8"), f"stores.{code}.plugins.group_buy", {})
    path.write_text(text, "utf-8")
    assert runner.invoke(main, ["--config", str(path), "db", "migrate"]).exit_code == 0
    instance = Instance(config.load(path))
    _fill(instance.context(code))
    instance.close()

    def run(*words):
        command = ["--config", str(path), "group-buy", *words]
        result = runner.invoke(main, command, env={"COLUMNS": "80"})
        assert result.exit_code == 0, result.output
        assert all(len(line) <= 80 for line in result.output.splitlines()), result.output
        return result.output

    yield run
    db.database.close()


def _fill(ctx):
    variant = {"sku": "BOX", "price": 6000, "stock": 9, "cost": 3000}
    products.create(ctx, {"title": "Pears", "status": "published", "variants": [variant]})
    facts = {"name": "三人团", "size": 3, "ends": ctx.now_us + DAY}
    campaign = campaigns.create(ctx, facts | {"items": [{"sku": "BOX", "price": 4500}]})
    basket = Basket([Item("BOX", 2, {"group_buy": {"open": campaign.id}})])
    order = orders.place(ctx, orders.Draft(basket, "Wang", "+8613000000001"))
    payments.record(ctx, order.id, "manual", "transfer", order.total)


def test_an_owner_completes_a_team_and_reads_what_it_brought(run):
    assert "running" in run("campaigns")
    [line] = [line for line in run("teams").splitlines() if "三人团" in line]
    code = line.strip("│┃| ").split()[0]
    assert f"{code} is complete with 1 of 3." in run("complete", code)
    assert code not in run("teams")
    said = run("report")
    assert all(word in said for word in ("CN¥90.00", "CN¥30.00")), said
