"""What a customer does, in a real browser: at a phone's width and at a desk's, in both languages."""

import re
import secrets

import pytest

from shop.testing.browser import visit
from tests.browser.conftest import EVERYWHERE


def new_phone():
    return f"138{secrets.randbelow(10**8):08}"


class Taps:
    """Counts what a thumb does: a tap on a link or button, and into a field to type in it."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def tap(self, selector):
        self.count += 1
        self.page.locator(selector).first.click()

    def type(self, selector, text):
        self.count += 1
        self.page.locator(selector).fill(text)


def check_out(page, name="李雷", phone=None):
    page.fill("#name", name)
    page.fill("#phone", phone or new_phone())
    page.click("form.checkout .act button")


def sees_the_code(page):
    page.wait_for_url(re.compile(r"/orders/\d+"))
    qr = page.locator("img.qr")
    assert qr.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    return page.locator(".ticket .code").inner_text()


@pytest.mark.parametrize("size, locale", EVERYWHERE)
def test_a_newcomer_buys_from_the_home_page_to_the_qr_in_under_ten_taps(
    chromium, demo, size, locale
):
    with visit(chromium, demo.address, size=size, locale=locale) as page:
        page.goto("/")
        taps = Taps(page)
        taps.tap("a[href$='/products/banana']")
        taps.tap("button[name=buy]")
        taps.type("#name", "李雷")
        taps.type("#phone", new_phone())
        taps.tap("form.checkout .act button")
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{8}", sees_the_code(page))
        assert taps.count < 10
        assert page.locator("html").get_attribute("lang") == (
            "zh-Hans" if locale == "zh-CN" else "en"
        )
        assert "storefront_" not in page.content()


def test_the_cart_is_filled_changed_and_emptied(chromium, demo):
    with visit(chromium, demo.address) as page:
        page.goto("/orchard/products/banana")
        page.click(".plus")
        page.click("button[name=add]")
        page.locator(".sums .total", has_text="¥9.00").wait_for()
        assert page.locator(".lines li input[type=number]").input_value() == "2"
        page.fill(".lines input[type=number]", "5")
        page.click("button[name=set]")
        page.locator(".sums .total", has_text="¥22.50").wait_for()
        page.click("button[name=remove]")
        page.locator(".empty").wait_for()


@pytest.mark.parametrize("size, locale", EVERYWHERE)
def test_a_team_is_joined_by_a_shared_link(chromium, demo, size, locale):
    opened = {"sku": "APPLE-FUJI-3", "quantity": 1, "options": {"group_buy": {"open": 1}}}
    demo.paid(demo.order(lines=[opened]))
    team = demo.api("GET", "/group-buy/teams")["items"][0]
    with visit(chromium, demo.address, size=size, locale=locale) as page:
        page.goto(f"/orchard/p/group_buy/team?code={team['code']}&from=groupmessage")
        page.click("form button[name=buy]")
        latest = page.locator("#pickup option").last.get_attribute("value")
        page.select_option("#pickup", latest)  # one that is open until the team has to be complete
        check_out(page)
        sees_the_code(page)
        page.locator("#team").wait_for()
        assert team["code"] in page.locator("section[aria-labelledby=team] a").get_attribute("href")
        page.click("section[aria-labelledby=pay] button")
        page.wait_for_url(re.compile(r"/pay"))
        page.locator(".notice.good").wait_for()


def signed_in(page, demo, phone):
    page.goto("/orchard/sign-in?next=/orchard/products/northeast-rice")
    page.fill("#phone", phone)
    page.click("main form button")
    page.fill("#code", demo.code_of(f"+86{phone}"))
    page.click("main form button")
    page.wait_for_url(re.compile("northeast-rice"))


@pytest.mark.parametrize("size, locale", EVERYWHERE)
def test_points_and_credit_are_used_and_explained(chromium, demo, inside, size, locale):
    from shop.ledger import ledger
    from shop.people import accounts

    phone = new_phone()

    def give(ctx):
        from shop import db

        with db.transaction():
            customer, _ = accounts.find_or_make(ctx, f"+86{phone}", "许知夏")
            ledger.grant(
                ctx, "credit", customer, 500, f"referral_rebate:gift:{phone}", "referral_rebate"
            )
        return customer

    customer = inside(give)
    demo.owner("POST", f"/points/customers/{customer}/grant", points=300, reason="festival")
    with visit(chromium, demo.address, size=size, locale=locale) as page:
        signed_in(page, demo, phone)
        page.click("button[name=buy]")
        page.click("#points")
        page.locator(".summary .sums", has_text=re.compile(r"-(CN)?¥3\.00")).wait_for()
        page.click("#credit")
        page.locator(".summary .sums", has_text=re.compile(r"-(CN)?¥5\.00")).wait_for()
        page.locator(".summary .total", has_text="¥17.90").wait_for()
        page.fill("#name", "许知夏")
        page.click("form.checkout .act button")
        sees_the_code(page)
        page.goto("/orchard/p/points/history")
        page.locator(".lines", has_text="-300").wait_for()
        page.goto("/orchard/p/referral_rebate/credit")
        page.locator("main", has_text="¥5.00").wait_for()
        page.goto("/orchard/p/referral_rebate/invite")
        assert page.locator(".ticket .code").inner_text()
        page.locator(".ticket svg.qr").wait_for()
        page.goto("/orchard/me")
        assert page.locator(".rows li").count() == 1
        page.click("form[action$=sign-out] button")
        page.goto("/orchard/me")
        assert "/sign-in" in page.url


def test_a_friends_link_is_remembered_until_the_checkout(chromium, demo):
    with visit(chromium, demo.address) as page:
        page.goto("/orchard/invited/referral_rebate/code/ABCD2345")
        assert page.url.endswith("/orchard/")
        page.goto("/orchard/products/banana")
        page.click("button[name=buy]")
        assert page.locator("#referral").input_value() == "ABCD2345"


@pytest.mark.parametrize("size, locale", EVERYWHERE)
def test_it_all_works_by_the_keyboard(chromium, demo, size, locale):
    def to(page, selector, most=60):
        for _ in range(most):
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"the Tab key never came to {selector}")

    with visit(chromium, demo.address, size=size, locale=locale) as page:
        page.goto("/orchard/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        to(page, "a[href$='/products/banana']")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("banana"))
        to(page, "button[name=buy]")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("checkout"))
        to(page, "#name")
        page.keyboard.type("Mei")
        to(page, "#phone")
        page.keyboard.type(new_phone())
        to(page, "form.checkout button.wide")
        page.keyboard.press("Enter")
        sees_the_code(page)


@pytest.mark.parametrize("size, locale", EVERYWHERE)
def test_it_all_works_without_javascript(chromium, demo, size, locale):
    with visit(chromium, demo.address, size=size, locale=locale, java_script_enabled=False) as page:
        page.goto("/orchard/products?q=香蕉")
        page.click("a[href$='/products/banana']")
        page.click("button[name=add]")
        page.click("a[href$='/checkout']")
        check_out(page)
        page.locator("img.qr").wait_for()
        page.click("details.cancel summary")
        page.click("details.cancel button")
        assert page.locator(".ticket").count() == 0


@pytest.mark.parametrize("size, locale", EVERYWHERE)
def test_a_slow_network_shows_words_before_pictures_and_orders_once(chromium, demo, size, locale):
    with visit(chromium, demo.address, size=size, locale=locale) as page:
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000,
                "uploadThroughput": 20_000}  # fmt: skip
        wire.send("Network.emulateNetworkConditions", slow)
        page.goto("/orchard/products/banana", wait_until="domcontentloaded")
        page.locator("button[name=buy]").wait_for()
        page.click("button[name=buy]")
        phone = new_phone()
        page.fill("#name", "Mei")
        page.fill("#phone", phone)
        page.locator("form.checkout .act button").dblclick()
        sees_the_code(page)
    found = demo.owner("GET", f"/orders?q={phone}")["items"]
    assert len(found) == 1


def test_the_language_is_chosen_at_the_foot_and_stays(chromium, demo):
    with visit(chromium, demo.address) as page:
        page.goto("/orchard/products/banana")
        page.click(".languages a[lang=en]")
        assert page.url.endswith("/orchard/products/banana")
        assert page.locator("h1").inner_text() == "Bananas"
        page.goto("/orchard/cart")
        assert page.locator("h1").inner_text() == "Cart"


def test_a_visit_is_counted_once_a_day(chromium, demo):
    def visits():
        return demo.owner("GET", "/storefront/visits")["visits"]

    before = visits()
    with visit(chromium, demo.address) as page:
        for path in ("/orchard/", "/orchard/products", "/orchard/cart"):
            page.goto(path, wait_until="networkidle")
    assert visits() == before + 1
