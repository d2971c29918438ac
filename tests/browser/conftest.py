"""The demo, served as `make demo` serves it, with every bundled plugin on: what the pages show."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from shop import config
from shop.instance import Instance
from shop.testing.browser import DESK, PHONE
from tests.tools.waiting import PATIENCE

ROOT = Path(__file__).parent.parent.parent
EVERYWHERE = [
    pytest.param(PHONE, "zh-CN", id="phone-zh"),
    pytest.param(DESK, "en-US", id="desk-en", marks=pytest.mark.slow),
    pytest.param(PHONE, "en-US", id="phone-en", marks=pytest.mark.slow),
    pytest.param(DESK, "zh-CN", id="desk-zh", marks=pytest.mark.slow),
]
"""(size, locale): one of them in `make test`, all in `make drill`"""


class Demo:
    """`address`, `owner` and `clerk` (an API client each), `keys` of the demo."""

    def __init__(self, folder):
        self.folder = folder / "demo"
        self.log = (folder / "log").open("w+b")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shop.cli", "demo", "--dir", self.folder, "--port", str(port)],
            stdout=self.log, stderr=self.log, cwd=ROOT, start_new_session=True,
        )  # fmt: skip
        self.wait(lambda: "ready: http" in self.said())
        self.keys = json.loads((self.folder / "keys.json").read_text("utf-8"))

    def said(self):
        return Path(self.log.name).read_text("utf-8", "replace")

    def wait(self, true, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while not (found := true()):
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()[-3000:]
            time.sleep(0.1)
        return found

    def api(self, verb, path, token="", **body):
        headers = {"Idempotency-Key": secrets.token_hex(16)}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = f"{self.address}/api/v1/orchard{path}"
        given = {"json": body} if body else {}
        answer = httpx.request(verb, url, headers=headers, timeout=PATIENCE, **given)
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def owner(self, verb, path, **body):
        return self.api(verb, f"/admin{path}", self.keys["owner_token"], **body)

    def order(self, sku="APPLE-FUJI-5", quantity=1, name="何大川", **more):
        """An order of somebody new, by the API, with its token."""
        phone = f"+86138{secrets.randbelow(10**8):08}"
        body = {
            "lines": [{"sku": sku, "quantity": quantity}],
            "contact": {"name": name, "phone": phone},
            "pickup": {"point": "east-gate"} | self.window(),
        }  # fmt: skip
        return self.api("POST", "/orders", **body | more)

    def window(self):
        [point] = [
            p for p in self.api("GET", "/pickup-points")["items"] if p["code"] == "east-gate"
        ]
        return {"window": point["windows"][-1]["id"]}

    def paid(self, order):
        amount = self.owner("GET", f"/orders/{order['number']}")["balance"]
        self.owner("POST", f"/orders/{order['number']}/payments", provider="manual",
                   method="transfer", amount=amount)  # fmt: skip

    def code_of(self, phone):
        """The code that was last sent to a phone."""
        pattern = rf"login_code to \{phone}: [^\n]*?(\d{{6}})\D"
        return self.wait(lambda: re.findall(pattern, self.said()))[-1]

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(PATIENCE)
        self.log.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    made = Demo(tmp_path_factory.mktemp("demo"))
    if not {"storefront", "console"} <= set(made.keys["plugins"]):
        made.stop()
        pytest.skip("storefront and console are not both here")
    yield made
    made.stop()


@pytest.fixture
def inside(demo):
    """`inside(work)`: do `work(ctx)` in the demo's own database."""

    def run(work):
        instance = Instance(config.load(demo.folder / "shop.toml"))
        try:
            return work(instance.context("orchard"))
        finally:
            instance.close()

    return run
