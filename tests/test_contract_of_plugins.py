"""The contract of plugins catches what it says: each plugin here breaks one promise.

Each is the scaffold with a line changed; the check that must fail is run, and nothing else.
"""

import importlib
import inspect
import itertools
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from shop import scaffolding
from shop.loading import discovery
from shop.testing import PluginContract, Shop
from shop.testing.contract.base import NEVER

_numbers = itertools.count(1)
CHECKS = [name for name in dir(PluginContract) if name.startswith("test_")]


@dataclass(frozen=True)
class Bad:
    """The check that must fail, what it says, and what is changed: (file, from, to)."""

    check: str
    says: str
    changes: tuple[tuple[str, str, str], ...] = ()
    stays_on: bool = False
    """the core fails, and the plugin goes on where it is switched off"""

    def __str__(self):
        return f"{self.check.removeprefix('test_')[:60]}-{self.says[:20]}"


def bad(check, says, *changes, stays_on=False):
    return Bad(f"test_{check}", says, changes, stays_on)


SETTLED = "db.change(SETTLE, ctx.code, customer_id, orders, last_at)"
GOODS = "goods = quote.left()"
HOOK = "    @hookimpl\n    def order_changed"


def settles(more):
    """One more statement in the reaction."""
    return ("regulars.py", SETTLED, f"{SETTLED}\n    {more}")


def quotes(more):
    """One more statement in the quote hook."""
    return ("fees.py", GOODS, f"{more}\n    {GOODS}")


def method(text):
    """One more method of the plugin."""
    return ("plugin.py", HOOK, f"    {text}\n\n{HOOK}")


SPOILED = settles("db.change('UPDATE stock SET on_hand = on_hand + 1')")
OPTIONS = ("plugin.py", "    models = (", "    LineOptions = OrderOptions = Schema\n    models = (")
SHOWN = method(
    "@hookimpl\n    def present(self, kind, objects):\n"
    '        return {o.id: {"fee": 1} for o in objects if kind == "product"}'
)
COUNTED = (
    settles('jobs.schedule(ctx, "your_plugin", "count", f"{orders}:{ctx.now_us}", ctx.now_us)'),
    ("regulars.py", "@jobs.atomic", "def count(ctx, data):\n    db.change(COUNT)\n\n\n@jobs.atomic"),
    ("regulars.py", "FORGET =", 'COUNT = "UPDATE your_plugin_regular SET orders = orders + 1"\nFORGET ='),
    ("plugin.py", '{"forget": regulars.forget}', '{"forget": regulars.forget, "count": regulars.count}'),
)  # fmt: skip

BAD = [
    bad("its_name_is_a_word_and_that_of_its_folder", "its folder is", ("plugin.py", '= "your_plugin", "1.0", 1', '= "other", "1.0", 1')),
    bad("its_name_is_a_word_and_that_of_its_folder", "lower case", ("plugin.py", '= "your_plugin", "1.0", 1', '= "Other", "1.0", 1')),
    bad("it_says_what_it_is_and_what_it_was_made_for", "docstring", ("plugin.py", '    """A fee on small orders, which regulars are spared."""\n', "")),
    bad("it_says_what_it_is_and_what_it_was_made_for", "version", ("plugin.py", '"1.0", 1', '"one", 1')),
    bad("it_says_what_it_is_and_what_it_was_made_for", "hook API", ("plugin.py", '"1.0", 1', '"1.0", 2')),
    bad("its_settings_have_defaults_and_say_what_they_do", "fee: give it a load_default", ("plugin.py", "Amount(load_default=300, ", "Amount(")),
    bad("its_settings_have_defaults_and_say_what_they_do", "fee: metadata", ("plugin.py", ', metadata={"help": "what a small order pays"}', "")),
    bad("it_runs_on_its_default_settings", "refuse", ("plugin.py", "load_default=5,", "load_default=0,")),
    bad("it_runs_on_its_default_settings", "may be empty", ("plugin.py", "load_default=5,", "required=True,")),
    bad("its_readme_lists_its_settings_with_their_defaults", "300", ("README.md", "| 300 |", "| 400 |")),
    bad("its_readme_lists_its_settings_with_their_defaults", "keep_days", ("README.md", "| `keep_days` ", "| `keep` ")),
    bad("every_code_has_words_in_both_languages", "your_plugin_toll", ("fees.py", "your_plugin_fee", "your_plugin_toll")),
    bad("every_code_has_words_in_both_languages", "your_plugin_(next|toll)", ("fees.py", '"your_plugin_fee"', '"your_plugin_next" if ctx.now_us else "your_plugin_toll"')),
    bad("whatever_it_says_or_refuses_with_has_words", "your_plugin_toll", ("fees.py", '"your_plugin_fee"', '"_".join(["your_plugin", "toll"])')),
    bad("whatever_it_says_or_refuses_with_has_words", "your_plugin_toll", ("api.py", 'settings = ctx().settings', '__import__("shop").Conflict("_".join(["your_plugin", "toll"]))\n    settings = ctx().settings')),
    bad("both_languages_say_the_same", "different facts", ("locale/en.po", "Small order", "Small {order}")),
    bad("both_languages_say_the_same", "only one", ("locale/en.po", 'msgid "your_plugin_fee"', 'msgid "your_plugin_x"')),
    bad("it_changes_no_words_of_the_core", "cart_empty", ("locale/en.po", "your_plugin_fee", "cart_empty")),
    bad("its_jobs_can_be_run", "no handler", ("plugin.py", '{"forget": 86_400}', '{"forget": 86_400, "lost": 60}')),
    bad("its_jobs_can_be_run", "for every plugin", ("plugin.py", '{"forget": regulars.forget}', '{"forget": regulars.forget, "react": None}')),
    bad("its_tables_carry_its_name_and_are_listed", "list them", ("plugin.py", "models = (Regular,)", "models = ()")),
    bad("its_tables_carry_its_name_and_are_listed", "table_name", ("models.py", "your_plugin_regular", "toll_regular")),
    bad("its_routes_stand_under_its_name", "/toll", ("api.py", '"/your-plugin/rule"', '"/toll/rule"')),
    bad("its_routes_stand_under_its_name", "/admin/toll", ("api.py", '"/your_plugin/regulars"', '"/toll/regulars"')),
    bad("its_blueprints_carry_its_name", "toll", ("api.py", 'Blueprint("your_plugin"', 'Blueprint("toll"')),
    bad("its_operations_and_schemas_carry_its_name", "toll_rule", ("api.py", "your_plugin_rule", "toll_rule")),
    bad("its_operations_and_schemas_carry_its_name", "admin_", ("api.py", "admin_your_plugin_list", "your_plugin_list")),
    bad("its_operations_and_schemas_carry_its_name", "schema Toll", ("api.py", ".response(200, YourPluginRule)", '.response(200, Schema.from_dict({}, name="Toll"))')),
    bad("what_staff_may_do_needs_a_permission_of_its_own", "a permission", ("api.py", 'needs="your_plugin.read"', "needs=PUBLIC")),
    bad("what_staff_may_do_needs_a_permission_of_its_own", "`permissions`", ("api.py", 'needs="your_plugin.read"', 'needs="your_plugin.write"')),
    bad("fields_for_staff_have_titles", "orders", ("api.py", ', metadata={"title": "Orders fetched"}', "")),
    bad("its_providers_and_commands_carry_its_name", "in cli.py", ("plugin.py", "    models = (", '    commands = (__import__("click").Group("your-plugin"),)\n    models = (')),
    bad("its_providers_and_commands_carry_its_name", "toll", ("plugin.py", "    models = (", '    commands = (__import__("click").Group("toll"),)\n    models = (')),
    bad("what_it_writes_into_shared_tables_carries_its_name", "counter", settles('__import__("shop").stock.claims.set_cap(ctx, "toll:1", 5)')),
    bad("what_it_writes_into_shared_tables_carries_its_name", "toll", settles('__import__("shop").jobs.events.record(ctx, "toll.paid")')),
    bad("its_migrations_build_what_its_models_say", "orders", ("migrations/0001_initial.py", "orders INTEGER NOT NULL", "orders INTEGER")),
    bad("its_migrations_build_what_its_models_say", "no migration", ("models.py", '"your_plugin_regular"', '"your_plugin_other"')),
    bad("its_migrations_go_down_to_nothing_and_up_again", "leaves", ("migrations/0001_initial.py", "DROP TABLE your_plugin_regular", "SELECT 1")),
    bad("the_numbers_of_its_rows_are_never_given_out_again", "Regular: the number", ("migrations/0001_initial.py", "run_script(db, TABLES)", "[db.execute_sql(sql) for sql in TABLES.replace('BIGSERIAL', 'INTEGER').split(';')]")),
    bad("every_row_of_it_belongs_to_a_store", "StoreRow", ("models.py", "(StoreRow)", "(StoreRow.__base__)"), ("models.py", "unique=True", "null=True"), ("models.py", 'indexes = ((("store", "id"), False),)', "")),
    bad("what_it_does_in_a_store_stays_there", "another store", ("regulars.py", "SETTLE, ctx.code,", 'SETTLE, "never",')),
    bad("quotes_write_nothing_and_call_nobody", "only read", quotes("ctx.plugins and __import__('shop').db.change('DELETE FROM counter')")),
    bad("quotes_write_nothing_and_call_nobody", "network", quotes("__import__('socket').create_connection(('127.0.0.1', 9))")),
    bad("a_quote_asked_twice_is_the_same", "two answers", quotes("quote = quote if settings.fee else quote; settings = type(settings)(**{**vars(settings), 'fee': __import__('time').perf_counter_ns() % 1_000_000 + 1})")),
    bad("a_cart_that_does_not_use_it_costs_few_statements", "statements more", quotes("[regulars.is_one(ctx, 1, 1) for _ in quote.lines]")),
    bad("looks_do_not_fail", "failed in", method("@hookimpl\n    def present(self, kind, objects):\n        raise LookupError(kind)")),
    bad("its_open_work_is_lines_of_text_and_only_read", "lines of text", method("def open_work(self, ctx):\n        return [1]")),
    bad("its_goods_in_use_are_variants_and_only_read", "not InUse", method("def goods_in_use(self, ctx):\n        return [1]")),
    bad("a_job_run_twice_does_nothing_twice", "job count", *COUNTED),
    bad("a_periodic_job_run_twice_does_nothing_twice", "job forget", ("regulars.py", '"DELETE FROM your_plugin_regular WHERE store = ? AND last_at < ?"', '"UPDATE your_plugin_regular SET orders = orders + 1 WHERE store = ? AND id < ?"')),
    bad("a_change_told_twice_does_nothing_twice", "settle", ("regulars.py", "SET orders = excluded.orders", "SET orders = your_plugin_regular.orders + 1")),
    bad("the_demo_is_filled_once", "did it again", method("def demo(self, ctx):\n        regulars.jobs.schedule(ctx, self.name, 'forget', str(__import__('time').time_ns()), 0)")),
    bad("off_its_routes_answer_404", "200", stays_on=True),
    bad("off_the_description_has_nothing_of_it", "your_plugin", stays_on=True),
    bad("off_its_options_are_refused", "DID NOT RAISE", OPTIONS, stays_on=True),
    bad("off_a_shop_is_as_if_it_had_never_been", "cancelled", stays_on=True),
    bad("off_a_shop_is_as_if_it_had_never_been", "in the catalogue", SHOWN, stays_on=True),
    bad("off_prices_are_the_catalogues", "extensions|in", SHOWN, stays_on=True),
    bad("off_history_is_readable_and_the_shop_sells", "stock", SPOILED),
    bad("on_again_it_goes_on_where_it_was", "stock", SPOILED),
    bad("an_order_cancelled_while_it_is_off_is_settled", "not told", ("plugin.py", "        if change.kind in", "        if change.kind == 'cancelled':\n            regulars.db.change('DELETE FROM your_plugin_regular')\n        if change.kind in")),
    bad("each_invariant_of_its_own_is_broken_by_hand_and_named", "needs its statement", ("plugin.py", "    models = (Regular,)", '    models = (Regular,)\n    invariants = (__import__("shop.ops.checks", fromlist=["Check"]).Check("your_plugin_x", "row", "", "SELECT 1 WHERE 1 = 0"),)')),
    bad("the_books_balance_after_use", "stock", SPOILED),
    bad("the_books_balance_when_everything_is_taken_back", "stock", ("plugin.py", "        if change.kind in", "        if change.kind == 'cancelled':\n            regulars.db.change('UPDATE stock SET on_hand = on_hand + 1')\n        if change.kind in")),
    bad("a_purge_exports_and_removes_it_and_the_shop_goes_on", "counters", settles('__import__("shop").stock.claims.set_cap(ctx, "toll:1", 5)')),
    bad("purged_and_switched_on_it_begins_again", "stock", SPOILED),
]  # fmt: skip


@pytest.fixture
def database_url(sqlite_template, tmp_path):
    """On SQLite alone: what is tried here is the contract."""
    shutil.copy(sqlite_template, tmp_path / "shop.db")
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def folder(tmp_path, migrated):
    """A new plugin under a name of its own, as it was written; no other test finds it installed."""
    name = f"bad{next(_numbers)}"
    scaffolding.create(name, tmp_path / "plugins")
    discovery.under_test.append(tmp_path / "plugins")
    discovery.namespace()
    yield tmp_path / "plugins" / name
    discovery.under_test.remove(tmp_path / "plugins")
    discovery.namespace()


@pytest.fixture
def plugin(folder: Path, request):
    """Its class, after the changes of the case."""
    for file, before, after in request.param.changes:
        path = folder / file
        before, after = (scaffolding.renamed(text, folder.name) for text in (before, after))
        text = path.read_text("utf-8")
        assert before in text, f"{file} has no {before}"
        path.write_text(text.replace(before, after), "utf-8")
    importlib.invalidate_caches()
    return discovery.of_folder(folder)


@pytest.fixture
def contract(plugin):
    class TestContract(PluginContract):
        settings = {"regular_after": 2}

        def exercise(self, shop):
            customer = shop.customer()
            for _ in range(3):
                shop.up_to("completed", customer=customer)
            shop.up_to("refunded", customer=customer)
            shop.up_to("paid", lines={1000: 5})

    TestContract.plugin = plugin
    return TestContract()


@pytest.fixture
def plugins(contract):
    return (contract.plugin,)


@pytest.fixture
def enabled(contract):
    return {contract.name: contract.settings}


@pytest.fixture
def stores_toml():
    return NEVER


def run(contract, check, request):
    """One check of the contract, with the fixtures that it asks for."""
    method = getattr(contract, check)
    method(**{name: request.getfixturevalue(name) for name in inspect.signature(method).parameters})


@pytest.mark.parametrize("plugin", BAD, ids=str, indirect=True)
def test_a_plugin_that_breaks_a_promise_is_caught(contract, request, monkeypatch):
    case = request.node.callspec.params["plugin"]
    if case.stays_on:
        monkeypatch.setattr(Shop, "without", lambda shop, *names: shop)
    with pytest.raises((Exception, pytest.fail.Exception)) as caught:
        run(contract, case.check, request)
    wanted = scaffolding.renamed(case.says, contract.name)
    if not re.search(wanted, str(caught.value)):
        raise caught.value


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("plugin", [Bad("", "as it was written")], ids=str, indirect=True)
def test_a_new_plugin_keeps_every_promise(contract, check, request):
    run(contract, check, request)


def test_every_check_of_the_contract_was_seen_to_fail():
    assert sorted(set(CHECKS) - {case.check for case in BAD}) == []
