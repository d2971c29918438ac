"""Teams over HTTP: as a customer with a link, and as staff."""

import pytest

from shop.clock import DAY, rfc3339, to_us
from shop.orders import order_view
from shop_plugins.group_buy import campaigns

KEY = {"Idempotency-Key": "a-key-of-this-test-1"}


@pytest.fixture
def enabled():
    return {"group_buy": {"link": "https://pears.example/t/{team}"}}


@pytest.fixture
def owner(shop):
    return shop.bearer()


def order(shop, client, options, who, key):
    body = {
        "lines": [{"sku": "BOX", "quantity": 1, "options": {"group_buy": options}}],
        "contact": {"name": who, "phone": f"+86130000000{key:02}"},
    }
    head = {"Idempotency-Key": f"a-key-of-this-test-{key}"}
    return client.post(shop.url("/orders"), json=body, headers=head)


def pay(shop, document):
    return shop.pay(order_view.load(shop.ctx, order_view.find(shop.ctx, document["number"])))


def test_one_opens_a_team_shares_its_link_and_the_others_join(shop, teamed, client):
    [campaign] = client.get(shop.url("/group-buy/campaigns")).json["items"]
    assert campaign["items"][0] | {"title": ""} == {
        "sku": "BOX", "title": "", "price": 4500, "normal_price": 6000, "tiers": [],
    }  # fmt: skip
    first = order(shop, client, {"open": campaign["id"]}, "王小明", 1)
    assert (first.status_code, first.json["total"]) == (201, 4500)
    assert first.json["holds"] == [{"by": "group_buy", "reason": "等待成团"}]
    mine = first.json["extensions"]["group_buy"]
    assert mine["link"] == f"https://pears.example/t/{mine['team']}"
    pay(shop, first.json)
    team = client.get(shop.url(f"/group-buy/teams/{mine['team']}")).json
    assert (team["state"], team["paid"], team["left"], team["missing"]) == ("open", 1, 2, 2)
    assert team["members"] == [{"name": "王**", "paid": True, "opener": True}]
    assert team["deadline"] > team["now"]
    for number in (2, 3):
        pay(shop, order(shop, client, {"join": team["code"]}, "Li", number).json)
    assert client.get(shop.url(f"/group-buy/teams/{team['code']}")).json["state"] == "complete"
    late = order(shop, client, {"join": team["code"]}, "Wu", 4)
    assert (late.status_code, late.json["code"]) == (409, "group_buy_team_over")
    assert late.json["detail"] == "这个团已经结束，请另开一团或加入其他团。"


def test_open_teams_are_listed_nearest_to_full_first(shop, teamed, client):
    far, near = teamed.opens(), teamed.opens()
    teamed.joins(teamed.team(near))
    listed = client.get(shop.url("/group-buy/teams")).json["items"]
    assert [team["code"] for team in listed] == [teamed.team(near).code, teamed.team(far).code]
    full = teamed.team(teamed.opens())
    for _ in range(2):
        teamed.joins(full, "placed")
    assert len(client.get(shop.url("/group-buy/teams")).json["items"]) == 2
    other = teamed.make(name="Later")
    path = shop.url(f"/group-buy/teams?campaign={other.id}")
    assert client.get(path).json["items"] == []


def test_a_customer_sees_the_teams_he_is_in_and_another_does_not(shop, teamed, client):
    customer = shop.customer()
    first = teamed.opens(customer=customer)
    [mine] = client.get(shop.url("/group-buy/mine"), headers=shop.headers_of(customer)).json[
        "items"
    ]
    assert (mine["order"], mine["member"], mine["state"]) == (first.number, "paid", "open")
    other = shop.headers_of(shop.customer())
    assert client.get(shop.url("/group-buy/mine"), headers=other).json["items"] == []
    assert client.get(shop.url("/group-buy/mine")).status_code == 401


def test_a_member_of_a_full_team_asks_the_shop_to_cancel(shop, teamed, client):
    customer = shop.customer()
    first = teamed.opens(customer=customer)
    team = teamed.team(first)
    teamed.joins(team)
    teamed.joins(team)
    path = shop.url(f"/orders/{first.number}/cancel")
    refused = client.post(path, headers=shop.headers_of(customer))
    assert (refused.status_code, refused.json["code"]) == (409, "group_buy_complete")


def test_the_catalogue_says_what_is_sold_in_teams(shop, client, teamed):
    path = shop.url("/products/box")
    shown = client.get(path).json["variants"][0]["extensions"]["group_buy"]
    assert shown["campaign"] == teamed.campaign.id
    assert (shown["price"], shown["size"]) == (4500, 3)
    shop.forward(days=2)
    assert "group_buy" not in client.get(path).json["variants"][0]["extensions"]


def test_the_owner_makes_changes_ends_and_takes_back_campaigns(shop, client, owner):
    shop.product(6000, 100, "BOX")
    body = {
        "name": "梨", "size": 2, "ends": rfc3339(shop.ctx.now_us + DAY),
        "items": [{"sku": "BOX", "price": 4500, "tiers": [{"units": 10, "price": 4000}]}],
    }  # fmt: skip
    path = shop.url("/admin/group_buy/campaigns")
    made = client.post(path, json=body, headers=owner)
    assert (made.status_code, made.json["state"], made.json["hours"]) == (201, "running", 24)
    one = f"{path}/{made.json['id']}"
    tag = client.get(one, headers=owner).headers["ETag"]
    stale = client.patch(one, json={"teams": 5}, headers=owner | {"If-Match": '"1-9"'})
    assert stale.status_code == 412
    changed = client.patch(one, json={"teams": 5}, headers=owner | {"If-Match": tag})
    assert (changed.status_code, changed.json["teams"]) == (200, 5)
    ended = client.post(f"{one}/end", headers=owner)
    assert (ended.status_code, ended.json["state"]) == (200, "over")
    assert client.post(f"{one}/end", headers=owner).status_code == 409
    later = client.post(
        path, json=body | {"starts": rfc3339(shop.ctx.now_us + DAY // 2)}, headers=owner
    )
    one = f"{path}/{later.json['id']}"
    head = owner | {"If-Match": client.get(one, headers=owner).headers["ETag"]}
    assert client.delete(one, headers=head).status_code == 204
    assert client.get(one, headers=owner).status_code == 404
    assert len(client.get(path, headers=owner).json["items"]) == 1


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"items": [{"sku": "NONE", "price": 1}]}, "unknown_sku"),
        ({"items": [{"sku": "BOX", "price": 1}] * 2}, "sku_twice"),
        ({"items": [{"sku": "BOX", "price": 6000}]}, "group_buy_price"),
        ({"items": [{"sku": "BOX", "price": 9, "tiers": [{"units": 2, "price": 9}]}]},
         "group_buy_ladder"),
        ({"ends": "2020-01-01T00:00:00Z"}, "group_buy_times"),
        ({"size": 1}, "invalid"),
    ],
)  # fmt: skip
def test_a_campaign_that_cannot_be_is_refused(shop, client, owner, facts, code):
    shop.product(6000, 100, "BOX")
    body = {
        "name": "Pears", "size": 2, "ends": rfc3339(shop.ctx.now_us + DAY),
        "items": [{"sku": "BOX", "price": 4500}],
    }  # fmt: skip
    path = shop.url("/admin/group_buy/campaigns")
    refused = client.post(path, json=body | facts, headers=owner)
    assert (refused.status_code, refused.json["code"]) == (422, code)


def test_what_a_team_was_promised_stays(shop, teamed, client, owner):
    teamed.opens()
    one = shop.url(f"/admin/group_buy/campaigns/{teamed.campaign.id}")
    head = owner | {"If-Match": '"1-1"'}
    for facts in (
        {"size": 2}, {"hours": 1}, {"items": [{"sku": "BOX", "price": 5000}]}, {"per_customer": 1},
        {"ends": rfc3339(shop.ctx.now_us + DAY)}, {"ends": rfc3339(shop.ctx.now_us + 9 * DAY)},
        {"starts": rfc3339(shop.ctx.now_us + DAY)},
    ):  # fmt: skip
        refused = client.patch(one, json=facts, headers=head)
        assert (refused.status_code, refused.json["code"]) == (422, "group_buy_promised"), facts
    same = {"ends": rfc3339(to_us(teamed.campaign.ends)), "name": "Pears again"}
    assert client.patch(one, json=same, headers=head).json["name"] == "Pears again"


def test_staff_completes_a_team_and_reads_what_it_brought(shop, teamed, client, owner):
    team = teamed.team(teamed.opens(units=2))
    path = shop.url(f"/admin/group_buy/teams/{team.code}")
    done = client.post(f"{path}/complete", headers=owner)
    assert (done.status_code, done.json["state"], done.json["early"]) == (200, "complete", True)
    listed = client.get(shop.url("/admin/group_buy/teams?state=complete"), headers=owner).json
    assert [one["code"] for one in listed["items"]] == [team.code]
    assert listed["items"][0]["members"][0]["name"] != "王**"
    [item] = client.get(shop.url("/admin/group_buy/report"), headers=owner).json["items"]
    assert (item["complete"], item["members"], item["units"]) == (1, 1, 2)
    assert (item["revenue"], item["normal"], item["given_up"]) == (9000, 12_000, 3000)
    assert item["new_customers"] == 1


def test_a_scheduled_campaign_is_not_shown_yet(shop, teamed, client):
    later = campaigns.create(
        shop.ctx,
        {"name": "Later", "size": 2, "starts": shop.ctx.now_us + DAY // 2,
         "ends": shop.ctx.now_us + DAY, "items": [{"sku": "BOX", "price": 100}]},
    )  # fmt: skip
    assert client.get(shop.url(f"/group-buy/campaigns/{later.id}")).status_code == 404
    shop.forward(hours=12)
    assert client.get(shop.url(f"/group-buy/campaigns/{later.id}")).status_code == 200
