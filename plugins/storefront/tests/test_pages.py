"""The pages by HTTP: what is kept, what is nobody's business, what is refused."""

import ast
import html
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from shop import ROOMS, db
from shop.catalog import prices, products
from shop.people import auth
from shop.testing import in_days
from shop_plugins.storefront import forms
from shop_plugins.storefront.plugin import Storefront

HERE = Path(__file__).parent.parent
NOT_PAGES = {"api.py", "models.py", "plugin.py", "settings.py"}


def test_pages_read_and_write_through_the_api_alone():
    allowed = {"shop.messages.templates", "shop", "shop.themes"}
    for path in sorted(HERE.glob("*.py")):
        if path.name in NOT_PAGES:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "shop":
                names = {f"{node.module}.{alias.name}" for alias in node.names}
                inner = ("models", *ROOMS)
                taken = {name for name in names if name.split(".")[1] in inner}
                assert taken <= allowed, (path.name, taken)
                assert node.module in allowed or node.module == "shop.messages", path.name
                assert not {"shop.db", "shop.money"} & names, path.name


@pytest.fixture
def goods(shop):
    facts = {
        "title": "<b>Plum</b>", "handle": "plum", "status": "published",
        "description": "<p>ripe</p>", "variants": [{"sku": "PLUM", "price": 990, "stock": 5}],
        "images": [{"src": "https://elsewhere.example/plum.jpg", "alt": "x"}],
    }  # fmt: skip
    return products.create(shop.ctx, facts)


def test_a_page_says_what_is_for_sale_and_escapes_it(client, goods):
    page = client.get("/orchard/products/plum").text
    assert "&lt;b&gt;Plum&lt;/b&gt;" in page
    assert "<b>Plum" not in page
    assert "¥9.90" in page
    assert "<p>ripe</p>" in page
    poster = client.get("/orchard/products/plum/poster.svg")
    assert "&lt;b&gt;Plum" in poster.text
    assert poster.mimetype == "image/svg+xml"
    assert client.get("/orchard/products/plum/poster.png").data.startswith(b"\x89PNG")


def test_no_visitor_is_told_to_another_host(client, goods):
    assert "elsewhere.example" not in client.get("/orchard/products/plum").text


@pytest.mark.sqlite_only
def test_a_page_that_is_kept_costs_no_statement_and_follows_the_price(
    shop, client, goods, monkeypatch
):
    monkeypatch.setattr("shop.catalog.freshness.TRUSTED", float("inf"))  # however slow the machine
    first = client.get("/orchard/products/plum")
    with counted() as statements:
        again = client.get("/orchard/products/plum?from=groupmessage&isappinstalled=0")
    assert again.data == first.data
    assert statements == []
    assert client.get("/orchard/products/plum", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304  # fmt: skip
    variant = db.value("SELECT id FROM variant WHERE sku = 'PLUM'")
    prices.set_catalogue_price(shop.ctx, variant, 1234)
    assert "¥12.34" in client.get("/orchard/products/plum").text


class counted:
    """The statements of a block."""

    def __enter__(self):
        self.found, self.before = [], db.guard.check
        db.guard.check = lambda sql, **more: (self.found.append(sql), self.before(sql, **more))[1]
        return self.found

    def __exit__(self, *error):
        db.guard.check = self.before


def test_kept_pages_know_nobody(shop, goods):
    """Whoever asks, signed in, with a cart or bare, gets the same bytes."""
    customer = shop.up_to("placed").customer_id
    bare = shop.client.get("/orchard/").data
    token = auth.issue(shop.ctx, customer=customer, scopes=auth.CUSTOMER_SCOPES)
    client = shop.client
    client.set_cookie("orchard-customer", token)
    client.set_cookie("orchard-cart", "0" * 32)
    assert shop.client.get("/orchard/").data == bare
    assert client.get("/orchard/").data == bare


def test_without_a_cache_they_know_nobody_either(shop, goods):
    object.__setattr__(shop.config.limits, "catalogue_cache_mib", 0)
    bare = shop.client.get("/orchard/").data
    client = shop.client
    client.set_cookie("orchard-customer", "cu_nobody")
    assert client.get("/orchard/").data == bare


def test_a_page_that_is_shared_names_its_own_address(client, goods):
    for home in ("http://localhost", "https://shop.example"):
        page = client.get("/orchard/products/plum", base_url=home).text
        assert f'property="og:url" content="{home}/orchard/products/plum"' in page
        assert f'property="og:image" content="{home}/orchard/theme/share.png' in page
        assert 'property="og:title" content="&lt;b&gt;Plum' in page


def test_links_of_pages_and_posters_begin_with_the_configured_address(client, shop, goods):
    home = "https://shop.example.org"
    object.__setattr__(shop.config.stores["orchard"], "public_url", home)
    here = {"base_url": "http://evil.example"}
    page = client.get("/orchard/products/plum", **here).text
    assert f'property="og:url" content="{home}/orchard/products/plum"' in page
    posters = [client.get("/orchard/products/plum/poster.svg", base_url=f"http://{host}.example")
               for host in ("a", "another-one")]  # fmt: skip
    assert posters[0].data == posters[1].data
    for address in ("/", "/products/plum", "/sign-in", "/cart"):
        assert "evil.example" not in client.get(f"/orchard{address}", **here).text


def test_a_language_is_chosen_asked_for_or_the_stores(client, goods):
    assert 'lang="zh-Hans"' in client.get("/orchard/").text
    asked = client.get("/orchard/", headers={"Accept-Language": "en-GB,en"})
    assert 'lang="en"' in asked.text
    client.set_cookie("shop_lang", "en")
    assert 'lang="en"' in client.get("/orchard/", headers={"Accept-Language": "zh-CN"}).text


# -- attacks -----------------------------------------------------------------------------------

FOREIGN = [
    {},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Referer": "https://evil.example/orchard/cart"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://shop.localhost"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost.evil.example"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_case_47_a_form_of_another_site_is_refused_and_changes_nothing(
    shop, client, goods, headers
):
    client.set_cookie("orchard-customer", "cu_x")
    answer = client.post("/orchard/cart/lines", data={"sku": "PLUM"}, headers=headers)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert db.value("SELECT COUNT(*) FROM cart") == 0
    for rule in shop.app.url_map.iter_rules():
        if rule.endpoint.startswith("storefront_pages.") and "POST" in rule.methods:
            path = re.sub(r"<int:\w+>", "1", rule.rule.replace("<string:store>", "orchard"))
            path = re.sub(r"<[^>]+>", "x", path)
            assert client.post(path, headers=headers).status_code == 403, path


def test_a_form_of_our_own_page_is_taken(client, goods, own):
    answer = client.post("/orchard/cart/lines", data={"sku": "PLUM"}, headers=own)
    assert answer.status_code == 303
    old = client.post(
        "/orchard/cart/lines",
        data={"sku": "PLUM"},
        headers={"Referer": "http://localhost/orchard/"},
    )
    assert old.status_code == 303


ELSEWHERE = [
    "//evil.example", "\\evil.example", "/\\evil.example", "https://evil.example",
    "/orchard/\\evil.example", "/orchard//evil.example", "javascript:alert(1)", "/other/",
    "/orchard/../../evil", "/orchard/\r\nX: y", " //evil.example", "",
]  # fmt: skip


@pytest.mark.parametrize("place", ELSEWHERE)
def test_case_48_a_redirect_never_leaves_the_store(client, place):
    answer = client.get("/orchard/language/en", query_string={"next": place})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/orchard/")
    good = client.get("/orchard/language/en", query_string={"next": "/orchard/cart"})
    assert good.headers["Location"] == "/orchard/cart"


def test_cookies_are_out_of_reach_of_scripts_and_of_other_hosts(client, goods, own):
    answer = client.post("/orchard/cart/lines", data={"sku": "PLUM"}, headers=own)
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]
    secure = client.post(
        "/orchard/cart/lines", data={"sku": "PLUM"}, base_url="https://localhost",
        headers=own | {"Origin": "https://localhost"},
    )  # fmt: skip
    cookie = secure.headers["Set-Cookie"]
    assert cookie.startswith("__Host-orchard-cart=")
    assert "Secure" in cookie
    assert "Path=/;" in cookie
    assert "Domain" not in cookie


def test_anothers_order_and_cart_are_not_there(shop, client):
    order = shop.up_to("placed")
    for path in (f"/orchard/orders/{order.number}", f"/orchard/orders/{order.number}?token=or_x"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert order.contact_phone not in answer.text
    client.set_cookie("orchard-cart", "f" * 32)
    assert client.get("/orchard/cart").status_code == 200


def test_a_token_that_is_over_leads_to_signing_in(client):
    client.set_cookie("orchard-customer", "cu_nothing")
    answer = client.get("/orchard/me")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/orchard/sign-in")
    assert "orchard-customer=;" in answer.headers["Set-Cookie"]


def test_pages_of_plugins_are_those_of_plugins_that_are_on(client):
    for path in ("nobody/page", "storefront/../x", "storefront/nothing", "group_buy/team"):
        assert client.get(f"/orchard/p/{path}").status_code == 404


def test_an_action_is_that_of_its_own_plugins_api(client, own):
    for path in ("/orders", "/admin/stock", "/storefront/../orders", "//evil"):
        form = {"path": path, "next": "/orchard/"}
        assert client.post("/orchard/p/storefront/do", data=form, headers=own).status_code == 404


def test_what_is_typed_into_options_is_what_the_schema_says(shop):
    class Plugin:
        from marshmallow import Schema, fields

        class LineOptions(Schema):
            from marshmallow import fields

            code, wanted = fields.String(), fields.Boolean()
            number = fields.Integer()

    form = {"options.x.code": "00123", "options.x.wanted": "on", "options.x.number": "7",
            "options.y.z": "1", "sku": "A", "options.x.": "1", "options.x.code2": ""}  # fmt: skip
    assert forms.options(form, {"x": Plugin}, "LineOptions") == {
        "x": {"code": "00123", "wanted": True, "number": 7}, "y": {"z": 1},
    }  # fmt: skip


def test_choosing_a_language_loses_neither_the_search_nor_the_orders_link(shop, client, goods, own):
    foot = re.compile(r'<a href="([^"]*/language/en[^"]*)"')
    body = {
        "lines": [{"sku": "PLUM", "quantity": 1}],
        "contact": {"name": "A", "phone": "13900000000"},
    }
    order = client.post(shop.url("/orders"), json=body, headers={"Idempotency-Key": "k" * 20}).json
    for address in (
        "/orchard/products?category=fruit&q=李子",
        f"/orchard/orders/{order['number']}?token={order['token']}",
    ):
        link = html.unescape(foot.search(client.get(address).text)[1])
        assert unquote(client.get(link).headers["Location"]) == address
    form, headers = (
        {"sku": "PLUM", "quantity": "many"},
        own | {"Referer": "http://localhost/orchard/products/plum"},
    )
    refused = client.post("/orchard/cart/lines", data=form, headers=headers)
    link = html.unescape(foot.search(refused.text)[1])
    assert client.get(link).headers["Location"] == "/orchard/products/plum"


def test_the_way_to_pay_that_was_chosen_stays(client, goods, own):
    """Through an update of the quote, and through a refusal; one that is not offered is none."""
    checked = re.compile(r'name="payment" id="[^"]*" value="([^"]*)" checked')
    client.post("/orchard/cart/lines", data={"sku": "PLUM"}, headers=own)
    form = {"name": "Ann", "phone": "13900000000", "payment": "manual:transfer"}
    page = client.get("/orchard/checkout").text
    assert checked.findall(page) == [""]
    kept = client.post("/orchard/checkout/update", data=form, headers=own)
    assert checked.findall(client.get(kept.headers["Location"]).text) == ["manual:transfer"]
    refused = client.post(
        "/orchard/checkout", data=form | {"total": "1", "key": "k" * 20}, headers=own
    )
    assert refused.status_code == 409
    assert checked.findall(refused.text) == ["manual:transfer"]
    assert checked.findall(client.get("/orchard/checkout?payment=x:y").text) == [""]


def test_case_93_a_checkout_sent_again_leads_to_the_order_that_was_placed(client, goods, own):
    """The answer was lost on the way; and later he went back in his browser."""
    client.post("/orchard/cart/lines", data={"sku": "PLUM"}, headers=own)
    page = client.get("/orchard/checkout").text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    form = hidden | {"name": "Ann", "phone": "13900000000", "payment": ""}
    cart = client.get_cookie("orchard-cart").value
    placed = client.post("/orchard/checkout", data=form, headers=own)
    assert placed.status_code == 303
    client.set_cookie("orchard-cart", cart)
    for _ in ("lost", "back"):
        again = client.post("/orchard/checkout", data=form, headers=own)
        assert (again.status_code, again.headers["Location"]) == (303, placed.headers["Location"])
    assert db.value("SELECT COUNT(*) FROM orders") == 1
    other = client.post("/orchard/checkout", data=form | {"key": "k" * 24}, headers=own)
    assert other.status_code == 404


def test_a_cancel_sent_again_is_the_same_cancel(client, shop, goods, own):
    body = {
        "lines": [{"sku": "PLUM", "quantity": 1}],
        "contact": {"name": "A", "phone": "13900000000"},
    }
    order = client.post(shop.url("/orders"), json=body, headers={"Idempotency-Key": "k" * 20}).json
    address = f"/orchard/orders/{order['number']}"
    token = {"token": order["token"]}
    page = client.get(address, query_string=token).text
    form = {"key": re.search(r'name="key" value="([^"]*)"', page)[1]}
    for _ in range(2):
        answer = client.post(f"{address}/cancel", query_string=token, data=form, headers=own)
        assert answer.status_code == 303


ODD = ["9" * 19, "9" * 5000, "+-5", "2.5", "-", "²", "x"]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_what_is_no_number_is_told_and_loses_nothing(client, goods, own, odd):
    """Whatever is typed where a number belongs, the API's refusal is shown, and the cart stays."""
    put = {"sku": "PLUM", "quantity": "２"}  # as a Chinese keyboard writes it
    assert client.post("/orchard/cart/lines", data=put, headers=own).status_code == 303
    line = re.search(r"/cart/lines/(\d+)", client.get("/orchard/cart").text)[1]
    contact = {"name": "Ann", "phone": "13900000000"}
    for path, form in {
        "/cart/lines": {"sku": "PLUM", "quantity": odd},
        f"/cart/lines/{line}": {"quantity": odd},
        "/checkout/update": contact | {"pickup": f"gate:{odd}"},
        "/checkout": contact | {"total": odd},
    }.items():
        answer = client.post(f"/orchard{path}", data=form, headers=own)
        assert 400 <= answer.status_code < 500, (path, answer.status_code)
        assert answer.mimetype == "text/html"
    assert 'value="2"' in client.get("/orchard/cart").text


def test_the_store_off_has_no_pages(shop):
    assert shop.client.get("/orchard/").status_code == 200
    assert Storefront.name in shop.ctx.plugins.names
    assert shop.client.get("/nowhere/").status_code == 404
    assert in_days(1)


def test_who_must_wait_for_another_code_may_type_one_that_came_before(client, own):
    form = {"phone": "13800138000"}
    for _ in range(5):
        assert client.post("/orchard/sign-in", data=form, headers=own).status_code == 200
    page = client.post("/orchard/sign-in", data=form, headers=own)
    assert page.status_code == 429
    assert re.search(r'name="phone"[^>]*value="13800138000"', page.text)
    assert 'name="code"' in page.text
