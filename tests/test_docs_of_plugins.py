"""docs/hooks.md and docs/plugins.md say what the code has: every hook, every attribute, every
signature; and the plugins of the examples do what is said of them."""

import inspect
import re
from dataclasses import fields
from importlib import import_module

import pytest

import shop as public
from shop import ROOMS, Reject
from shop.carts import hook_results
from shop.carts.quote import Quote, QuoteLine
from shop.catalog.catalog_view import Presented
from shop.hooks import Hooks
from shop.jobs.leases import TRIES
from shop.ledger import ledger
from shop.loading.watchdog import GRACE, HANG, STATEMENT
from shop.messages import channels
from shop.orders import orders
from shop.orders.order_view import AdjustmentView, LineView, OrderView
from shop.payments.providers import Provider
from shop.plugin import Plugin
from shop.stock import claims
from tests.pages import DOCS, ROOT, blocks, prose, run_python, sections, table, text_of

HOOKS = {name: hook for name, hook in vars(Hooks).items() if not name.startswith("_")}
HOOKS_PAGE, PLUGINS_PAGE = DOCS / "hooks.md", DOCS / "plugins.md"


def signature(function):
    """`(ctx, counter, units=1, *, who=None) -> bool`: names and defaults, without types."""
    parts, found = [], inspect.signature(function)
    for one in found.parameters.values():
        if one.name == "self":
            continue
        if one.kind is one.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
        default = "" if one.default is one.empty else f"={one.default!r}".replace("'", '"')
        parts.append(f"{stars}{one.name}{default}")
    return f"({', '.join(parts)}) -> {found.return_annotation}"


def calls(page):
    """[(module, function, signature)] of the calls that a page writes out."""
    found = re.findall(r"`(\w+)\.(\w+)(\([^`]*\) -> [^`]*)`", prose(page))
    return [(module, name, text.replace("\\|", "|")) for module, name, text in found]


PLACES = {
    module: row[0].strip("`")
    for row in table(sections(PLUGINS_PAGE)["Primitives"])
    if row[0].startswith("`shop")
    for module in re.findall(r"`(\w+)`", row[1])
}
"""{module: its package}, as the page says"""


# -- hooks -----------------------------------------------------------------------------------


def test_every_hook_has_its_section_and_no_section_is_left_over():
    assert list(sections(HOOKS_PAGE)) == list(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hooks_section_begins_with_its_exact_signature(name):
    assert sections(HOOKS_PAGE)[name].strip().splitlines()[0] == f"`{name}{signature(HOOKS[name])}`"


def test_the_table_of_hooks_lists_them_in_order():
    [head, *_] = text_of(HOOKS_PAGE).split("\n## ")
    assert [row[0].partition("]")[0].strip("[") for row in table(head)] == list(HOOKS)


def test_every_hook_has_an_example():
    space = run_python(HOOKS_PAGE)
    kinds = [kind for kind in space.values() if inspect.isclass(kind) and kind is not Plugin]
    shown = {name for kind in kinds for name in vars(kind)}
    assert HOOKS.keys() - shown == set()


def test_the_bounds_of_answers_are_those_that_are_checked():
    text = prose(HOOKS_PAGE)
    said = lambda pattern: {int(number) for number in re.findall(pattern, text)}  # noqa: E731
    assert said(r"at most (\d+)\s+letters") == {hook_results.LABEL, hook_results.KEY}
    assert said(r"at most (\d+) bytes") == {hook_results.FACTS, hook_results.EXTENSION}
    assert said(r"list of .*at most (\d+)\.") == {hook_results.MOST}
    for name in hook_results.TAKEN:
        assert f"`{name}`" in sections(HOOKS_PAGE)["check_quote"]


def test_the_deadlines_are_those_of_the_watchdog():
    text = " ".join(text_of(HOOKS_PAGE).split())
    assert f"run for {HANG:.0f} seconds of its own, or waited {STATEMENT:.0f} for" in text
    assert GRACE == 1
    assert "replaced a second later" in text
    assert f"tried {TRIES} times" in text


def test_the_fields_that_hooks_are_given_are_the_codes():
    rows = table(sections(HOOKS_PAGE)["price_lines"])
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert named == {*QuoteLine._fields, "amount"}
    quote = (
        sections(HOOKS_PAGE)["adjust_quote"].partition("The `Quote` has")[2].partition("\n\n")[0]
    )
    known = {field.name for field in fields(Quote)} | {"subtotal", "total", "left", "quote"}
    assert set(re.findall(r"`(\w+)[`(.]", quote)) == known
    order = sections(HOOKS_PAGE)["order_placing"].partition("`order` is an")[2].partition("\n\n")[0]
    views = (OrderView, LineView, AdjustmentView)
    known = {name for view in views for name in dir(view)}
    assert set(re.findall(r"`(\w+)`", order)) <= known | {"OrderView"}
    for row in table(sections(HOOKS_PAGE)["present"])[:2]:
        assert set(re.findall(r"`(\w+)`", row[1])) <= set(Presented._fields)


def test_the_events_and_changes_are_those_that_are_recorded():
    found = [path for room in ROOMS for path in (ROOT / "shop" / room).glob("*.py")]
    source = "".join(path.read_text("utf-8") for path in found)
    rows = table(sections(HOOKS_PAGE)["order_changed"])
    recorded = set(re.findall(r"order_changed\(\s*ctx, [\w.]+, \"(\w+)\"", source))
    assert {row[0].strip("`") for row in rows} == recorded
    for kind in re.findall(r"`(\w+\.\w+)`", sections(HOOKS_PAGE)["notify"]):
        what = kind.removeprefix("order.")
        assert what in recorded or f'"{kind}"' in source or kind.startswith("event."), kind


# -- plugins ---------------------------------------------------------------------------------


def test_the_table_of_the_class_has_every_attribute_with_its_type_and_default():
    text = sections(PLUGINS_PAGE)["The class"]
    rows = {row[0].strip("`"): row[1:3] for row in table(text.replace("\\|", "¦"))}
    types = Plugin.__annotations__
    assert list(rows) == list(types)
    for name, (kind, default) in rows.items():
        assert f"ClassVar[{kind.strip('`').replace('¦', '|')}]" == types[name], name
        if hasattr(Plugin, name):
            has = getattr(Plugin, name)
            assert default.strip("`") == shown(has), name
        else:
            assert default == ""


def shown(default):
    if inspect.isclass(default):
        return default.__name__
    if isinstance(default, str | tuple) or default is None or isinstance(default, int):
        return repr(default).replace("'", '"')
    return repr(dict(default))


def test_the_table_of_the_class_has_every_method():
    [text] = re.findall(r"\| Method \| Is called \|\n(.*?)\n\n", text_of(PLUGINS_PAGE), re.S)
    named = [row.split("`")[1] for row in text.splitlines()[1:]]
    methods = {
        name: function for name, function in vars(Plugin).items() if inspect.isfunction(function)
    }
    assert named == [
        f"{name}{signature(function).partition(' -> ')[0]}" for name, function in methods.items()
    ]


@pytest.mark.parametrize(
    "module, name, text", [*calls(PLUGINS_PAGE), *calls(HOOKS_PAGE)], ids=lambda part: part
)
def test_a_call_that_a_page_writes_out_is_the_codes(module, name, text):
    function = getattr(import_module(f"{PLACES[module]}.{module}"), name)
    assert text == signature(function)


def test_there_are_calls_to_compare():
    assert len(calls(PLUGINS_PAGE)) > 40


def test_the_methods_of_a_provider_are_the_codes():
    rows = table(sections(PLUGINS_PAGE)["Payment providers"].replace("\\|", "¦"))
    named = [row[0].strip("`").replace("¦", "|") for row in rows]
    methods = {n: f for n, f in vars(Provider).items() if n in answers_of_providers()}
    assert named == [f"{name}{signature(function)}" for name, function in methods.items()]


def answers_of_providers():
    from shop.payments.providers import ANSWERS

    return ANSWERS


def test_the_names_from_shop_are_all_there():
    text = sections(PLUGINS_PAGE)["Primitives"].partition("And from `shop` itself")[2]
    named = [name for row in table(text) for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(named) == sorted(public.__all__)


def test_the_fixtures_are_all_there():
    import shop.testing as testing

    named = [
        n for row in table(sections(PLUGINS_PAGE)["Tests"]) for n in re.findall(r"`(\w+)`", row[0])
    ]
    for name in named:
        assert name in testing.__all__


# -- the examples ----------------------------------------------------------------------------


EXAMPLES = {
    kind.name: kind
    for kind in run_python(HOOKS_PAGE).values()
    if inspect.isclass(kind) and issubclass(kind, Plugin) and kind is not Plugin
}


@pytest.fixture
def plugins():
    return tuple(EXAMPLES.values())


@pytest.fixture
def enabled(request):
    name = request.node.name.removeprefix("test_").partition("[")[0]
    return {next(known for known in EXAMPLES if name.startswith(known)): {}}


def test_happy_hour_sells_at_half_price(up_to):
    order = up_to("placed", {1000: 3})
    assert order.total == 1500
    assert order.lines[0].label == "happy hour"


def test_rainy_day_takes_a_tenth_off(up_to):
    assert up_to("placed", {999: 1}).total == 900


def test_made_to_order_is_cancelled_within_an_hour_only(shop, up_to):
    early, late = up_to("paid"), up_to("paid")
    assert orders.cancel_by_customer(shop.ctx, early.id).state == "cancelled"
    shop.forward(hours=1)
    with pytest.raises(Reject, match="made_to_order_began"):
        orders.cancel_by_customer(shop.ctx, late.id)


def test_least_order_refuses_a_small_one(shop, up_to):
    [problem] = up_to("quoted", {1999: 1}).problems
    assert (problem.code, problem.facts) == ("least_order_too_small", {"least": 2000})
    assert up_to("placed", {2000: 1}).total == 2000


def test_long_table_has_twenty_seats(shop, up_to):
    seats = shop.product(3000, sku="SEAT")
    order = up_to("paid", {seats: 12})
    with pytest.raises(Reject, match="long_table_full"):
        up_to("placed", {seats: 9})
    shop.refund(order, {order.lines[0].id: 2})
    assert claims.left(shop.ctx, "long_table:seats") == 10
    shop.cancel(up_to("placed", {seats: 10}))
    assert claims.left(shop.ctx, "long_table:seats") == 10


def test_welcome_gives_a_voucher_once(shop, up_to):
    customer = up_to("placed", phone="+8613000000007").customer_id
    up_to("placed", phone="+8613000000007")
    assert ledger.balance(shop.ctx, "voucher", customer)["available"] == 500


def test_plain_prices_strike_nothing_through(shop):
    variant = {"sku": "A", "price": 900, "compare_at": 1200, "stock": 1}
    shop.product(variants=[variant])
    [item] = shop.client.get(shop.url("/products")).json["items"]
    assert item["variants"][0]["compare_at"] is None


def test_bargains_are_marked(shop):
    shop.product(499)
    shop.product(500)
    items = shop.client.get(shop.url("/products")).json["items"]
    marked = {item["variants"][0]["price"]: item["variants"][0]["extensions"] for item in items}
    assert marked == {499: {"bargains": {"bargain": True}}, 500: {}}


def test_thanks_are_sent(shop, up_to, monkeypatch):
    sent = []
    monkeypatch.setattr(channels, "send", lambda ctx, message: sent.append(message))
    order = up_to("paid", phone="+8613000000007")
    shop.run_jobs()
    [message] = sent
    assert (message.to, order.pickup_code in message.text) == ("+8613000000007", True)


def test_every_example_is_tried_here():
    tried = [name for name in globals() if name.startswith("test_")]
    for name in EXAMPLES:
        assert [test for test in tried if test.startswith(f"test_{name}_")], name


def test_the_python_of_the_pages_is_short_enough_to_read():
    assert all(len(block.splitlines()) < 45 for block in blocks(HOOKS_PAGE, "python"))
