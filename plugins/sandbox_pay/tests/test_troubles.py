"""One of the two is silent, slow, down or switched off; in the end both say the same."""

import time

import httpx
import pytest
import tomlkit

from shop_plugins.sandbox_pay.tests.served import until

pytestmark = pytest.mark.slow  # a server and an emulator of its own for each


def test_a_payment_that_nobody_tells_of_is_found_by_asking(served):
    order = served.buy()
    payment = served.begin(order)
    served.emulator.fault(silent=True)
    served.emulator.pay(payment)
    assert served.order(order)["state"] == "pending"
    served.later(seconds=31)
    assert served.order(order)["state"] == "paid"
    assert served.emulator.answers() == []


def test_a_late_notice_after_the_query_found_the_money_is_no_second_money(served):
    order = served.buy()
    payment = served.begin(order)
    served.emulator.fault(hold=True)
    served.emulator.pay(payment)
    served.later(seconds=31)
    assert served.order(order)["state"] == "paid"
    assert served.emulator.control("release") == {"answers": ["200"]}
    assert (served.order(order)["paid"], served.suspense()) == (1000, [])


def test_a_declined_payment_is_begun_anew(served):
    order = served.buy()
    first = served.begin(order)
    served.emulator.pay(first, action="decline")
    assert served.told(1) == ["200"]
    again = served.begin(order)
    assert again["id"] != first["id"]
    served.emulator.pay(again)
    until(lambda: served.order(order)["state"] == "paid")
    assert [payment["state"] for payment in served.payments(order)] == ["failed", "accepted"]


def test_while_the_emulator_is_away_beginning_is_503_and_then_goes_on(served):
    order = served.buy()
    served.emulator.stop()
    away = served.begin(order, status=503)
    assert (away["code"], away["provider"]) == ("provider_away", "sandbox_pay")
    assert served.emulator.address not in str(away)
    served.emulator.start()
    served.emulator.fault(down=1)
    assert served.begin(order, status=503)["code"] == "provider_away"
    served.emulator.fault(slow=20)
    began = time.monotonic()
    assert served.begin(order, status=503)["code"] == "provider_away"
    took = time.monotonic() - began
    assert took < 20  # it did not wait for the answer
    served.emulator.fault()
    served.emulator.pay(served.begin(order))
    until(lambda: served.order(order)["state"] == "paid")
    assert len(served.payments(order)) == 1


def test_a_notice_that_found_the_shop_down_comes_when_it_is_back(served):
    order = served.buy()
    payment = served.begin(order)
    served.live.stop()
    served.emulator.pay(payment)
    until(lambda: "ConnectError" in served.emulator.answers()[0])
    served.emulator.stop()
    served.emulator.start()
    served.live.start()
    until(lambda: served.order(order)["state"] == "paid")
    [notice] = served.emulator.knows()["notices"]
    assert notice["tries"] > 1


def test_a_refund_that_fails_is_tried_again_until_it_works_and_done_once(served):
    order = served.paid()
    served.emulator.fault(refunds_fail=3)
    served.refund(order, 400)

    def tries():
        return served.refunds()[0]["parts"][0]["tries"]

    until(lambda: "sandbox_pay is away" in served.refunds()[0]["parts"][0]["error"])
    assert tries() == 1
    served.later(seconds=11)
    served.shop.forward(seconds=31)
    assert (tries(), served.refunds()[0]["state"]) == (3, "pending")
    served.shop.forward(seconds=91)
    assert served.refunds()[0]["state"] == "done"
    assert [refund["amount"] for refund in served.emulator.knows()["refunds"]] == [400]
    assert served.told(2) == ["200", "200"]
    assert served.order(order)["refunded"] == 400


def test_a_refund_that_is_only_accepted_is_done_with_its_notice(served):
    order = served.paid()
    served.emulator.fault(refunds_later=True, hold=True)
    served.refund(order, 400)
    until(lambda: served.emulator.knows()["refunds"])
    assert served.refunds()[0]["state"] == "pending"
    served.emulator.control("release")
    assert served.refunds()[0]["state"] == "done"
    assert served.order(order)["refunded"] == 400


def test_a_shop_that_switched_it_off_takes_no_new_payment_and_refunds_the_old(served):
    order = served.paid()
    served.live.stop()
    document = tomlkit.parse(served.live.path.read_text("utf-8"))
    del document["stores"]["orchard"]["plugins"]
    served.live.path.write_text(tomlkit.dumps(document), "utf-8")
    served.live.start()
    served.emulator.stop()
    served.emulator.start()
    body = {"provider": "sandbox_pay", "method": "card"}
    url = f"/orders/{order['number']}/payments"
    with served.live.client() as client:
        assert client.post(url, json=body).status_code in (404, 422)
    notify = "/payments/sandbox_pay/notify"
    assert served.call("POST", notify, 422, json={})["code"] == "unknown_provider"
    served.refund(order, 400)
    until(lambda: served.refunds()[0]["state"] == "done")
    assert [refund["amount"] for refund in served.emulator.knows()["refunds"]] == [400]


def test_the_page_is_read_and_paid_without_a_script_in_two_languages(served):
    order = served.buy()
    payment = served.begin(order)
    url = payment["data"]["pay_url"]
    page = httpx.get(url, headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert order["number"] in page.text
    assert "CN¥10.00" in page.text
    assert "<script" not in page.text
    assert "sandbox_pay_" not in page.text
    assert "这是模拟器" in httpx.get(f"{url}?lang=zh_Hans").text
    answer = httpx.post(url, data={"how": "double", "action": "pay"}, follow_redirects=True,
                        headers={"Accept-Language": "en"})  # fmt: skip
    assert "Paid" in answer.text
    assert "<form" not in answer.text
    assert served.told(2) == ["200", "200"]
    assert served.order(order)["paid"] == 1000
    assert order["number"] in httpx.get(served.emulator.address).text
