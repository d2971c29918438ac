"""The console by HTTP: who gets in, what another site cannot do, what a form becomes."""

import html
import io
import re

import pytest

from shop.catalog import products, remote_pictures
from shop.people import accounts, staff
from shop_plugins.console.fields import Field, from_form
from shop_plugins.console.prose import html_of, text_of

OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def enabled():
    return {"console": {}}


@pytest.fixture
def owner(shop):
    """A client that has signed in by the page."""
    person = staff.create(shop.ctx, "anna", "owner", [])
    staff.set_password(shop.ctx, person["id"], "correct-horse-battery-9")
    client = shop.client
    form = {
        "name": "anna",
        "password": "correct-horse-battery-9",
        "next": "/orchard/console/orders",
    }
    answer = client.post("/orchard/console/sign-in", data=form, headers=OWN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/orchard/console/orders")
    token, device = answer.headers.getlist("Set-Cookie")
    assert "HttpOnly" in token
    assert "Max-Age=43200" in token
    assert device.startswith("orchard-console-device=")
    assert "HttpOnly" in device
    return client


def test_a_browser_where_somebody_signed_in_is_known_after_wrong_passwords_elsewhere(shop, owner):
    form = {"name": "anna", "password": "x"}
    stranger = shop.client
    codes = [
        stranger.post("/orchard/console/sign-in", data=form, headers=OWN).status_code
        for _ in range(11)
    ]
    assert codes == [401] * 10 + [429]
    form["password"] = "correct-horse-battery-9"
    assert owner.post("/orchard/console/sign-in", data=form, headers=OWN).status_code == 303


def test_who_is_not_signed_in_is_asked_to_and_comes_back(client):
    answer = client.get("/orchard/console/orders?state=paid")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/orchard/console/sign-in?next=/orchard/console/")


def test_a_wrong_password_lets_nobody_in(client):
    form = {"name": "anna", "password": "x"}
    answer = client.post("/orchard/console/sign-in", data=form, headers=OWN)
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


def test_case_47_no_form_of_the_console_is_sent_by_another_site(shop, owner):
    for rule in shop.app.url_map.iter_rules():
        if rule.endpoint.startswith("console_pages.") and "POST" in rule.methods:
            path = re.sub(r"<int:\w+>", "1", rule.rule.replace("<string:store>", "orchard"))
            path = re.sub(r"<[^>]+>", "x", path)
            for headers in (
                {},
                {"Origin": "https://evil.example"},
                {"Sec-Fetch-Site": "same-site"},
            ):
                assert owner.post(path, headers=headers).status_code == 403, path


def test_case_48_signing_in_leads_nowhere_else(shop, owner):
    form = {"name": "anna", "password": "correct-horse-battery-9", "next": "//evil.example"}
    answer = owner.post("/orchard/console/sign-in", data=form, headers=OWN)
    assert answer.headers["Location"] == "/orchard/console/"


def test_the_language_is_chosen_in_the_console_itself(owner):
    """Though no storefront is on; the filters of a list stay."""
    page = owner.get("/orchard/console/orders?state=paid&q=1").text
    link = html.unescape(re.search(r'<a href="([^"]*/language/en[^"]*)"', page)[1])
    answer = owner.get(link)
    assert answer.headers["Location"] == "/orchard/console/orders?state=paid&q=1"
    assert 'lang="en"' in owner.get(answer.headers["Location"]).text[:100]


def test_signing_out_ends_the_token(shop, owner):
    token = owner.get_cookie("orchard-console").value
    assert owner.get("/orchard/console/").status_code == 200
    owner.post("/orchard/console/sign-out", headers=OWN)
    headers = {"Authorization": f"Bearer {token}"}
    assert shop.client.get(shop.url("/admin/me"), headers=headers).status_code == 401


def test_what_a_customer_writes_is_never_markup(shop, owner):
    order = shop.up_to("placed", note="<script>alert(1)</script>")
    page = owner.get(f"/orchard/console/orders/{order.number}").text
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_a_cancel_sent_again_is_the_same_cancel(shop, owner):
    address = f"/orchard/console/orders/{shop.up_to('placed').number}"
    key = re.search(
        r'/cancel"><input type="hidden" name="key" value="([^"]*)"', owner.get(address).text
    )
    form = {"reason": "sold out", "key": key[1]}
    for _ in range(2):
        assert owner.post(f"{address}/cancel", data=form, headers=OWN).status_code == 303


def test_lists_are_given_as_files_in_which_nothing_is_a_formula(shop, owner):
    accounts.find_or_make(shop.ctx, "+8613000000077", "=1+1")
    csv = owner.get("/orchard/console/data/shop/customers?format=csv")
    assert csv.mimetype == "text/csv"
    assert "\n=1+1" not in csv.text.replace(",", "\n")
    book = owner.get("/orchard/console/data/shop/customers?format=xlsx")
    assert book.data.startswith(b"PK")


def test_an_import_says_which_pictures_could_not_be_fetched_and_tries_them_again(shop, owner):
    lines = "Handle,Title,Variant SKU,Variant Price,Image Src\na,A,A,1,http://127.0.0.1:9/a.png\n"
    form = {"file": (io.BytesIO(lines.encode()), "a.csv"), "apply": "1", "suffix_skus": "1"}
    assert owner.post("/orchard/console/goods/import", data=form, headers=OWN).status_code == 200
    shop.run_jobs()
    assert "http://127.0.0.1:9/a.png" in owner.get("/orchard/console/goods/import").text
    answer = owner.post("/orchard/console/goods/import/pictures", headers=OWN)
    assert answer.headers["Location"] == "/orchard/console/goods/import"
    assert remote_pictures.counts(shop.ctx)["waiting"] == 1


def test_what_is_not_there_is_not_there(owner):
    for path in ("data/shop/nothing", "data/x/y", "data/shop/staff/x/do/y", "static/../pages.py"):
        assert owner.get(f"/orchard/console/{path}").status_code == 404, path


def test_what_was_typed_of_a_product_is_not_lost_when_it_is_refused(shop, owner):
    variant = {"sku": "PEAR-1", "price": 990, "stock": 5}
    product = products.create(
        shop.ctx, {"title": "Pear", "description": "<p>Sweet.</p>", "variants": [variant]}
    )
    page = owner.get(f"/orchard/console/goods/{product}").text
    assert ">Sweet.</textarea>" in page
    form = {
        "match": '"1-1"', "title": "Pear of the hill", "description": "Sweet & ripe.\n\nToday.",
        "status": "published", "variant.0.sku": "PEAR-1", "variant.0.price": "nine",
    }  # fmt: skip
    answer = owner.post(f"/orchard/console/goods/{product}", data=form, headers=OWN)
    assert answer.status_code == 422
    assert 'value="Pear of the hill"' in answer.text
    assert "Sweet &amp; ripe.\n\nToday.</textarea>" in answer.text
    assert 'value="nine"' in answer.text
    answer = owner.post(
        f"/orchard/console/goods/{product}", data=form | {"variant.0.price": "9"}, headers=OWN
    )
    assert answer.status_code == 303
    kept = shop.client.get(shop.url("/products/pear")).json
    assert kept["description"] == "<p>Sweet &amp; ripe.</p><p>Today.</p>"
    assert kept["variants"][0]["price"] == 900


@pytest.mark.parametrize(
    "html, text",
    [
        ("<p>Sweet &amp; ripe.</p><p>From the hill,<br>today.</p>", "Sweet & ripe.\n\nFrom the hill,\ntoday."),
        ("<p>1 &lt; 2</p>", "1 < 2"),
        ("<p>With <b>more</b></p>", "<p>With <b>more</b></p>"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_description_is_typed_as_text_and_comes_back_as_it_was(html, text):
    assert text_of(html) == text
    assert html_of(text) == html


# -- forms -------------------------------------------------------------------------------------

FIELDS = [
    Field("name", "Name", required=True),
    Field("price", "Price", kind="money", unit="money"),
    Field("limit", "Limit", kind="number", nullable=True),
    Field("on", "On", kind="flag"),
    Field("starts", "Starts", kind="time"),
    Field("tags", "Tags", kind="many"),
    Field(
        "items", "Items", kind="rows", inner=[Field("sku", "SKU"), Field("n", "N", kind="number")]
    ),
    Field("translations", "Words", kind="words", inner=[Field("name", "Name")]),
    Field("terms", "Terms", kind="group", inner=[Field("days", "Days", kind="number")]),
]


def test_a_form_becomes_the_document_that_the_api_wants(shop):
    form = {
        "name": "Evening", "price": "2.50", "limit": "", "on": "yes",
        "starts": "2026-05-01T20:00:00", "tags": "a, b，c", "items.0.sku": "A", "items.0.n": "2",
        "items.1.sku": "", "items.1.n": "", "items.2.sku": "B", "items.2.n": "x",
        "translations.en.name": "Evening", "translations.zh_Hans.name": "", "terms.days": "3",
        "other": "y",
    }  # fmt: skip
    assert from_form(shop.ctx, form, FIELDS) == {
        "name": "Evening", "price": 250, "on": True, "starts": "2026-05-01T12:00:00Z",
        "tags": ["a", "b", "c"], "items": [{"sku": "A", "n": 2}, {"sku": "B", "n": "x"}],
        "translations": {"en": {"name": "Evening"}}, "terms": {"days": 3},
    }  # fmt: skip


def test_only_what_was_changed_is_sent(shop):
    before = {
        "name": "Evening", "price": 250, "limit": 5, "on": True,
        "starts": "2026-05-01T12:00:00.123456Z", "tags": ["a"], "items": [{"sku": "A", "n": 2}],
        "translations": {}, "terms": {"days": 3},
    }  # fmt: skip
    form = {
        "name": "Evening", "price": "2.50", "limit": "", "on": "no",
        "starts": "2026-05-01T20:00:00", "tags": "a", "items.0.sku": "A", "items.0.n": "2",
        "terms.days": "3",
    }  # fmt: skip
    assert from_form(shop.ctx, form, FIELDS, before) == {"limit": None, "on": False}


ODD = ["9" * 19, "9" * 5000, "+-5", "2.555", "-", "²", "x", "[" * 5000, '"\\ud800"']


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_what_is_no_number_is_told_and_nothing_fails(shop, owner, odd):
    """Whatever is typed where a number belongs, the API's refusal is shown."""
    variant = {"sku": "PEAR-1", "price": 990, "stock": 5}
    product = products.create(shop.ctx, {"title": "Pear", "variants": [variant]})
    order = shop.up_to("paid")
    line = order.lines[0].id
    for path, form in {
        f"goods/{product}": {
            "match": '"1-1"',
            "title": "P",
            "variant.0.sku": "PEAR-1",
            "variant.0.price": odd,
        },
        "goods/new": {
            "title": "P",
            "variant.0.sku": "N",
            "variant.0.price": "1",
            "variant.0.stock": odd,
        },
        f"goods/{product}/stock": {"sku": "PEAR-1", "delta": odd, "reason": "found", "key": "k"},
        f"orders/{order.number}/refund": {f"units.{line}": odd, "reason": "bad"},
        "data/flash-sale/sales/new": {
            "name": "Rush",
            "items.0.sku": "PEAR-1",
            "items.0.price": odd,
        },
    }.items():
        answer = owner.post(f"/orchard/console/{path}", data=form, headers=OWN)
        assert 400 <= answer.status_code < 500, (path, answer.status_code)
        assert answer.mimetype == "text/html"


def test_what_bundled_settings_mean_is_said_in_chinese(owner):
    """Of every plugin that came along, on or off; one of others shows its own words."""
    page = owner.get("/orchard/console/plugins", headers={"Accept-Language": "zh-CN"}).text
    meanings = re.findall(r'<span class="hint">([^<]+)</span><pre>', page)
    assert len(meanings) >= 2
    assert [said for said in meanings if not re.search("[一-鿿]", said)] == []
    assert "均已执行" in page
