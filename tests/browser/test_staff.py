"""What a clerk and an owner do, in a real browser."""

import os
import re
from io import BytesIO

import pytest
from PIL import Image

from shop.testing.browser import DESK, another, visit
from tests.browser.conftest import EVERYWHERE


def sign_in(page, demo, name):
    page.goto("/orchard/console/")
    page.fill("#name", name)
    page.fill("#password", demo.keys["passwords"][name])
    page.click("main form button")
    page.wait_for_url(re.compile(r"/console/$"))


@pytest.mark.parametrize("size, locale", EVERYWHERE)
def test_a_clerk_hands_out_takes_the_money_and_takes_it_back(chromium, demo, size, locale):
    order = demo.order(quantity=2)
    with visit(chromium, demo.address, size=size, locale=locale) as page:
        sign_in(page, demo, "xiaoman")
        page.goto("/orchard/console/pickup")
        page.fill("#code", order["pickup"]["code"].lower())
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(order["pickup"]["code"], re.IGNORECASE))
        page.check("#paid")
        page.fill("input.units", "1")
        page.click("button[name=some]")
        page.locator(".notice.good").wait_for()
        page.click("button.big")
        page.locator(".state.completed").wait_for()
        page.click("details summary")
        page.fill("#reason", "wrong bag")
        page.click("details button")
        page.locator("button.big").wait_for()
        assert "console_" not in page.content()
    state = demo.owner("GET", f"/orders/{order['number']}")
    assert (state["state"], state["paid"]) == ("paid", state["total"])


@pytest.fixture
def screen(chromium, demo, tmp_path):
    """(an order, what a camera sees of the phone of who placed it) The phone is held at a slant, in a
    dim light."""
    order = demo.order()
    with visit(chromium, demo.address) as page:
        page.goto(f"/orchard/orders/{order['number']}?token={order['token']}")
        shown = Image.open(BytesIO(page.locator("main").screenshot())).convert("RGB")
    shown.thumbnail((700, 640))
    room = Image.new("RGB", (1280, 720), (90, 84, 80))
    room.paste(shown.rotate(7, expand=True, fillcolor=(90, 84, 80)), (380, 20))
    room.point(lambda light: light * 0.7).save(tmp_path / "seen.jpg", quality=85)
    return order, tmp_path / "seen.jpg"


def test_a_clerk_scans_with_the_camera(chromium, demo, screen):
    order, seen = screen
    film = seen.with_suffix(".mjpeg")
    film.write_bytes(seen.read_bytes() * 5)
    camera = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    with (
        another(chromium, camera) as filming,
        visit(filming, demo.address, permissions=["camera"]) as page,
    ):
        sign_in(page, demo, "xiaoman")
        page.goto("/orchard/console/pickup")
        page.click("[data-camera]")
        page.wait_for_url(re.compile(r"/pickup/\w+\."))
        page.locator(".ticket", has_text=order["number"]).wait_for()
        page.locator("button.big").wait_for()
        page.strayed[:] = [said for said in page.strayed if "422" not in said]  # a frame without


@pytest.mark.parametrize("scripts", [True, False])
def test_a_clerk_photographs_the_code_where_there_is_no_camera_or_script(
    chromium, demo, screen, tmp_path, scripts
):
    order, seen = screen
    Image.frombytes("RGB", (900, 700), os.urandom(900 * 700 * 3)).save(tmp_path / "blurred.png")
    with visit(chromium, demo.address, java_script_enabled=scripts) as page:
        sign_in(page, demo, "xiaoman")
        for photo in (tmp_path / "blurred.png", seen):
            page.goto("/orchard/console/pickup")
            page.set_input_files("#photo", photo)
            if not scripts:
                page.click("[data-scan] button")
            page.wait_for_url(re.compile(r"/pickup/(scan|\w+\.)"))
            if photo != seen:
                page.locator(".notice.bad").wait_for()
                page.strayed.clear()  # the browser says that the answer was 422
        page.locator(".ticket", has_text=order["number"]).wait_for()


def test_a_wrong_code_is_told(chromium, demo):
    with visit(chromium, demo.address) as page:
        sign_in(page, demo, "xiaoman")
        page.goto("/orchard/console/pickup/ZZZZZZZZ")
        page.locator(".notice.bad").wait_for()
        page.strayed.clear()  # the browser says that the answer was 404


@pytest.mark.parametrize("size, locale", EVERYWHERE)
def test_an_owner_starts_a_flash_sale_from_a_form_that_nobody_wrote(chromium, demo, size, locale):
    sku, name = "BROCCOLI-1", f"Evening {size} {locale}"
    with visit(chromium, demo.address, size=size, locale=locale) as page:
        sign_in(page, demo, "owner")
        page.goto("/orchard/console/data/flash_sale/sales/new")
        page.fill("#f-name", name)
        page.fill("#f-items-0-sku", sku)
        page.fill("#f-items-0-price", "2.50")
        page.fill("#f-items-0-quantity", "4")
        page.fill("#f-ends", "2030-01-01T20:00:00")
        page.click("main form button")
        page.wait_for_url(re.compile(r"/sales/\d+$"))
        page.locator("main", has_text=sku).wait_for()
    sales = demo.api("GET", "/flash-sale/sales")["items"]
    [mine] = [sale for sale in sales if sale["name"] == name]
    assert mine["items"][0] | {"title": ""} == {
        "sku": sku, "title": "", "price": 250, "compare_at": mine["items"][0]["compare_at"],
        "quantity": 4, "left": 4, "sold": 0,
    }  # fmt: skip
    with visit(chromium, demo.address, size=size, locale=locale) as page:
        page.goto("/orchard/")
        page.locator("main", has_text=name).wait_for()
        sign_in(page, demo, "owner")
        page.goto(f"/orchard/console/data/flash_sale/sales/{mine['id']}/do/end")
        page.click("main form button")
        page.wait_for_url(re.compile(r"/sales/\d+$"))


@pytest.mark.parametrize("size, locale", EVERYWHERE)
def test_an_owner_refunds_a_line_in_two_steps_and_sees_who_did_it(chromium, demo, size, locale):
    order = demo.order(quantity=3)
    demo.paid(order)
    with visit(chromium, demo.address, size=size, locale=locale) as page:
        sign_in(page, demo, "owner")
        page.goto(f"/orchard/console/orders?q={order['number']}")
        page.click(".rows a")
        page.fill("input[name^='units.']", "2")
        page.fill("#reason", "bruised")
        page.select_option("#restock", "write_off")
        page.click("form .filters button")
        page.wait_for_url(re.compile("refund"))
        page.locator("main", has_text="59.80").wait_for()
        page.click("button[name=sure]")
        page.wait_for_url(re.compile(rf"/orders/{order['number']}$"))
        page.fill("#text", "told her by phone")
        page.click("form[action$=note] button")
        page.locator(".timeline", has_text="told her by phone").wait_for()
        assert "owner" in page.locator(".timeline").inner_text()
    state = demo.owner("GET", f"/orders/{order['number']}")
    assert state["refunded"] == 5980
    assert state["lines"][0]["refunded"] == 2


def test_a_product_gets_a_price_a_picture_and_stock(chromium, demo, tmp_path):
    Image.new("RGB", (1600, 1200), "orange").save(tmp_path / "pie.png")
    with visit(chromium, demo.address, size=DESK) as page:
        sign_in(page, demo, "owner")
        page.goto("/orchard/console/goods/new")
        page.fill("#title", "柿饼")
        page.fill("#options", "包装")
        for n, (sku, value, price, stock) in enumerate(
            [("DRIED-PERSIMMON", "盒", "12.80", "7"), ("DRIED-PERSIMMON-BAG", "袋", "9.90", "3")]
        ):
            page.fill(f"input[name='variant.{n}.sku']", sku)
            page.fill(f"input[name='variant.{n}.options']", value)
            page.fill(f"input[name='variant.{n}.price']", price)
            page.fill(f"input[name='variant.{n}.stock']", stock)
        page.click("main form button")
        page.wait_for_url(re.compile(r"/goods/\d+$"))
        page.fill("input[name='variant.2.sku']", "DRIED-PERSIMMON-CASE")
        page.fill("input[name='variant.2.options']", "箱")
        page.fill("input[name='variant.2.price']", "88")
        page.click("main form button")
        page.locator("td", has_text="DRIED-PERSIMMON-CASE").wait_for()
        page.set_input_files("#file", tmp_path / "pie.png")
        page.click("form[action$=picture] button")
        assert page.locator(".pictures img").evaluate("i => i.decode().then(() => i.naturalWidth)")
        page.fill("#delta", "-2")
        page.fill("#why", "eaten")
        page.click("form[action$=stock] button")
        page.locator("#sku", has_text="(5)").wait_for()
    [found] = demo.api("GET", "/products?sku=DRIED-PERSIMMON")["items"]
    seen = [(v["title"], v["price"], v["available"]) for v in found["variants"]]
    assert seen == [("盒", 1280, 5), ("袋", 990, 3), ("箱", 8800, 0)]
    with visit(chromium, demo.address) as page:
        page.goto(f"/orchard/products/{found['handle']}")
        shown = page.locator(".pictures img")
        assert shown.evaluate("i => i.decode().then(() => i.currentSrc)").endswith(".webp")


def test_a_file_of_products_is_looked_at_before_it_is_taken(chromium, demo, tmp_path):
    file = tmp_path / "goods.csv"
    rows = "Handle,Title,Variant SKU,Variant Price\nplum,李子,PLUM-1,{}\n"
    with visit(chromium, demo.address, size=DESK) as page:
        sign_in(page, demo, "owner")
        page.goto("/orchard/console/goods/import")
        file.write_text(rows.format("cheap"), "utf-8")
        page.set_input_files("#file", file)
        page.click("form button.quiet")
        assert page.locator("table td").first.inner_text() == "2"
        page.strayed.clear()  # the browser says that the answer was 422
        file.write_text(rows.format("9.90"), "utf-8")
        page.set_input_files("#file", file)
        page.click("button[name=apply]")
        page.locator(".notice.good").wait_for()
    [found] = demo.api("GET", "/products?sku=PLUM-1")["items"]
    assert found["variants"][0]["price"] == 990


def test_every_figure_leads_to_its_rows(chromium, demo):
    demo.order()
    with visit(chromium, demo.address, size=DESK) as page:
        sign_in(page, demo, "owner")
        page.goto("/orchard/console/reports")
        for selector in (".tiles a", ".chart a"):
            page.locator(selector).last.click()
            page.wait_for_url(re.compile("/console/orders"))
            page.locator("main .rows li, main .empty").first.wait_for()
            page.go_back()


def test_a_clerk_sees_no_more_than_his_scopes(chromium, demo):
    with visit(chromium, demo.address) as page:
        sign_in(page, demo, "xiaoman")
        for path in ("reports", "goods", "plugins", "data/shop/customers"):
            page.goto(f"/orchard/console/{path}")
            page.locator(".notice.bad").wait_for()
            assert "+86" not in page.content()
        page.strayed.clear()  # the browser says that the answers were 403
