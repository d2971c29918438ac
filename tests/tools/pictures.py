"""Take the pictures of the docs anew: `python -m tests.tools.pictures`.

A real demo is filled with orders over HTTP; what its commands print and the sheet they write are
drawn by Chromium. The panel that `shop demo` prints holds tokens of that demo, which ends here.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import orjson
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.live import key
from tests.pages import DOCS, Demo

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WIDTH = 86
"""columns of the terminal"""
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
THEME = TerminalTheme(
    (27, 31, 38),
    (222, 226, 233),
    [(60, 66, 77), (240, 113, 120), (149, 201, 108), (242, 190, 92), (97, 175, 239),
     (199, 146, 234), (102, 204, 204), (222, 226, 233)],
)  # fmt: skip

PAGE = """
<!doctype html><meta charset="utf-8"><style>
  /* a Chinese character is as wide as two others */
  @font-face {{ font-family: wide; src: local("Noto Sans CJK SC"); size-adjust: 120.4%;
    unicode-range: U+3000-9FFF, U+FF00-FFEF }}
  * {{ margin: 0; box-sizing: border-box }}
  body {{ width: 1500px; height: 840px; position: relative; overflow: hidden; background: #eef1e4 }}
  .sheet {{ position: absolute; right: 44px; top: 44px; width: 560px; border-radius: 4px;
    box-shadow: 0 18px 50px rgba(40, 50, 30, .22) }}
  .terminal {{ position: absolute; left: 44px; top: 78px; width: 880px; border-radius: 12px;
    background: #1b1f26; box-shadow: 0 24px 60px rgba(20, 30, 20, .38); padding-bottom: 20px }}
  .bar {{ height: 38px; display: flex; align-items: center; gap: 8px; padding-left: 16px }}
  .bar i {{ width: 12px; height: 12px; border-radius: 6px; background: #f07178 }}
  .bar i + i {{ background: #f2be5c }} .bar i + i + i {{ background: #95c96c }}
  pre {{ padding: 4px 22px; color: #dee2e9; white-space: pre;
    font: 17px/20px wide, "DejaVu Sans Mono" }}
  pre b.prompt {{ color: #95c96c; font-weight: 700 }}
</style>
<img class="sheet" src="{sheet}">
<div class="terminal"><div class="bar"><i></i><i></i><i></i></div><pre>{terminal}</pre></div>
"""


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


def printed(demo: Demo, command: str) -> str:
    """What a command prints in a terminal of our width, colours and all."""
    env = demo.env | {
        "FORCE_COLOR": "1",
        "COLUMNS": f"{WIDTH}",
        "SHOP_CONFIG": "var/demo/shop.toml",
    }
    done = subprocess.run(
        command, shell=True, cwd=demo.folder, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout


def html(text: str) -> str:
    """Text with terminal colours as HTML."""
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w"))  # noqa: SIM115
    console.print(Text.from_ansi(text), soft_wrap=True)
    return console.export_html(theme=THEME, inline_styles=True, code_format="{code}")


def main() -> None:
    os.environ |= {"FORCE_COLOR": "1", "COLUMNS": f"{WIDTH}"}
    with tempfile.TemporaryDirectory() as folder, Demo(Path(folder), PORT) as demo:
        keys = orjson.loads((demo.folder / "var/demo/keys.json").read_bytes())
        window = order(f"{keys['url']}/api/v1/{keys['store']}", keys)
        started = "".join(
            line for line in demo.output().splitlines(True) if not line.startswith("{")
        )
        prompt = '<b class="prompt">$</b> '
        sheet = f"shop sheet --point {POINT} --window {window} evening.html"
        parts = [f"{prompt}make demo\n{html(started)}"]
        parts += [
            f"{prompt}{command}\n{html(printed(demo, command))}"
            for command in ("shop windows list --limit 4", sheet, "shop fsck")
        ]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--force-color-profile=srgb"]
            )
            page = browser.new_page(
                viewport={"width": 820, "height": 1200}, device_scale_factor=1.5
            )
            page.goto((demo.folder / "evening.html").as_uri())
            paper = page.locator("main")
            paper.screenshot(path=str(demo.folder / "sheet.png"))
            paper.screenshot(path=str(DOCS / "images" / "sheet.png"), scale="css")
            page = browser.new_page(viewport={"width": 1500, "height": 840})
            terminal = "\n".join(part.rstrip("\n") + "\n" for part in parts)
            scene = demo.folder / "scene.html"
            scene.write_text(PAGE.format(sheet="sheet.png", terminal=terminal), "utf-8")
            page.goto(scene.as_uri())
            page.screenshot(path=str(DOCS / "images" / "minishop.png"))
            browser.close()


if __name__ == "__main__":
    sys.exit(main())
