"""Buys for pickup at a running demo, over HTTP and with nothing but Python: `buy.py KEYS_JSON`.

A guest fills a cart and orders; the owner records the payment; the clerk finds the order by its
code and hands it out in two steps, with a slip undone; the owner refunds a unit.
"""

import sys

from shopper import Shopper, must, say


def main(keys):
    shop = Shopper(keys)
    call, owner, clerk = shop.call, shop.owner, shop.clerk
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
            "contact": {"name": "王小明", "phone": shop.keys["customers"][0]},
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


main(sys.argv[1])
