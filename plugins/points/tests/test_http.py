"""From the front end: rules, quote, checkout, balance, history, refund, and who may see what."""

import secrets

import pytest

from shop_plugins.points import staff


@pytest.fixture
def api(shop, wang):
    """`api("GET", "/points/balance")` as Wang; `by=None` a guest, or the headers of staff."""
    mine = shop.headers_of(wang.id)

    def call(method, path, body=None, by=mine, key=True, **query):
        headers = dict(by or {})
        if method == "POST" and key:
            headers["Idempotency-Key"] = key if isinstance(key, str) else secrets.token_hex(16)
        facts = {"query_string": query} if query else {}
        return shop.client.open(shop.url(path), method=method, json=body, headers=headers, **facts)

    return call


@pytest.fixture
def owner(shop):
    return shop.bearer()


def cart(api, shop, price=10_000, spend=None, by=...):
    facts = {} if by is ... else {"by": by}
    number = api("POST", "/carts", {}, **facts).json["id"]
    api("POST", f"/carts/{number}/lines", {"sku": shop.product(price).sku}, **facts)
    if spend is not None:
        patched = api(
            "PATCH", f"/carts/{number}", {"options": {"points": {"spend": spend}}}, **facts
        )
        assert patched.status_code == 200, patched.json
    return number


def test_the_rules_are_for_everyone_in_his_language(api):
    rules = api("GET", "/points/rules", by=None).json
    assert rules["earn"] == rules["spend"] | {"per": 100} == {"points": 1, "per": 100}
    assert (rules["available_days"], rules["expires_days"], rules["greatest_share"]) == (7, 365, 50)
    assert rules["words"][0] == "实付货款（扣除退款）每 ¥1.00 得 1 积分，按订单向下取整。"
    english = api("GET", "/points/rules", by={"Accept-Language": "en"}).json["words"]
    assert english[0].startswith("You earn 1 point for every CN¥1.00")
    assert len(english) == len(rules["words"])


def test_from_a_cart_to_a_refund(api, shop, wang, owner):
    wang.give(2_000)
    number = cart(api, shop, spend=2_000)
    seen = api("GET", f"/carts/{number}").json
    [spend] = seen["adjustments"]
    assert (spend["kind"], spend["source"], spend["amount"]) == ("spend", "points", -2_000)
    assert (spend["label"], seen["total"], seen["problems"]) == ("2000 积分抵扣", 8_000, [])
    preview = api("GET", "/points/preview", cart=number).json
    shown = api("GET", f"/carts/{number}").json["extensions"]["points"]
    assert shown == {"earns": preview["earns"]}
    assert preview == {
        "earns": 80, "spends": 2_000, "least": 100, "most": 5_000, "have": 2_000,
        "currency": "CNY", "worth": 5_000,
    }  # fmt: skip
    placed = api("POST", "/orders", {"cart": number, "expected_total": 8_000})
    assert placed.status_code == 201, placed.json
    order = placed.json
    assert order["extensions"]["points"] == {
        "earns": 80, "earned": 0, "pending_until": None, "spent": 2_000, "returned": 0
    }  # fmt: skip
    assert api("GET", "/points/balance").json["available"] == 0

    body = {"payment": {"method": "at_pickup"}}
    code = order["pickup"]["code"]
    handed = api("POST", f"/admin/pickups/{code}/hand-out", body, by=owner)
    assert handed.status_code == 200, handed.json
    now = api("GET", f"/orders/{order['number']}").json["extensions"]["points"]
    assert (now["earned"], now["pending_until"]) == (80, "2026-05-08T04:00:00Z")

    refund = {"lines": [{"line": order["lines"][0]["id"], "quantity": 1}], "reason": "sour",
              "restock": "leave"}  # fmt: skip
    done = api("POST", f"/admin/orders/{order['number']}/refunds", refund, by=owner)
    assert done.status_code == 201, done.json
    now = api("GET", f"/orders/{order['number']}").json["extensions"]["points"]
    assert now == {"earns": 0, "earned": 0, "pending_until": None, "spent": 2_000,
                   "returned": 2_000}  # fmt: skip
    history = api("GET", "/points/history", limit=4).json
    said = [(item["kind"], item["points"], item["words"]) for item in history["items"]]
    name = order["number"]
    assert said == [
        ("taken_back", -80, f"订单 {name} 有退款，收回相应的所得积分"),
        ("returned", 2_000, f"订单 {name} 有退款，按比例退回已用积分"),
        ("earned", 80, f"订单 {name}：实付货款 ¥80.00，每 ¥1.00 得 1 分"),
        ("spent", -2_000, f"订单 {name}：积分抵扣 ¥20.00"),
    ]
    earned = history["items"][2]
    assert (earned["base"], earned["rate"]) == (8_000, {"points": 1, "per": 100})
    assert earned["expires_at"] == "2027-05-01T04:00:00Z"
    [gift] = api("GET", "/points/history", after=history["next"]).json["items"]
    assert (gift["kind"], gift["words"]) == ("granted", "来自本店活动（gift）")


def test_a_debt_is_told_where_it_arises_and_where_it_is_paid(api, shop, wang):
    first = wang.order({20_000: 1}, state="completed")
    shop.forward(days=8)
    wang.order({10_000: 1}, spend=200)
    shop.refund(first)
    wang.order({5_000: 1}, state="completed")
    paid, owed, *_ = api("GET", "/points/history").json["items"]
    assert (paid["points"], paid["debt"]) == (50, 50)
    assert paid["words"].endswith("（其中 50 分用于抵补之前的欠分）")
    assert (owed["points"], owed["debt"]) == (-200, -200)
    assert owed["words"].endswith("（其中 200 分不足扣，将由以后所得积分抵补）")
    assert api("GET", "/points/balance").json["debt"] == 150


def test_a_guest_sees_what_a_cart_would_earn_and_is_asked_to_sign_in(api, shop):
    number = cart(api, shop, spend=100, by=None)
    [problem] = api("GET", f"/carts/{number}", by=None).json["problems"]
    assert (problem["code"], problem["detail"]) == ("points_sign_in", "请先登录再使用积分。")
    preview = api("GET", "/points/preview", by=None, cart=number).json
    assert (preview["earns"], preview["have"], preview["spends"]) == (100, None, 0)
    body = {"cart": number, "contact": {"name": "Li", "phone": "+8613000005555"}}
    refused = api("POST", "/orders", body, by=None)
    assert (refused.status_code, refused.json["code"]) == (422, "points_sign_in")


def test_asking_for_more_than_he_has_is_told_with_facts(api, shop, wang):
    wang.give(150)
    number = cart(api, shop, spend=200)
    [problem] = api("GET", f"/carts/{number}").json["problems"]
    assert (problem["code"], problem["have"], problem["need"]) == ("insufficient_balance", 150, 200)
    refused = api("POST", "/orders", {"cart": number})
    assert (refused.status_code, refused.json["have"]) == (409, 150)


@pytest.mark.parametrize(
    "options",
    [{"spend": -1}, {"spend": 1.5}, {"spend": "all"}, {"spend": True}, {"spend": 10**19},
     {"spend": None}, {"spend": [1]}, {"amount": 5}, {"spend": 5, "rate": 2}],
)  # fmt: skip
def test_what_cannot_be_spent_is_refused(api, shop, options):
    body = {
        "lines": [{"sku": shop.product(1_000).sku, "quantity": 1}],
        "options": {"points": options},
    }
    refused = api("POST", "/orders", body)
    assert (refused.status_code, refused.json["code"]) == (422, "invalid")


def test_another_s_cart_has_no_preview(api, shop, another):
    number = cart(api, shop)
    other = shop.headers_of(another().id)
    missing = api("GET", "/points/preview", by=other, cart="0" * 32)
    seen = api("GET", "/points/preview", by=other, cart=number)
    assert (seen.status_code, seen.json["code"]) == (404, missing.json["code"])


def test_products_and_variants_say_what_they_earn(api, shop):
    shop.product(12_345, sku="PEAR")
    [product] = api("GET", "/products", by=None).json["items"]
    assert product["extensions"]["points"] == {"earns": 123}
    assert product["variants"][0]["extensions"]["points"] == {"earns": 123}


def test_a_wallet_belongs_to_its_owner(api, shop, owner):
    for path in ("/points/balance", "/points/history"):
        assert api("GET", path, by=None).status_code == 401
        assert api("GET", path, by=owner).status_code == 403


def test_unknown_fields_and_odd_cursors_are_refused(api, owner):
    for path in ("/points/history", "/admin/points/customers", "/admin/points/report"):
        assert api("GET", path, by=None if "admin" not in path else owner, odd=1).status_code in (
            401, 422
        )  # fmt: skip
    assert api("GET", "/points/history", odd=1).status_code == 422
    assert api("GET", "/points/history", after="x").status_code == 422
    assert api("GET", "/points/history", limit=0).status_code == 422
    assert api("GET", "/admin/points/customers", by=owner, after="!").status_code == 422


# -- staff -----------------------------------------------------------------------------------


def test_staff_give_points_with_a_reason_once(api, shop, wang, owner):
    path, body = f"/admin/points/customers/{wang.id}/grant", {"points": 50, "reason": "开业礼"}
    key = secrets.token_hex(16)
    made = [api("POST", path, body, by=owner, key=key) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json == made[1].json
    assert made[0].json["available"] == wang.has == 50
    [item] = api("GET", "/points/history").json["items"]
    assert (item["kind"], item["words"]) == ("granted", "开业礼")
    audit = api("GET", "/admin/audit", by=owner, action="points.grant").json["items"]
    assert [row["data"] for row in audit] == [{"points": 50, "reason": "开业礼"}]
    assert audit[0]["subject"] == f"customer:{wang.id}"


def test_staff_take_points_but_never_more_than_can_be_spent(api, wang, owner):
    wang.give(80)
    path = f"/admin/points/customers/{wang.id}/take"
    refused = api("POST", path, {"points": 81, "reason": "slip"}, by=owner)
    assert (refused.status_code, refused.json["code"]) == (409, "insufficient_balance")
    assert (refused.json["have"], refused.json["need"]) == (80, 81)
    assert api("POST", path, {"points": 80, "reason": "slip"}, by=owner).status_code == 201
    assert wang.has == 0
    item, _ = api("GET", f"/admin/points/customers/{wang.id}/history", by=owner).json["items"]
    assert (item["kind"], item["points"], item["words"]) == ("taken", -80, "slip")


def test_granted_points_expire_as_earned_ones_do_or_as_staff_say(api, wang, owner):
    path = f"/admin/points/customers/{wang.id}/grant"
    for days, expires in ((None, "2027-05-01T04:00:00Z"), (3, "2026-05-04T04:00:00Z"), (0, None)):
        body = {"points": 1, "reason": "gift"} | ({} if days is None else {"expires_days": days})
        assert api("POST", path, body, by=owner).status_code == 201
        item = api("GET", "/points/history", limit=1).json["items"][0]
        assert item["expires_at"] == expires


@pytest.mark.parametrize(
    "body",
    [{}, {"points": 0, "reason": "x"}, {"points": -5, "reason": "x"}, {"points": 5},
     {"points": 5, "reason": ""}, {"points": True, "reason": "x"}, {"points": "5", "reason": "x"},
     {"points": 10**10, "reason": "x"}, {"points": 1, "reason": "x", "odd": 1}],
)  # fmt: skip
def test_an_odd_grant_is_refused(api, wang, owner, body):
    path = f"/admin/points/customers/{wang.id}/grant"
    assert api("POST", path, body, by=owner).status_code == 422
    assert wang.history() == []


def test_a_grant_without_a_key_or_to_nobody_is_refused(api, wang, owner):
    path, body = f"/admin/points/customers/{wang.id}/grant", {"points": 5, "reason": "x"}
    assert api("POST", path, body, by=owner, key="").status_code == 400
    nobody = "/admin/points/customers/99999"
    assert api("POST", f"{nobody}/grant", body, by=owner).status_code == 404
    assert api("GET", nobody, by=owner).status_code == 404
    assert api("GET", f"{nobody}/history", by=owner).status_code == 404


def test_who_may_see_and_who_may_give(api, shop, wang):
    customer = shop.headers_of(wang.id)
    plain, reader = shop.bearer("clerk"), shop.bearer("clerk", scopes=["points.read"])
    manager = shop.bearer("clerk", scopes=["points.read", "points.manage"])
    give, body = f"/admin/points/customers/{wang.id}/grant", {"points": 5, "reason": "x"}
    for path in ("", f"/{wang.id}", f"/{wang.id}/history"):
        for by, status in ((customer, 403), (plain, 403), (None, 401), (reader, 200)):
            assert api("GET", f"/admin/points/customers{path}", by=by).status_code == status
    for by, status in ((customer, 403), (plain, 403), (reader, 403), (None, 401), (manager, 201)):
        assert api("POST", give, body, by=by).status_code == status


def test_the_list_of_customers_shows_who_has_points(api, shop, wang, another, owner):
    others = [another() for _ in range(3)]
    for number, person in enumerate(others, 1):
        person.give(number)
    first = api("GET", "/admin/points/customers", by=owner, limit=2).json
    rest = api("GET", "/admin/points/customers", by=owner, limit=2, after=first["next"]).json
    found = [(item["id"], item["available"]) for item in first["items"] + rest["items"]]
    assert found == [(person.id, n) for n, person in zip((3, 2, 1), reversed(others), strict=True)]
    assert rest["next"] is None


def test_the_report_counts_every_point_once(api, shop, wang, owner):
    wang.give(1_000, days=3)
    order = wang.order({10_000: 1}, spend=400, state="completed")
    shop.refund(order)
    shop.forward(days=4)
    wang.order({5_000: 1}, state="completed")
    wang.give(10)
    staff.take(shop.ctx, wang.id, 10, "a slip", "one")
    found = api("GET", "/admin/points/report", by=owner).json
    assert found["total"] == {
        "issued": 1_000 + 96 + 50 + 10, "spent": 400, "returned": 400, "taken_back": 96, "taken": 10,
        "expired": 1_000,
    }  # fmt: skip
    assert [row["period"] for row in found["items"]] == ["2026-05-01", "2026-05-05"]
    assert found["outstanding"] == {
        "available": 0, "pending": 50, "worth": 50, "currency": "CNY", "debt": 0
    }  # fmt: skip
    [month] = api("GET", "/admin/points/report?by=month", by=owner).json["items"]
    assert month == {"period": "2026-05"} | found["total"]
    total = found["total"]
    moved = (
        total["issued"] + total["returned"] - total["spent"] - total["taken_back"] - total["taken"]
    )
    assert moved - total["expired"] == 50


def test_a_report_of_years_is_refused(api, owner):
    path = "/admin/points/report?first=2020-01-01&last=2026-01-01"
    refused = api("GET", path, by=owner)
    assert (refused.status_code, refused.json["code"]) == (422, "points_span")
    path = "/admin/points/report?first=2026-02-01&last=2026-01-01"
    assert api("GET", path, by=owner).status_code == 422
    assert api("GET", "/admin/points/report?first=0001-01-01", by=owner).status_code == 422
    for odd in ("last=9999-12-31", "last=0001-01-01"):
        assert api("GET", f"/admin/points/report?{odd}", by=owner).status_code == 422
    assert api("GET", "/admin/points/report?by=year", by=owner).status_code == 422
