"""A real browser for tests of pages: Chromium by Playwright, which asks nothing of the world.

    def test_the_shop_opens(chromium, served):
        with visit(chromium, served.address, width=390, locale="zh-CN") as page:
            page.goto("/orchard/")

Where no Chromium is installed, such a test is skipped and says so.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESK = (390, 844), (1280, 800)
SERIOUS = ("serious", "critical")


def _path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser, for all tests of a process."""
    path = _path()
    if path is None:
        pytest.skip("no Chromium is installed: `apt-get install chromium`")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def another(browser: Any, flags: list[str]) -> Iterator[Any]:
    """A browser beside it that was started with more flags: with a camera, say."""
    started = browser.browser_type.launch(executable_path=_path(), args=[*FLAGS, *flags])
    try:
        yield started
    finally:
        started.close()


class Strayed(AssertionError):
    """A page asked another host for something, or its policy refused what it did."""


@contextmanager
def visit(
    browser: Any, address: str, *, size: tuple[int, int] = PHONE, locale: str = "zh-CN",
    **options: Any,
) -> Iterator[Any]:  # fmt: skip
    """A page of a visitor who was never here. What it asks of other hosts, and what its own policy
    refuses, fails the test in the end."""
    wide, high = size
    context = browser.new_context(
        base_url=address, locale=locale, viewport={"width": wide, "height": high}, **options
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    strayed: list[str] = []

    def seen(request: Any) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            strayed.append(request.url)

    def told(message: Any) -> None:
        if "Content Security Policy" in message.text or message.type == "error":
            strayed.append(message.text)

    page.on("request", seen)
    page.on("console", told)
    page.on("pageerror", lambda error: strayed.append(str(error)))
    page.strayed = strayed
    try:
        yield page
    finally:
        context.close()
    if strayed:
        raise Strayed(strayed)


def accessible(page: Any) -> None:
    """axe finds nothing serious on the page as it is, by WCAG 2.2 A and AA."""
    from axe_playwright_python.sync_playwright import Axe

    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    said = [
        f"{one['id']}: {one['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for one in found.response["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]
    assert not said, f"{page.url}\n" + "\n".join(said)
