"""Every page, for everyone: axe finds nothing serious, nothing scrolls sideways, no page is heavy, and
its words are all there."""

import re

import httpx
import pytest

from shop import server
from shop.config import edit as configedit
from shop.testing.browser import accessible, visit
from tests.browser.conftest import EVERYWHERE
from tests.browser.test_customer import check_out, new_phone, signed_in
from tests.browser.test_staff import sign_in

SHOP = [
    "/", "/products", "/products?category=fruit", "/products?q=zzz", "/products/cherries",
    "/products/fuji-apple", "/products/shine-muscat", "/products/golden-durian", "/cart",
    "/sign-in", "/p/group_buy/teams?campaign=1", "/p/flash_sale/sale?id=1", "/p/points/history",
    "/p/referral_rebate/invite", "/p/referral_rebate/credit", "/products/nothing",
]  # fmt: skip
CONSOLE = [
    "/", "/orders", "/pickup", "/goods", "/goods/new", "/goods/1", "/goods/import", "/data",
    "/reports", "/plugins", "/account", "/data/shop/customers", "/data/shop/staff",
    "/data/shop/windows", "/data/shop/jobs", "/data/shop/audit", "/data/flash_sale/sales",
    "/data/flash_sale/sales/1", "/data/flash_sale/sales/new", "/data/flash_sale/sales/1/do/end",
    "/data/flash_sale/sales/1/do/report", "/data/group_buy/campaigns/1",
    "/data/group_buy/campaigns/new", "/data/points/report", "/data/trial_then_buy/offers/new",
    "/data/referral_rebate/rewards", "/data/webhooks/endpoints", "/data/storefront/visits",
]  # fmt: skip
HEAVY = 100_000
CODE = re.compile(r"\b(storefront|console|points_page|group_buy_page|flash_sale_page)_[a-z_]+\b")


def check(page):
    accessible(page)
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], f"{page.url} scrolls sideways: {wide}"
    said = CODE.findall(page.locator("body").inner_text())
    assert not said, f"{page.url}: without words: {said}"
    small = page.evaluate(
        """[...document.querySelectorAll('button, .button, input:not([type=hidden]), select')]
        .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
        .filter(([, r]) => r.width && (r.height < 22 || r.width < 22)).map(([html]) => html)"""
    )
    assert not small, f"{page.url}: too small for a thumb: {small}"


def test_what_is_not_for_everyone_is_found(chromium, demo):
    """The control of the tests below."""
    with visit(chromium, demo.address) as page:
        page.goto("/orchard/sign-in")
        accessible(page)
        page.evaluate("document.querySelector('label[for=phone]').remove()")
        with pytest.raises(AssertionError, match="label"):
            accessible(page)
        page.goto("/orchard/cart")
        page.evaluate("document.querySelector('.empty').style.color = '#ccc'")
        with pytest.raises(AssertionError, match="contrast"):
            accessible(page)
        page.strayed.clear()


@pytest.mark.slow
@pytest.mark.parametrize("size, locale", EVERYWHERE[:2])
def test_the_shop_is_for_everyone(chromium, demo, size, locale):
    with visit(chromium, demo.address, size=size, locale=locale) as page:
        for path in SHOP:
            page.goto(f"/orchard{path}")
            check(page)
        page.strayed.clear()  # the browser says that one was not found
        page.goto("/orchard/products/shine-muscat")
        page.locator("section.panel button[name=buy]").last.click()
        check(page)
        check_out(page)
        page.wait_for_url(re.compile("orders"))
        check(page)
        signed_in(page, demo, new_phone())
        page.goto("/orchard/me")
        check(page)
        page.click("form[action$=erase] button")
        check(page)


@pytest.mark.slow
@pytest.mark.parametrize("size, locale", EVERYWHERE[:2])
def test_the_console_is_for_everyone(chromium, demo, size, locale):
    order = demo.order()
    demo.paid(order)
    with visit(chromium, demo.address, size=size, locale=locale) as page:
        page.goto("/orchard/console/sign-in")
        check(page)
        sign_in(page, demo, "owner")
        more = [f"/orders/{order['number']}", f"/pickup/{order['pickup']['code']}"]
        for path in CONSOLE + more:
            answer = page.goto(f"/orchard/console{path}")
            assert answer.status == 200, path
            check(page)


def kind(path):
    """What an address is of, whichever it is of."""
    return re.sub(r"=[^&]*", "", re.sub(r"/[^/?]*\d[^/?]*", "/N", path.partition("#")[0]))


def crawl(page, start, inside, most=200):
    """Look at one page of each kind that links lead to."""
    todo, seen = list(start), set()
    while todo:
        path = todo.pop(0)
        if kind(path) in seen or re.search(
            r"\.(csv|xlsx|svg|png)|format=|/(export|sheet|language)", path
        ):
            continue
        seen.add(kind(path))
        assert len(seen) < most, "the pages never end"
        answer = page.goto(path)
        assert answer.status == 200, path
        check(page)
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        todo += [link for link in links if inside(link)]
    return seen


@pytest.mark.parametrize("size, locale", EVERYWHERE[2:])
def test_every_page_that_a_link_leads_to_is_for_everyone(chromium, demo, size, locale):
    """Of the shop as a customer, of the console as its owner."""
    demo.paid(demo.order())
    with visit(chromium, demo.address, size=size, locale=locale) as page:
        signed_in(page, demo, new_phone())
        start = ["/orchard/", "/orchard/me", "/orchard/p/referral_rebate/invite"]
        shop = crawl(page, start, lambda link: re.match(r"/orchard/(?!console|theme)", link))
        sign_in(page, demo, "owner")
        console = crawl(
            page, ["/orchard/console/"], lambda link: link.startswith("/orchard/console/")
        )
    assert len(shop) > 15
    assert len(console) > 80


def test_pages_are_light_and_carry_a_strict_policy(demo):
    with httpx.Client(base_url=demo.address, follow_redirects=True) as client:
        for path in SHOP:
            answer = client.get(f"/orchard{path}")
            files = re.findall(r'(?:href|src)="(/orchard/theme/[^"]+)"', answer.text)
            bytes_ = len(answer.content) + sum(len(client.get(file).content) for file in set(files))
            assert bytes_ < HEAVY, (path, bytes_)
            policy = answer.headers["Content-Security-Policy"]
            assert "unsafe" not in policy
            assert policy.startswith("default-src 'none'")
            assert not re.search(r"<(script|style)>|\sstyle=|\son\w+=", answer.text), path
            assert answer.headers["Referrer-Policy"] == "same-origin"


def test_the_other_theme_is_for_everyone_too(chromium, demo):
    """`plain`; the demo has `market`."""
    path = demo.folder / "shop.toml"
    text = path.read_text("utf-8")
    changed, _ = configedit.set_key(text, "stores.orchard.theme", "plain")
    path.write_text(changed, "utf-8")
    try:
        assert server.reload(server.running(demo.folder))
        with visit(chromium, demo.address) as page:
            for one in ("/", "/products/cherries", "/cart", "/sign-in"):
                page.goto(f"/orchard{one}")
                check(page)
    finally:
        path.write_text(text, "utf-8")
        server.reload(server.running(demo.folder))
