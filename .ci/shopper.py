"""What the walks through a running demo share: calls over HTTP with nothing but Python."""

import json
import re
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path


class Shopper:
    """A demo by its keys.json. Any answer that is not expected ends the walk with what the shop said."""

    def __init__(self, keys):
        self.keys = json.loads(Path(keys).read_text("utf-8"))
        self.owner, self.clerk = self.keys["owner_token"], self.keys["clerk_token"]
        self.base = f"{self.keys['url']}/api/v1/{self.keys['store']}"

    def call(self, method, path, body=None, token="", expect=None, **query):
        url = self.base + urllib.parse.quote(path)
        url += "?" + urllib.parse.urlencode(query) if query else ""
        headers = {"Accept-Language": "zh-CN"}
        if method == "POST":
            headers["Idempotency-Key"] = secrets.token_hex(16)
        if body is not None:
            headers["Content-Type"] = "application/json"
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = error.read().decode()
            if expect is not None and json.loads(said).get("code") == expect:
                return json.loads(said)
            sys.exit(f"{method} {path}: {error.code} {said}")

    def get(self, path, token="", **query):
        return self.call("GET", path, token=token, **query)

    def post(self, path, body=None, token="", expect=None):
        return self.call("POST", path, body or {}, token, expect)

    def order(self, sku, phone="", quantity=1, token="", expect=None, line=None, **options):
        """Order for the east gate; `line` are options of its line, `options` those of the order."""
        point = next(p for p in self.get("/pickup-points")["items"] if p["code"] == "east-gate")
        body = {
            "lines": [{"sku": sku, "quantity": quantity, "options": line or {}}],
            "options": options,
            "pickup": {"point": point["code"], "window": point["windows"][-1]["id"]},
        }
        body["contact"] = {"name": "王小明"} | ({"phone": phone} if phone else {})
        return self.post("/orders", body, token, expect)

    def paid(self, order, method="transfer"):
        """The owner has received what is owed."""
        body = {"provider": "manual", "method": method, "amount": self.seen(order)["balance"]}
        self.post(f"/admin/orders/{order['number']}/payments", body, self.owner)
        return order

    def seen(self, order):
        return self.get(f"/admin/orders/{order['number']}", self.owner)

    def hand_out(self, order):
        code = self.seen(order)["pickup"]["code"]
        return self.post(f"/admin/pickups/{code}/hand-out", {}, self.clerk)

    def sign_in(self, phone, log):
        """A token, by the one-time code that the demo writes into its log."""
        self.post("/login/code", {"phone": phone})
        said = until(lambda: re.findall(rf"login_code to \{phone}: \D*(\d{{6}})", read(log)))
        return self.post("/login", {"phone": phone, "code": said[-1]})["token"]


def read(path):
    return Path(path).read_text("utf-8", "replace")


def until(found, seconds=40):
    """What `found` answers as soon as that is something."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > deadline:
            sys.exit("it took too long")
        time.sleep(0.3)
    return answer


def phone():
    return f"+86139{secrets.randbelow(10**8):08}"


def say(*words):
    print("·", *words, flush=True)


def must(true, *words):
    if not true:
        sys.exit(f"wrong: {' '.join(map(str, words))}")
