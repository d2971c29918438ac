"""What a clerk sees, and what the console asks before money moves."""

import re

import pytest

from shop import db
from shop.orders import order_view
from shop.people import staff
from shop.pickup import points, timetable
from shop_plugins.console.fields import Field, from_form

OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
PASSWORD = "correct-horse-battery-9"


@pytest.fixture
def enabled():
    return {"console": {}}


@pytest.fixture
def gate(shop):
    return points.create(shop.ctx, "gate", {"name": "Gate"}).id


@pytest.fixture
def signed_in(shop, gate):
    """`signed_in("clerk")`: a client of a clerk at the gate."""

    def sign_in(role):
        person = staff.create(shop.ctx, role, role, ["gate"] if role == "clerk" else [])
        staff.set_password(shop.ctx, person["id"], PASSWORD)
        client, form = shop.client, {"name": role, "password": PASSWORD}
        assert client.post("/orchard/console/sign-in", data=form, headers=OWN).status_code == 303
        return client

    return sign_in


def test_a_clerk_opens_the_orders_of_his_points_and_sees_nothing_he_may_not_do(
    shop, gate, signed_in
):
    points.create(shop.ctx, "lobby", {"name": "Lobby"})
    mine, other = shop.up_to("paid", point="gate"), shop.up_to("paid", point="lobby")
    clerk = signed_in("clerk")
    listed = clerk.get("/orchard/console/orders", headers=OWN)
    assert listed.status_code == 200
    assert mine.number in listed.text
    assert other.number not in listed.text
    page = clerk.get(f"/orchard/console/orders/{mine.number}", headers=OWN)
    assert page.status_code == 200
    for action in ("refund_units", "/cancel", "/note", "/payment", 'name="reason"'):
        assert action not in page.text.partition("<main")[2], action
    menu = set(re.findall(r'href="/orchard/console(/[a-z]*)"', page.text.partition("<main")[0]))
    assert menu == {"/", "/orders", "/pickup", "/data", "/account"}
    for place in menu:
        assert clerk.get(f"/orchard/console{place}", headers=OWN).status_code == 200, place
    assert clerk.get(f"/orchard/console/orders/{other.number}", headers=OWN).status_code == 404


def test_a_clerk_is_shown_only_the_actions_on_windows_that_he_may_take(shop, gate, signed_in):
    start = shop.ctx.now_us + 3_600_000_000
    window = timetable.create(shop.ctx, gate, start, start + 1_000_000, start)["id"]
    for role, more in (("clerk", False), ("owner", True)):
        client = signed_in(role)
        everything = client.get("/orchard/console/data", headers=OWN).text
        assert ("/data/shop/staff" in everything) is more
        listed = client.get("/orchard/console/data/shop/windows", headers=OWN).text
        assert ("windows/new" in listed) is more
        one = client.get(f"/orchard/console/data/shop/windows/{window}", headers=OWN).text
        assert "/do/ready" in one
        assert ("/do/restore" in one) is more
        assert (f"windows/{window}/delete" in one) is more


def test_money_is_recorded_only_after_a_second_yes_to_the_same_amount(shop, signed_in):
    order, owner = shop.up_to("placed"), signed_in("owner")
    address = f"/orchard/console/orders/{order.number}/payment"
    asked = owner.post(address, data={"method": "transfer", "key": "k" * 20}, headers=OWN)
    assert asked.status_code == 200
    assert db.value("SELECT COUNT(*) FROM payment") == 0
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked.text))
    assert form["amount"] == str(order.total)
    stale = owner.post(address, data=form | {"sure": "1", "amount": "1"}, headers=OWN)
    assert stale.status_code == 200
    assert db.value("SELECT COUNT(*) FROM payment") == 0
    for _ in range(2):  # the second is the browser sending it again
        done = owner.post(address, data=form | {"sure": "1"}, headers=OWN)
        assert done.status_code == 303
    assert db.value("SELECT COUNT(*) FROM payment") == 1
    assert order_view.load(shop.ctx, order.id).paid == order.total


def test_a_refund_asks_what_becomes_of_the_goods_and_chooses_nothing_itself(shop, signed_in):
    order, owner = shop.up_to("paid"), signed_in("owner")
    line = order.lines[0].id
    page = owner.get(f"/orchard/console/orders/{order.number}", headers=OWN).text
    select = re.search(r'<select id="restock".*?</select>', page, re.S)[0]
    assert "selected" not in select
    assert re.search(r'required><option value="">', select)
    assert f"line {line}" in page
    form = {f"units.{line}": "1", "reason": "bruised", "restock": ""}
    address = f"/orchard/console/orders/{order.number}/refund"
    refused = owner.post(address, data=form, headers=OWN)
    assert refused.status_code == 422
    assert "what becomes of the goods" in refused.text
    assert owner.post(address, data=form | {"restock": "leave"}, headers=OWN).status_code == 200


def test_empty_rows_of_a_form_are_left_out_though_they_carry_proposals(shop, signed_in):
    owner = signed_in("owner")
    address = "/orchard/console/data/shop/windows/do/repeat"
    page = owner.get(address, headers=OWN).text
    form = dict(re.findall(r'name="(slots\.[\w.]+)"[^>]*value="([^"]*)"', page))
    assert form["slots.1.weekdays"]
    form |= {"point": "gate", "days": "3", "slots.0.starts": "17:00", "slots.0.ends": "19:00"}
    key = re.search(r'name="key" value="([^"]*)"', page)[1]
    done = owner.post(address, data=form | {"key": key}, headers=OWN)
    assert done.status_code in (200, 201, 303), done.text
    assert db.value("SELECT COUNT(*) FROM pickup_window") == 3


def test_a_row_that_was_begun_is_sent_though_it_lacks_something(shop):
    inner = [Field("starts", "", required=True), Field("days", "", kind="number", default=0)]
    rows = [Field("slots", "", kind="rows", inner=inner)]
    form = {
        "slots.0.starts": "17:00",
        "slots.0.days": "0",
        "slots.1.days": "2",
        "slots.2.days": "0",
    }
    assert from_form(shop.ctx, form, rows) == {
        "slots": [{"starts": "17:00", "days": 0}, {"days": 2}]
    }


def test_no_number_of_the_database_is_called_as_a_code_is(shop, signed_in):
    owner = signed_in("owner")
    page = owner.get(
        "/orchard/console/data/shop/pickup-points", headers=OWN | {"Accept-Language": "zh-Hans"}
    ).text
    head = re.search(r"<thead>.*?</thead>", page, re.S)[0]
    assert "代码" in head
    assert "编号" not in head
