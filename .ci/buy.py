"""Buys for pickup at a running demo, over HTTP and with nothing but Python: `buy.py KEYS_JSON`.

A guest fills a cart and orders; the owner records the payment; the clerk finds the order by its
code and hands it out in two steps, with a slip undone; the owner refunds a unit.
"""

import json
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request

with open(sys.argv[1], encoding="utf-8") as file:
    KEYS = json.load(file)
BASE = f"{KEYS['url']}/api/v1/{KEYS['store']}"


def call(method, path, body=None, token="", **query):
    """The answer's document; any error ends the walk with what the shop said."""
    url = BASE + urllib.parse.quote(path) + ("?" + urllib.parse.urlencode(query) if query else "")
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
        sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")


def say(*words):
    print("·", *words, flush=True)


def must(true, *words):
    if not true:
        sys.exit(f"wrong: {' '.join(map(str, words))}")


def main():
    owner, clerk = KEYS["owner_token"], KEYS["clerk_token"]
    store = call("GET", "/")
    say(store["name"], store["currency"])
    listed = call("GET", "/products", limit=5)
    must(len(listed["items"]) == 5 and listed["next"], "five products and a next page")
    found = call("GET", "/products", q="苹果")["items"]
    must(found, "苹果 is found")
    product = call("GET", f"/products/{found[0]['handle']}")
    apple = product["variants"][0]
    other = next(p for p in listed["items"] if p["handle"] != product["handle"])["variants"][0]
    say(product["title"], apple["sku"], apple["price"])

    points = call("GET", "/pickup-points")["items"]
    point = next(p for p in points if p["code"] == "east-gate")
    must(point["windows"], "a window is open")
    cart = call("POST", "/carts", {})
    call("POST", f"/carts/{cart['id']}/lines", {"sku": apple["sku"], "quantity": 2})
    cart = call("POST", f"/carts/{cart['id']}/lines", {"sku": other["sku"], "quantity": 1})
    must(cart["total"] == 2 * apple["price"] + other["price"], "the cart adds up")
    order = call(
        "POST",
        "/orders",
        {
            "cart": cart["id"],
            "expected_total": cart["total"],
            "contact": {"name": "王小明", "phone": KEYS["customers"][0]},
            "pickup": {"point": point["code"], "window": point["windows"][0]["id"]},
        },
    )
    number = order["number"]
    say("order", number, order["total"])
    seen = call("GET", f"/orders/{number}", token=order["token"])
    must(seen["state"] == "pending", "a guest sees the order")
    code = seen["pickup"]["code"]

    paid = {"provider": "manual", "method": "at_pickup", "amount": order["total"]}
    call("POST", f"/admin/orders/{number}/payments", paid, owner)
    at_desk = call("GET", f"/admin/pickups/{code}", token=clerk)
    must(at_desk["number"] == number, "the clerk finds it by its code")
    first = {"lines": [{"line": order["lines"][0]["id"], "quantity": 1}]}
    call("POST", f"/admin/pickups/{code}/hand-out", first, clerk)
    call("POST", f"/admin/pickups/{code}/undo", {"reason": "wrong bag"}, clerk)
    done = call("POST", f"/admin/pickups/{code}/hand-out", {}, clerk)
    must(done["state"] == "completed", "handed out whole")
    back = {
        "lines": [{"line": order["lines"][0]["id"], "quantity": 1}],
        "reason": "bruised",
        "restock": "write_off",
    }
    call("POST", f"/admin/orders/{number}/refunds", back, owner)
    seen = call("GET", f"/orders/{number}", token=order["token"])
    must(seen["refunded"] == apple["price"], "one unit is refunded")
    must(seen["paid"] - seen["refunded"] == order["total"] - apple["price"], "the money adds up")
    say("bought, paid, handed out, refunded:", number)


main()
