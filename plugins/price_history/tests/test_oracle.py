"""What SQL and arithmetic answer is what looking at every tick of the calendar answers."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop import db
from shop.catalog import catalog, catalog_view, prices, products
from shop.clock import HOUR
from shop_plugins.price_history import judging
from shop_plugins.price_history import shown as shown_module
from shop_plugins.price_history.settings import Rules
from shop_plugins.price_history.tests.oracle import Tag, reference, shown_at

pytestmark = pytest.mark.both_databases

TICK = 12 * HOUR
BEGINNING = -70
PLUGINS = ("bargain", "second")
AMOUNTS = st.sampled_from((500, 600, 700, 800, 900))
numbers = itertools.count(1)


@st.composite
def histories(draw, most=0):
    """Rows of a variant in ticks, 0 is now: catalogue prices one after the other, and any rows of
    three plugins, one of them switched off, until `most`."""
    first = draw(st.integers(BEGINNING, 0))
    changes = draw(st.lists(st.integers(first, 0), max_size=5, unique=True))
    starts = sorted({first, *changes})
    tags = [
        Tag("catalogue", draw(AMOUNTS), start, end)
        for start, end in itertools.zip_longest(starts, starts[1:])
    ]
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(first, most))
        length = draw(st.one_of(st.integers(1, 20), st.none()))
        source = draw(st.sampled_from((*PLUGINS, "gone")))
        pool = draw(st.sampled_from(("", f"{source}:pool")))
        end = None if length is None else start + length
        tags.append(Tag(source, draw(AMOUNTS), start, end, pool))
    return tags


@st.composite
def rules(draw):
    days = draw(st.sampled_from((7, 10)))
    least = draw(st.sampled_from((0, 1, 7)))
    return Rules(days, days * 2 * TICK, least * 2 * TICK, draw(st.booleans()), "CN")


def make(shop, tags, compare_at=2000):
    """The variant that these rows are of, and its product's handle."""
    now, sku = shop.ctx.now_us, f"P-{next(numbers)}"
    variant = {"sku": sku, "price": tags[0].amount, "compare_at": compare_at, "stock": 9}
    document = {"title": sku, "status": "published", "variants": [variant]}
    product = products.create(shop.ctx, document)
    made = products.get(shop.ctx, product)["variants"][0]["id"]
    db.run("DELETE FROM price WHERE variant_id = ?", made)
    lines = [
        (shop.ctx.code, made, tag.source, tag.amount, now + tag.starts * TICK,
         None if tag.ends is None else now + tag.ends * TICK, tag.pool)
        for tag in tags
    ]  # fmt: skip
    db.insert("price", prices.COLUMNS, *lines)
    normal = [tag.amount for tag in tags if tag.source == "catalogue"][-1]
    db.run("UPDATE variant SET price = ? WHERE id = ?", normal, made)
    return made, sku.lower(), normal


def use(monkeypatch, rule):
    for module in (judging, shown_module):
        monkeypatch.setattr(module, "of_store", lambda _: rule)


def run(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


def compared(shop, monkeypatch, examples):
    @run(examples)
    @given(tags=histories(), rule=rules())
    def check(tags, rule):
        made, handle, normal = make(shop, tags)
        use(monkeypatch, rule)
        shown = shown_at(tags, 0, normal, PLUGINS)
        wanted = reference(
            tags, 0, shown, rule.window // TICK, rule.least // TICK, rule.progressive
        )
        found = judging.of(shop.ctx, [made])[made]
        assert (found.price, found.reference) == (shown, wanted)
        if wanted is not None and found.reduced:
            assert found.reference > found.price or found.lowest.amount <= found.price
        [variant] = catalog.get_product(shop.ctx, handle)["variants"]
        honest = wanted is not None and wanted > shown
        assert (variant["price"], variant["compare_at"]) == (shown, wanted if honest else None)
        assert catalog_view.reference_prices(shop.ctx, [made]) == {made: wanted}

    check()


def test_every_history_is_judged_as_the_definition_says(shop, monkeypatch):
    compared(shop, monkeypatch, 150)


@pytest.mark.slow
def test_many_histories_are_judged_as_the_definition_says(shop, monkeypatch):
    compared(shop, monkeypatch, 1000)


def stays(shop, handle):
    """Whether the answer of a product is one as long as its ETag is, in the next 25 days."""
    answers, now = {}, shop.ctx.now
    for half in range(100):
        ctx = shop.ctx.at(now + half * timedelta(microseconds=TICK // 2))
        answer = catalog.get_product(ctx, handle)
        if answers.setdefault(catalog.etag(ctx), answer) != answer:
            return False
    return True


def kept(shop, monkeypatch, examples):
    """Between two horizons the answer, extensions and all, stays to the last letter."""

    @run(examples)
    @given(tags=histories(most=30), rule=rules(), compare_at=st.sampled_from((None, 850, 2000)))
    def check(tags, rule, compare_at):
        _, handle, _ = make(shop, tags, compare_at)
        use(monkeypatch, rule)
        assert stays(shop, handle)
        db.run("DELETE FROM price")  # another's rows would be horizons too

    check()


def test_an_answer_of_the_catalogue_changes_only_with_a_price_row(shop, monkeypatch):
    kept(shop, monkeypatch, 15)


@pytest.mark.slow
def test_no_answer_of_the_catalogue_changes_but_with_a_price_row(shop, monkeypatch):
    kept(shop, monkeypatch, 100)


def test_a_window_whose_beginning_slid_with_the_time_would_be_found(shop, monkeypatch):
    judge = judging.judge

    def sliding(rows, known, now, shown, rule):
        found = judge(rows, known, now, shown, rule)
        if not found.reduced:
            return found
        since, starts = found.since, now - rule.window
        seen = [row.amount for row in rows if row.starts < since and row.ends > starts]
        return found._replace(reference=min(seen, default=None))

    dip = Tag("bargain", 700, -14, -12)
    _, handle, _ = make(shop, [Tag("catalogue", 900, -60, 0), Tag("catalogue", 600, 0), dip])
    assert stays(shop, handle)
    monkeypatch.setattr(judging, "judge", sliding)
    assert not stays(shop, handle)
