import pytest

from shop.catalog import products
from shop.stock import stock

URL = "/api/v1/orchard"
APPLES = {
    "title": "红富士苹果",
    "status": "published",
    "options": [{"name": "规格"}],
    "variants": [
        {"sku": "A/3", "options": ["3斤"], "price": 1990, "stock": 5},
        {"sku": "A5", "options": ["5斤"], "price": 2990, "compare_at": 3290},
    ],
}


@pytest.fixture
def owner(shop):
    return shop.bearer()


@pytest.fixture
def apples(client, owner):
    answer = client.post(f"{URL}/admin/products", json=APPLES, headers=owner)
    assert answer.status_code == 201, answer.json
    return answer


def test_a_product_is_made_listed_and_read(client, apples):
    assert apples.headers["ETag"] == '"1-1"'
    page = client.get(f"{URL}/products").json
    assert page["next"] is None
    [item] = page["items"]
    assert client.get(f"{URL}/products/{item['handle']}").json == item
    assert item["variants"][0] == {
        "sku": "A/3", "title": "3斤", "options": {"规格": "3斤"}, "price": 1990, "compare_at": None,
        "available": 5, "weight": None, "image": "", "extensions": {},
    }  # fmt: skip
    assert client.get(f"{URL}/products?q=苹果&limit=1").json["items"] == [item]
    assert client.get(f"{URL}/categories").json == {"items": []}


@pytest.mark.parametrize("path", ["/products", "/products/红富士苹果", "/categories"])
def test_a_catalogue_read_answers_304_until_something_shown_changes(shop, client, apples, path):
    first = client.get(URL + path)
    assert first.headers["Cache-Control"] == "public, no-cache"
    same = {"If-None-Match": first.headers["ETag"]}
    again = client.get(URL + path, headers=same)
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    english = client.get(URL + path, headers=same | {"Accept-Language": "en"})
    assert english.status_code == 200
    stock.adjust(shop.ctx, "A5", 1, "found")
    assert client.get(URL + path, headers=same).status_code == 200


@pytest.mark.parametrize(
    "path, status",
    [
        ("/products/nothing", 404),
        ("/products/%00", 404),
        ("/products/..%2f", 404),
        ("/products?limit=0", 422),
        ("/products?limit=1000000000", 422),
        ("/products?offset=3", 422),
        ("/products?after=x", 422),
        ("/products?q=" + "x" * 201, 422),
        ("/products?sort=price", 422),
        ("/products?category=%27%20OR%201", 200),
    ],
)
def test_case_64_and_74_odd_questions_are_refused(client, path, status):
    assert client.get(URL + path).status_code == status


def test_an_update_needs_the_version_it_saw(client, owner, apples):
    url = f"{URL}/admin/products/{apples.json['id']}"
    assert client.patch(url, json={"title": "x"}, headers=owner).status_code == 428
    match = owner | {"If-Match": '"1-1"'}
    changed = client.patch(url, json={"title": "苹果"}, headers=match)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"1-2"')
    assert client.patch(url, json={"title": "x"}, headers=match).status_code == 412
    assert client.delete(url, headers=match).status_code == 412
    assert client.get(url, headers=owner).json["title"] == "苹果"
    now = owner | {"If-Match": '"1-2"'}
    assert client.delete(f"{url}/variants/A/3", headers=now).status_code == 204
    assert client.delete(url, headers=owner | {"If-Match": '"1-3"'}).status_code == 204
    assert client.get(url, headers=owner).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"variants": [{"sku": "A5", "stock": 9}]},
        {"variants": [{"sku": "A5", "price": 19.9}]},
        {"variants": [{"sku": "A5", "price": True}]},
        {"variants": [{"sku": "A5", "price": 10**19}]},
        {"version": 7},
        {"title": "\x00"},
        {"translations": {"fr": {"title": "x"}}},
        {"position": -1},
        {"images": [{"src": "data:text/html,x"}]},
    ],
)
def test_case_30_and_35_an_update_cannot_carry_what_is_not_its_own(client, owner, apples, changes):
    url = f"{URL}/admin/products/{apples.json['id']}"
    answer = client.patch(url, json=changes, headers=owner | {"If-Match": '"1-1"'})
    assert answer.status_code == 422
    assert client.get(url, headers=owner).json["version"] == 1


def test_a_taken_sku_is_a_conflict_in_words(client, owner, apples):
    answer = client.post(f"{URL}/admin/products", json=APPLES, headers=owner)
    assert (answer.status_code, answer.json["code"]) == (409, "sku_taken")
    assert answer.json["detail"] == "SKU A/3 已被占用。"


def test_stock_is_changed_by_deltas_and_told(client, owner, apples):
    url = f"{URL}/admin/stock"
    more = client.post(url, json={"sku": "A/3", "delta": 7, "reason": "进货"}, headers=owner)
    assert more.json == {"sku": "A/3", "on_hand": 12}
    low = client.post(url, json={"sku": "A/3", "delta": -13, "reason": "x"}, headers=owner)
    assert (low.status_code, low.json["code"], low.json["left"]) == (409, "stock_too_low", 12)
    for delta in (0, 1.5, True, 10**10, "1"):
        body = {"sku": "A/3", "delta": delta, "reason": "x"}
        assert client.post(url, json=body, headers=owner).status_code == 422
    moves = client.get(f"{url}/A/3/movements?limit=1", headers=owner).json
    assert [move["delta"] for move in moves["items"]] == [7]
    assert moves["items"][0]["actor"].startswith("owner:")
    rest = client.get(f"{url}/A/3/movements?after={moves['next']}", headers=owner).json
    assert [move["delta"] for move in rest["items"]] == [5]
    assert client.get(f"{url}/nothing/movements", headers=owner).status_code == 404


def test_a_delta_that_is_sent_twice_under_one_key_counts_once(client, owner, apples):
    body = {"sku": "A/3", "delta": 7, "reason": "进货"}
    once = owner | {"Idempotency-Key": "delivery-2026-05-01"}
    answers = [client.post(f"{URL}/admin/stock", json=body, headers=once) for _ in range(2)]
    assert [answer.json["on_hand"] for answer in answers] == [12, 12]


def test_categories_are_managed_and_shown(client, owner, apples):
    url = f"{URL}/admin/categories"
    fruit = client.post(url, json={"title": "水果", "handle": "fruit"}, headers=owner)
    assert (fruit.status_code, fruit.headers["ETag"]) == (201, '"1-1"')
    client.post(url, json={"title": "苹果", "parent": "fruit"}, headers=owner)
    one = f"{url}/{fruit.json['id']}"
    english = {"translations": {"en": {"title": "Fruit"}}}
    match = owner | {"If-Match": '"1-1"'}
    assert client.patch(one, json=english, headers=match).json["version"] == 2
    tree = client.get(f"{URL}/categories", headers={"Accept-Language": "en"}).json["items"]
    assert (tree[0]["title"], tree[0]["children"][0]["title"]) == ("Fruit", "苹果")
    circle = client.patch(one, json={"parent": "苹果"}, headers=owner | {"If-Match": '"1-2"'})
    assert (circle.status_code, circle.json["code"]) == (409, "category_circle")
    product = f"{URL}/admin/products/{apples.json['id']}"
    client.patch(product, json={"categories": ["苹果"]}, headers=match)
    assert len(client.get(f"{URL}/products?category=fruit").json["items"]) == 1
    assert client.delete(one, headers=owner | {"If-Match": '"1-2"'}).status_code == 409


def test_only_staff_with_the_scope_may(shop, client, apples):
    clerk = shop.bearer("clerk")
    for path in ("products", "categories", "stock/A5/movements"):
        assert client.get(f"{URL}/admin/{path}").status_code == 401
        assert client.get(f"{URL}/admin/{path}", headers=clerk).status_code == 403
    body = {"sku": "A5", "delta": 1, "reason": "x"}
    assert client.post(f"{URL}/admin/stock", json=body, headers=clerk).status_code == 403


def test_an_id_beyond_the_database_is_just_missing(client, owner):
    for path in ("products", "categories"):
        for number in (0, 10**6, 2**63 - 1, 2**63, 10**30):
            answer = client.get(f"{URL}/admin/{path}/{number}", headers=owner)
            assert answer.status_code == 404


def test_admin_lists_drafts_too(shop, client, owner, apples):
    products.create(shop.ctx, {"title": "draft", "variants": [{"sku": "D", "price": 1}]})
    url = f"{URL}/admin/products"
    assert len(client.get(url, headers=owner).json["items"]) == 2
    [draft] = client.get(f"{url}?status=draft", headers=owner).json["items"]
    assert draft["variants"][0]["stock"] == 0
    assert len(client.get(f"{URL}/products").json["items"]) == 1


def test_the_etag_of_a_deleted_product_does_not_rename_another(client, owner, apples):
    old = client.get(f"{URL}/admin/products/{apples.json['id']}", headers=owner)
    seen = owner | {"If-Match": old.headers["ETag"]}
    url = f"{URL}/admin/products"
    assert client.delete(f"{url}/{old.json['id']}", headers=seen).status_code == 204
    new = client.post(url, json={**APPLES, "title": "梨"}, headers=owner)
    assert new.json["id"] != old.json["id"]
    assert (
        client.patch(f"{url}/{old.json['id']}", json={"title": "x"}, headers=seen).status_code
        == 404
    )
    assert (
        client.patch(f"{url}/{new.json['id']}", json={"title": "x"}, headers=seen).status_code
        == 412
    )
    assert client.get(f"{url}/{new.json['id']}", headers=owner).json["title"] == "梨"
