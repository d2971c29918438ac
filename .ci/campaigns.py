"""Buys through each plugin of a running demo, over HTTP: `campaigns.py now|later KEYS_JSON LOG NOTES`.

`now`: a flash sale; a team that is complete, and one that fails and gets its money back; a trial that
is kept, and one that is brought back; a friend who was invited and buys. `later`, when the return
window of that is over: the reward is spent, together with points. NOTES is a file between both.
"""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shopper import Shopper, must, phone, say, until


def flash(shop):
    sale = next(iter(shop.get("/flash-sale/sales")["items"]))
    item = next(item for item in sale["items"] if item["left"])
    order = shop.order(item["sku"], phone())
    must(order["lines"][0]["unit_price"] == item["price"], "the price of the sale")
    shop.hand_out(shop.paid(order))
    say("flash sale:", item["sku"], "at", item["price"])


def team(shop):
    campaign = next(iter(shop.get("/group-buy/campaigns")["items"]))
    sku = campaign["items"][0]["sku"]
    first = shop.paid(shop.order(sku, phone(), line={"group_buy": {"open": campaign["id"]}}))
    code = first["extensions"]["group_buy"]["team"]
    must(shop.get(f"/group-buy/teams/{code}")["missing"] == campaign["size"] - 1, "who is missing")
    others = [
        shop.paid(shop.order(sku, phone(), line={"group_buy": {"join": code}}))
        for _ in range(campaign["size"] - 1)
    ]
    must(shop.get(f"/group-buy/teams/{code}")["state"] == "complete", "the team is complete")
    for order in (first, *others):
        until(lambda: not shop.seen(order)["holds"])  # noqa: B023
        must(shop.hand_out(order)["state"] == "completed", "handed out")
    say("team:", campaign["size"], "paid", first["total"], "each")


def failing_team(shop):
    sku = shop.get("/group-buy/campaigns")["items"][0]["items"][0]["sku"]
    ends = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
    facts = {"name": "闪电团", "size": 2, "ends": ends, "items": [{"sku": sku, "price": 100}]}
    campaign = shop.post("/admin/group_buy/campaigns", facts, shop.owner)
    order = shop.paid(shop.order(sku, phone(), line={"group_buy": {"open": campaign["id"]}}))
    until(lambda: shop.seen(order)["state"] == "cancelled")
    seen = shop.seen(order)
    must(seen["paid"] == seen["refunded"] == 100, "all of it went back")
    say("team that failed: cancelled and refunded", seen["refunded"])


def trials(shop):
    offer = next(iter(shop.get("/trial-then-buy/offers")["items"]))
    sku, money = offer["sku"], offer["branches"]
    accept = {"offer": offer["id"], "accept": offer["terms"]["version"]}

    def tried():
        order = shop.order(sku, phone(), line={"trial_then_buy": accept})
        must(order["total"] == money["pay_now"], "what was told is what is paid")
        shop.hand_out(shop.paid(order))
        return order, shop.seen(order)["extensions"]["trial_then_buy"]["id"]

    kept, number = tried()
    shop.post(f"/admin/trial_then_buy/trials/{number}/buy", {}, shop.owner)
    must(shop.seen(kept)["balance"] == money["bought"]["more"], "what is still to be paid")
    shop.paid(kept)
    must(shop.seen(kept)["paid"] == money["bought"]["total"], "paid in all")
    back, number = tried()
    path = f"/admin/trial_then_buy/trials/{number}"
    shop.post(f"{path}/return", {"note": "as new"}, shop.owner)
    shop.post(f"{path}/settle", {"damage": 0, "restock": "restore"}, shop.owner)
    must(shop.seen(back)["refunded"] == money["returned"]["back"], "the deposit went back")
    say("trials: kept for", money["bought"]["total"], "and brought back for",
        money["returned"]["total"])  # fmt: skip


def invite(shop, log):
    wang = phone()
    token = shop.sign_in(wang, log)
    code = shop.get("/referral-rebate/code", token)["code"]
    sku = dearest(shop)
    friend = {"referral_rebate": {"code": code, "source": "chat"}}
    shop.hand_out(shop.paid(shop.order(sku, phone(), 2, **friend)))
    balance = shop.get("/referral-rebate/balance", token)
    must(balance["pending"] > 0 and not balance["available"], "the reward is pending")
    spend = {"referral_rebate": {"spend": balance["pending"]}}
    shop.order(sku, wang, token=token, expect="insufficient_balance", **spend)
    explained = shop.get("/referral-rebate/explain", token)
    say("invited:", explained["items"][0]["parts"][0]["words"])
    mine = shop.hand_out(shop.paid(shop.order(sku, wang, token=token)))
    must(mine["state"] == "completed", "his own order, which earns points")
    return {"phone": wang, "token": token, "pending": balance["pending"], "sku": sku}


def dearest(shop):
    found = shop.get("/products", limit=50)["items"]
    offers = [variant for item in found for variant in item["variants"]]
    plenty = [
        variant for variant in offers
        if "flash_sale" not in variant["extensions"] and (variant["available"] or 0) >= 8
    ]  # fmt: skip
    return max(plenty, key=lambda variant: variant["price"])["sku"]


def spend(shop, notes):
    token = notes["token"]
    balance = shop.get("/referral-rebate/balance", token)
    must(balance["available"] == notes["pending"], "the return window is over", balance)
    points = shop.get("/points/balance", token)["available"]
    order = shop.order(
        notes["sku"], notes["phone"], token=token,
        referral_rebate={"spend": "max"}, points={"spend": "max"},
    )  # fmt: skip
    spends = {row["source"]: -row["amount"] for row in order["adjustments"]}
    must(spends["referral_rebate"] == notes["pending"], "all of the credit is spent", spends)
    must(points and spends.get("points"), "and points beside it", spends)
    must(order["total"] == sum(line["amount"] for line in order["lines"]) - sum(spends.values()))
    shop.hand_out(shop.paid(order))
    sums = shop.get("/referral-rebate/explain", token)["sums"]
    must(sum(sums.values()) == 0, "every cent is explained", sums)
    say("credit spent:", spends["referral_rebate"], "and points worth", spends["points"])


def main(when, keys, log, notes):
    shop, began = Shopper(keys), time.monotonic()
    if when == "now":
        flash(shop)
        team(shop)
        failing_team(shop)
        trials(shop)
        Path(notes).write_text(json.dumps(invite(shop, log)), "utf-8")
    else:
        spend(shop, json.loads(Path(notes).read_text("utf-8")))
    say(f"bought through every plugin, {when}: {time.monotonic() - began:.0f} s")


main(*sys.argv[1:])
