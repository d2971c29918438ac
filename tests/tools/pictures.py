"""Take the pictures of the docs anew: `python -m tests.tools.pictures`.

A real demo is filled with orders over HTTP; its pages and the sheet of an evening are drawn by
Chromium.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
import orjson
from playwright.sync_api import sync_playwright

from tests.live import key
from tests.pages import DOCS, Demo

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PORT = 8000
POINT = "east-gate"
ORDERS = [
    ("周明月", "0001", {"APPLE-FUJI-5": 1, "MILK-950": 2, "EGG-10": 1}, "苹果要脆的"),
    ("许知夏", "0002", {"CHERRY-JJ-1": 1, "TOMATO-500": 2}, ""),
    ("何大川", "0003", {"PORK-BELLY-500": 1, "BOKCHOY-500": 2, "SHIITAKE-250": 1}, ""),
    ("林秋实", "4826", {"KIWI-RED-6": 2, "YOGURT-6": 1}, ""),
    ("陈小禾", "7130", {"GRAPE-MUSCAT-1": 1, "CARROT-500": 2}, "晚一点来"),
    ("沈青", "3355", {"BANANA-500": 2, "MILK-250": 6, "BUN-6": 1}, ""),
    ("Anna Keller", "9962", {"AVOCADO-2": 2, "BLUEBERRY-125": 3}, ""),
    ("白露", "1207", {"MANDARIN-3": 1, "HONEY-DATE-500": 1}, ""),
]


def order(base: str, keys: dict[str, str]) -> int:
    """Place and partly pay the orders of an evening; the id of its window."""
    owner = {"Authorization": f"Bearer {keys['owner_token']}"}
    with httpx.Client(base_url=base) as client:
        points = client.get("/pickup-points").json()["items"]
        windows = next(point for point in points if point["code"] == POINT)["windows"]
        window = max(windows[:2], key=lambda found: found["left"])["id"]
        for place, (name, phone, goods, note) in enumerate(ORDERS):
            body = {
                "lines": [{"sku": sku, "quantity": units} for sku, units in goods.items()],
                "contact": {"name": name, "phone": f"+861300000{phone}"},
                "pickup": {"point": POINT, "window": window},
                "note": note,
            }
            made = client.post("/orders", json=body, headers=key()).raise_for_status().json()
            if place % 3:
                url = f"/admin/orders/{made['number']}/payments"
                paid = client.post(url, json={"amount": made["total"]}, headers=owner | key())
                paid.raise_for_status()
    return int(window)


def pages(browser: Any, demo: Demo, keys: dict[str, Any]) -> None:
    """What a customer sees, what a clerk and an owner work with, on a phone and in English."""
    options = {
        "viewport": {"width": 390, "height": 780},
        "locale": "en-US",
        "device_scale_factor": 2,
    }
    page = browser.new_page(**options)
    shop, console = keys["pages"] if "console" in keys["pages"][1] else keys["pages"][::-1]

    def take(name: str, address: str, top: str = "") -> None:
        page.goto(address, wait_until="networkidle")
        if top:
            page.locator(top).evaluate("e => scrollTo(0, e.offsetTop - 70)")
        page.screenshot(path=str(DOCS / "images" / f"{name}.png"), scale="css")

    take("home", shop)
    page.goto(f"{shop}products/banana")
    page.click("button[name=buy]")
    page.fill("#name", "Anna Keller")
    page.fill("#phone", "13000009962")
    page.click("form.checkout .act button")
    page.wait_for_url("**/orders/**")
    take("order", page.url)
    code = page.locator(".ticket .code").inner_text()
    page.goto(console)
    page.fill("#name", "owner")
    page.fill("#password", keys["passwords"]["owner"])
    page.click("main form button")
    page.wait_for_url(console)
    take("pickup", f"{console}pickup/{code}")
    take("reports", f"{console}reports", "#goods")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Demo(Path(folder), PORT) as demo:
        keys = orjson.loads((demo.folder / "var/demo/keys.json").read_bytes())
        window = order(f"{keys['url']}/api/v1/{keys['store']}", keys)
        command = f"shop sheet --point {POINT} --window {window} evening.html"
        env = demo.env | {"SHOP_CONFIG": "var/demo/shop.toml"}
        subprocess.run(command, shell=True, cwd=demo.folder, env=env, check=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--force-color-profile=srgb"]
            )
            page = browser.new_page(
                viewport={"width": 820, "height": 1200}, device_scale_factor=1.5
            )
            page.goto((demo.folder / "evening.html").as_uri())
            page.locator("main").screenshot(path=str(DOCS / "images" / "sheet.png"), scale="css")
            pages(browser, demo, keys)
            browser.close()


if __name__ == "__main__":
    sys.exit(main())
