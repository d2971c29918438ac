"""Cases 5 to 10: what the emulator's notices do to a served shop."""

from datetime import timedelta

import httpx

from shop import db
from shop.orders import orders
from shop_plugins.sandbox_pay.tests.served import until


def test_case_05_another_amount_or_currency_waits_in_suspense_with_an_alert(served):
    odd = [{"amount": 900}, {"amount": 1300}, {"currency": "USD"}]
    begun = []
    for faults in odd:
        order = served.buy()
        payment = served.begin(order)
        served.emulator.fault(**faults)
        served.emulator.pay(payment)
        begun.append(order)
        assert served.told(len(begun))[-1] == "200"
    until(lambda: served.emulator.knows()["refunds"])
    for order in begun:
        after = served.order(order)
        assert (after["state"], after["paid"]) == ("pending", 0)
    alerts = [
        (alert["reason"], alert["amount"], alert["currency"])
        for alert in served.events("suspense.opened")
    ]
    assert alerts == [("currency", 1000, "USD"), ("excess", 1300, "CNY"), ("short", 900, "CNY")]
    until(lambda: served.suspense()[1]["state"] == "open")
    rest = [(row["state"], row["refunded"], row["rest"]) for row in served.suspense()]
    assert rest == [("open", 0, 1000), ("open", 300, 1000), ("open", 0, 900)]
    assert [refund["amount"] for refund in served.emulator.knows()["refunds"]] == [300]


def test_case_06_a_notice_unsigned_wrongly_signed_or_old_is_401_and_does_nothing(served):
    begun = []
    for faults in ({"signature": "none"}, {"signature": "wrong"}, {"old": 301}):
        order = served.buy()
        payment = served.begin(order)
        served.emulator.fault(**faults)
        served.emulator.pay(payment)
        begun.append(order)
    assert served.told(3) == ["401"] * 3
    assert [served.order(order)["paid"] for order in begun] == [0, 0, 0]
    assert db.value("SELECT COUNT(*) FROM notice") == 0
    assert served.suspense() == []
    served.later(seconds=31)  # the money is real: asked, the emulator says so
    assert [served.order(order)["paid"] for order in begun] == [1000, 1000, 1000]


def test_case_07_the_same_event_ten_times_in_parallel_is_one_posting(served):
    order = served.buy()
    payment = served.begin(order)
    served.emulator.fault(copies=10)
    served.emulator.pay(payment)
    assert served.told(10) == ["200"] * 10
    assert [found["state"] for found in served.payments(order)] == ["accepted"]
    assert len(served.events("order.paid")) == len(served.events("payment.accepted")) == 1
    assert served.order(order)["paid"] == 1000
    assert served.suspense() == []


def test_case_08_a_second_payment_of_one_order_goes_back_once(served):
    order = served.buy()
    by_card, by_wallet = served.begin(order), served.begin(order, "wallet")
    assert by_card["id"] != by_wallet["id"]
    served.emulator.pay(by_card)
    until(lambda: served.order(order)["state"] == "paid")
    served.emulator.pay(by_wallet)
    until(lambda: served.suspense() and served.suspense()[0]["state"] == "refunded")
    [odd] = served.suspense()
    assert (odd["reason"], odd["payment_id"], odd["rest"]) == ("double", by_wallet["id"], 0)
    [refund] = served.emulator.knows()["refunds"]
    assert (refund["payment"], refund["amount"]) == (by_wallet["data"]["id"], 1000)
    assert served.told(3) == ["200"] * 3
    assert (served.order(order)["paid"], served.order(order)["refunded"]) == (1000, 0)


def end(served, order):
    """What two orders of arrival are compared by."""
    after = served.order(order)
    refunds = [
        (refund["amount"], refund["state"], refund["reason"])
        for refund in served.refunds()
        if refund["order"] == order["number"]
    ]
    lines = [(line["refunded"], line["refunded_amount"]) for line in after["lines"]]
    return after["state"], after["paid"], after["refunded"], lines, refunds


def test_case_09_refunded_before_paid_is_parked_and_ends_the_same(served):
    ends = []
    for back, backwards in ((1000, False), (1000, True), (300, False), (300, True)):
        order = served.buy()
        payment = served.begin(order)
        served.emulator.fault(hold=True)
        served.emulator.pay(payment)
        served.emulator.control(
            "refunds", payment=payment["data"]["id"], amount=back, key=f"by hand {back} {backwards}"
        )
        released = served.emulator.control("release", reversed=backwards)
        assert released == {"answers": ["200", "200"]}
        ends.append(end(served, order))
    assert ends[0] == ends[1]
    assert ends[2] == ends[3]
    assert [found[1:3] for found in ends] == [(1000, 1000)] * 2 + [(1000, 300)] * 2
    assert len(served.emulator.knows()["refunds"]) == 4  # the shop asked for none


def test_case_10_money_after_expiry_goes_back_though_the_goods_are_gone(served):
    goods = served.shop.product(1000, 1)
    late = served.buy(goods.sku)
    payment = served.begin(late)
    after = served.shop.ctx.now + timedelta(minutes=20)
    orders.expire(served.shop.ctx.at(after), {"order": served.order_id(late)})
    assert served.order(late)["state"] == "cancelled"
    served.buy(goods.sku)
    served.emulator.pay(payment)
    assert served.told(1)[0] == "200"
    until(lambda: served.suspense()[0]["state"] == "refunded")
    [odd] = served.suspense()
    assert (odd["reason"], odd["refunded"]) == ("late", 1000)
    assert [refund["amount"] for refund in served.emulator.knows()["refunds"]] == [1000]
    after = served.order(late)
    assert (after["state"], after["paid"]) == ("cancelled", 0)
    assert db.value("SELECT on_hand FROM stock WHERE variant_id = ?", goods.variant_id) == 0


def test_the_account_that_paid_is_kept_with_the_payment(served):
    order = served.buy()
    payment = served.begin(order)
    form = {"action": "pay", "payer": " Wang's card "}
    assert httpx.post(payment["data"]["pay_url"], data=form).status_code == 303
    until(lambda: served.order(order)["paid"])
    assert db.rows("SELECT payer FROM payment WHERE state = 'accepted'") == [("Wang's card",)]
