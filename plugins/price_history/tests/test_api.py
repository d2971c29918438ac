"""Over HTTP: what the owner is told, and what everyone may read."""

import pytest

from shop.catalog import catalog_view, products
from shop.data import paging

VARIANTS, REPORT = "/admin/price_history/variants", "/admin/price_history/report"


@pytest.fixture
def ask(shop):
    """An answer to the owner."""
    headers = shop.bearer()

    def get(path, status=200, **query):
        answer = shop.client.get(shop.url(path), headers=headers, query_string=query)
        assert answer.status_code == status, answer.json
        return answer.json

    return get


@pytest.fixture
def market(goods):
    """One of each kind, by SKU."""
    goods(1000, compare_at=1000, sku="SHOWN").costs(800, day=-2)
    goods(1000, compare_at=1500, sku="LOWERED").costs(800, day=-2)
    goods(800, compare_at=1000, sku="ABOVE").costs(1000, day=-4).costs(800, day=-2)
    goods(800, compare_at=1000, sku="NEVER")
    goods(1000, compare_at=1500, sku="RISEN").costs(1200, day=-2)
    goods(1000, began=-0.5, compare_at=1500, sku="YOUNG")
    goods(1000, compare_at=900, sku="WRONG")
    goods(1000, sku="SALE").sale(700, day=-1, hours=None)
    goods(1000, sku="PLAIN")


REASONS = {
    "SHOWN": "shown", "LOWERED": "lowered", "ABOVE": "above_lowest", "NEVER": "no_reduction",
    "RISEN": "risen", "YOUNG": "no_history", "WRONG": "not_above", "SALE": "shown",
}  # fmt: skip


@pytest.mark.usefixtures("market")
def test_the_list_says_of_each_what_is_shown_and_why(ask):
    found = ask(VARIANTS)["items"]
    assert {item["sku"]: item["reason"] for item in found} == REASONS
    assert [item["sku"] for item in found] == sorted(REASONS)
    shown = {item["sku"]: item["compare_at"] for item in found if item["compare_at"]}
    assert shown == {"SHOWN": 1000, "LOWERED": 1000, "SALE": 1000}


@pytest.mark.usefixtures("market")
def test_the_list_is_searched_filtered_and_paged(ask):
    def skus(**query):
        return [item["sku"] for item in ask(VARIANTS, **query)["items"]]

    assert skus(q="risen") == ["RISEN"]
    assert skus(q="nowhere") == []
    assert skus(reason="shown") == ["SALE", "SHOWN"]
    assert skus(hidden="false") == ["LOWERED", "SALE", "SHOWN"]
    assert skus(hidden="true") == ["ABOVE", "NEVER", "RISEN", "WRONG", "YOUNG"]
    seen, after = [], None
    while True:
        page = ask(VARIANTS, hidden="true", limit=2, **({"after": after} if after else {}))
        seen += [item["sku"] for item in page["items"]]
        after = page["next"]
        if not after:
            break
    assert seen == skus(hidden="true")
    assert ask(VARIANTS, 422, reason="none")["code"] == "invalid"
    for cursor in ("rubbish", paging.encode(7), paging.encode("\0")):
        assert ask(VARIANTS, 422, after=cursor)["code"] == "invalid"


@pytest.mark.usefixtures("market")
def test_a_long_list_is_read_in_parts(ask, monkeypatch):
    monkeypatch.setattr("shop_plugins.price_history.why.CHUNK", 3)
    assert [item["sku"] for item in ask(VARIANTS)["items"]] == sorted(REASONS)


@pytest.mark.usefixtures("market")
def test_one_variant_comes_with_the_row_that_decides_and_its_prices(ask):
    found = ask(f"{VARIANTS}/ABOVE")
    words = found.pop("words")
    assert ask(f"{VARIANTS}/{found['id']}")["sku"] == "ABOVE"
    rows = [
        {"amount": 800, "source": "catalogue", "from": "2026-04-29T04:00:00Z", "to": None},
        {"amount": 1000, "source": "catalogue", "from": "2026-04-27T04:00:00Z",
         "to": "2026-04-29T04:00:00Z"},
        {"amount": 800, "source": "catalogue", "from": "2026-03-02T04:00:00Z",
         "to": "2026-04-27T04:00:00Z"},
    ]  # fmt: skip
    assert found == {
        "id": found["id"], "sku": "ABOVE", "title": "Above", "handle": "above", "price": 800,
        "source": "catalogue", "wished": 1000, "compare_at": None, "reference": 800,
        "reduced_since": "2026-04-29T04:00:00Z",
        "window": {"days": 7, "from": "2026-04-22T04:00:00Z", "to": "2026-04-29T04:00:00Z"},
        "lowest": rows[2], "reason": "above_lowest", "history": rows,
    }  # fmt: skip
    assert words == {
        "en": "Not struck through: in the 7 days before the price fell on 2026-04-29 12:00 it was"
        " sold at CN¥8.00 (2026-03-02 12:00 – 2026-04-27 12:00), no more than the price now,"
        " CN¥8.00.",
        "zh_Hans": "未划线：2026-04-29 12:00 降价前 7 天内曾售 ¥8.00"
        "（2026-03-02 12:00 – 2026-04-27 12:00），不高于现价 ¥8.00。",
    }


def test_a_number_that_is_a_sku_is_a_sku(shop, goods, ask):
    first = goods(1000)
    goods(1000, sku=str(first.id))
    assert ask(f"{VARIANTS}/{first.id}")["sku"] == str(first.id)
    for unknown in ("NOWHERE", "999", "9" * 30, "²", "%00"):
        assert ask(f"{VARIANTS}/{unknown}", 404)["code"] == "not_found"


@pytest.mark.usefixtures("market")
def test_every_reason_has_words_that_are_filled_in(ask):
    for item in [*ask(VARIANTS)["items"], ask(f"{VARIANTS}/PLAIN")]:
        for words in item["words"].values():
            assert not {"{", "}", "…"} & set(words), words
            assert "_" not in words


@pytest.mark.usefixtures("market")
def test_the_report_counts_them(ask):
    found = ask(REPORT)
    reasons = {row["reason"]: row["count"] for row in found.pop("reasons")}
    assert found == {
        "profile": "CN", "days": 7, "wished": 8, "shown": 3, "lowered": 1, "hidden": 5,
    }  # fmt: skip
    assert reasons == {
        "shown": 2, "lowered": 1, "above_lowest": 1, "no_reduction": 1, "risen": 1,
        "no_history": 1, "not_above": 1,
    }  # fmt: skip


def test_it_says_so_where_another_plugin_objects(shop, goods, ask, monkeypatch):
    goods(1000, compare_at=1000).costs(800, day=-2)
    monkeypatch.setattr(catalog_view, "reference_prices", lambda _, ids: dict.fromkeys(ids))
    found = ask(f"{VARIANTS}/PEAR")
    assert (found["reason"], found["compare_at"], found["reference"]) == (
        "other_plugin", None, 1000,
    )  # fmt: skip


def test_only_staff_with_the_permission_may_look(shop, goods):
    goods(1000)
    for path in (VARIANTS, f"{VARIANTS}/PEAR", REPORT):
        url = shop.url(path)
        assert shop.client.get(url).status_code == 401
        assert shop.client.get(url, headers=shop.bearer("clerk")).status_code == 403
        clerk = shop.bearer("clerk", scopes=["price_history.read"])
        assert shop.client.get(url, headers=clerk).status_code == 200


# -- for everyone ------------------------------------------------------------------------------


def public(shop, handle="pear", status=200):
    answer = shop.client.get(shop.url(f"/price-history/products/{handle}"))
    assert answer.status_code == status
    return answer


def test_a_front_end_can_say_the_lowest_price_before_a_reduction(shop, goods):
    goods(1000, compare_at=1000).sale(900, day=-5).costs(800, day=-2)
    answer = public(shop)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "handle": "pear", "days": 7, "now": "2026-05-01T04:00:00Z",
        "variants": [{
            "sku": "PEAR", "price": 800, "reduced_since": "2026-04-29T04:00:00Z",
            "from": "2026-04-22T04:00:00Z", "to": "2026-04-29T04:00:00Z",
            "lowest": {
                "amount": 900, "from": "2026-04-26T04:00:00Z", "to": "2026-04-26T06:00:00Z",
            },
        }],
    }  # fmt: skip


def test_where_nothing_is_reduced_it_is_the_lowest_price_of_the_last_days(shop, goods):
    goods(1000, began=-3)
    [variant] = public(shop).json["variants"]
    assert variant == {
        "sku": "PEAR", "price": 1000, "reduced_since": None, "from": "2026-04-28T04:00:00Z",
        "to": "2026-05-01T04:00:00Z",
        "lowest": {"amount": 1000, "from": "2026-04-28T04:00:00Z", "to": None},
    }  # fmt: skip


def test_what_is_not_published_is_not_found(shop, goods):
    pear = goods(1000)
    public(shop, "nowhere", 404)
    products.update(shop.ctx, pear.product, {"status": "draft"})
    public(shop, "pear", 404)


def extensions(shop, handle="pear"):
    [variant] = shop.client.get(shop.url(f"/products/{handle}")).json["variants"]
    return variant["extensions"]


def test_a_reduced_variant_carries_the_lowest_price_before(shop, goods):
    goods(1000, compare_at=1000).costs(800, day=-2)
    assert extensions(shop) == {
        "price_history": {"lowest": 1000, "days": 7, "since": "2026-04-29T04:00:00Z"}
    }
    goods(1000, sku="PLUM", compare_at=1200)
    assert extensions(shop, "plum") == {}
    goods(1000, sku="FIG", began=-0.1, compare_at=1200).costs(800)
    assert extensions(shop, "fig") == {}


def test_where_nothing_is_wished_nothing_is_carried_so_that_it_need_not_go_later(shop, goods):
    goods(1000).costs(800, day=-2)
    assert extensions(shop) == {}
    goods(1000, sku="PLUM").sale(800, day=-2, hours=None)
    assert extensions(shop, "plum")["price_history"]["lowest"] == 1000


class TestSilent:
    @pytest.fixture
    def rules(self):
        return {"tell_lowest": False}

    def test_or_not_if_the_owner_says_so(self, shop, goods):
        pear = goods(1000, compare_at=1000).costs(800, day=-2)
        assert (extensions(shop), pear.shown()) == ({}, (800, 1000))


def test_the_catalogue_keeps_its_answer_until_a_price_changes(shop, goods):
    goods(1000, compare_at=1000).sale(900, day=-8).costs(800, day=-2).sale(700, day=4)
    url, tags = shop.url("/products/pear"), []
    for _ in range(5):
        tags.append(shop.client.get(url).headers["ETag"])
        shop.clock.forward(days=1)
    assert len(set(tags[:4])) == 1
    assert tags[4] != tags[3]
    known = {"If-None-Match": tags[4]}
    assert shop.client.get(url, headers=known).status_code == 200  # the sale is over


def test_switched_off_its_routes_are_gone(shop, goods):
    goods(1000)
    off = shop.without("price_history")
    assert off.client.get(off.url("/price-history/products/pear")).status_code == 404
    assert off.client.get(off.url(VARIANTS), headers=off.bearer()).status_code == 404
