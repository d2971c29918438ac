"""What a provider's notice does, proven with a provider that signs."""

import threading

import pytest

from shop import db
from shop.errors import PluginFailure
from shop.ops import fsck
from shop.orders import order_view, orders
from shop.payments import notices, payments, refund_list, refunds, suspense
from shop.payments.providers import Notice
from tests import factory, signed_pay

URL = "/api/v1/orchard/payments/signed_pay/notify"


@pytest.fixture
def plugins():
    return (signed_pay.plugin(),)


@pytest.fixture
def stores_toml():
    return "[stores.orchard.plugins.signed_pay]"


@pytest.fixture(autouse=True)
def the_books_balance(shop):
    yield
    assert fsck.run(shop.ctx) == []


@pytest.fixture
def provider(plugins):
    return plugins[0].providers[0]


def online(ctx, **facts):
    """An order that is to be paid online, and its payment begun."""
    order = factory.order(
        ctx, provider="signed_pay", method="card", pay_by=ctx.now_us + 900_000_000, **facts
    )
    return order, payments.start(ctx, order.id, "signed_pay", "card")["id"]


def say(ctx, payment, amount, kind="paid", **facts):
    return notices.accept_notice(
        ctx, "signed_pay", signed_pay.notice(ctx, payment, amount, kind, **facts)
    )


def in_suspense(ctx):
    return db.value("SELECT COALESCE(SUM(balance), 0) FROM account WHERE role = 'suspense'")


def alerts():
    found = db.rows("SELECT data FROM event WHERE kind = 'suspense.opened' ORDER BY id")
    return [db.load(data)["reason"] for (data,) in found]


def test_a_genuine_notice_over_http_pays_the_order(shop, client):
    ctx = shop.ctx
    order, payment = online(ctx)
    message = signed_pay.notice(ctx, payment, 1000, reference="ch_1")
    answer = client.post(URL, **signed_pay.signed(ctx, message))
    assert (answer.status_code, answer.json) == (200, {"state": "applied"})
    paid = order_view.load(ctx, order.id)
    assert (paid.state, paid.paid, paid.pay_by) == ("paid", 1000, None)
    assert db.rows("SELECT state, reference, actor FROM payment") == [
        ("accepted", "ch_1", "provider:signed_pay")
    ]


@pytest.mark.parametrize(
    "amount, facts, reason",
    [
        (999, {}, "short"),
        (1001, {}, "excess"),
        (1000, {"currency": "JPY"}, "currency"),
    ],
)
def test_case_05_another_amount_or_currency_waits_in_suspense_with_an_alert(
    shop, client, amount, facts, reason
):
    ctx = shop.ctx
    order, payment = online(ctx)
    message = signed_pay.notice(ctx, payment, amount, **facts)
    answer = client.post(URL, **signed_pay.signed(ctx, message))
    assert (answer.status_code, answer.json) == (200, {"state": "suspense"})
    unpaid = order_view.load(ctx, order.id)
    assert (unpaid.state, unpaid.paid) == ("pending", 0)
    assert alerts() == [reason]
    [row] = suspense.show(ctx)["items"]
    assert (row["amount"], row["currency"]) == (amount, facts.get("currency", "CNY"))
    assert in_suspense(ctx) == amount


def test_money_for_a_payment_that_nobody_began_waits_in_suspense(shop):
    assert say(shop.ctx, 999_999, 500) == "suspense"
    assert say(shop.ctx, None, 700) == "suspense"
    assert alerts() == ["unknown", "unknown"]
    assert in_suspense(shop.ctx) == 1200


def test_case_06_a_notice_that_is_unsigned_wrongly_signed_or_old_has_no_effect(shop, client):
    ctx = shop.ctx
    order, payment = online(ctx)
    message = signed_pay.notice(ctx, payment, 1000)
    good = signed_pay.signed(ctx, message)
    for bad in (
        {"data": good["data"]},
        signed_pay.signed(ctx, message, key=b"another"),
        signed_pay.signed(ctx, message, age_us=signed_pay.AGE + 1),
        good | {"data": good["data"].replace(b"1000", b"1")},
    ):
        assert client.post(URL, **bad).status_code == 401
    assert client.post(URL.replace("signed_pay", "manual"), **good).status_code == 401
    assert client.post(URL.replace("signed_pay", "gold"), **good).json["code"] == "unknown_provider"
    assert db.value("SELECT COUNT(*) FROM notice") == 0
    assert order_view.load(ctx, order.id).state == "pending"


def at_once(count, work):
    """Run `work` in so many threads that start together; their answers."""
    gate, answers = threading.Barrier(count), []

    def one():
        gate.wait()
        try:
            answers.append(work())
        finally:
            db.database.close()

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_case_07_the_same_event_ten_times_in_parallel_is_one_posting(shop):
    ctx = shop.ctx
    order, payment = online(ctx)
    call = signed_pay.signed(ctx, signed_pay.notice(ctx, payment, 1000, event_id="evt"))
    answers = at_once(10, lambda: shop.client.post(URL, **call))
    assert [answer.status_code for answer in answers] == [200] * 10
    assert {answer.json["state"] for answer in answers} == {"applied"}
    assert db.value("SELECT COUNT(*) FROM payment WHERE state = 'accepted'") == 1
    assert db.value("SELECT COUNT(*) FROM event WHERE kind = 'order.paid'") == 1
    assert order_view.load(ctx, order.id).paid == 1000
    assert suspense.show(ctx)["items"] == []


def test_the_same_payment_told_under_another_event_id_is_no_second_money(shop):
    _, payment = online(shop.ctx)
    assert [say(shop.ctx, payment, 1000) for _ in range(2)] == ["applied", "repeated"]
    assert in_suspense(shop.ctx) == 0


def test_case_08_a_second_payment_of_one_order_is_refunded_by_a_job_once(shop, provider):
    ctx = shop.ctx
    order, first = online(ctx)
    second = payments.start(ctx, order.id, "signed_pay", "wallet")["id"]
    assert say(ctx, first, 1000) == "applied"
    assert say(ctx, second, 1000) == "suspense"
    assert alerts() == ["double"]
    assert in_suspense(ctx) == 1000
    shop.run_jobs()
    [row] = suspense.show(ctx)["items"]
    suspense.refund_by_provider(ctx, {"suspense": row["id"], "amount": 1000, "key": "again"})
    assert list(provider.refunded.values()) == [(second, 1000)]
    assert (row["state"], row["refunded"], row["rest"]) == ("refunded", 1000, 0)
    assert in_suspense(ctx) == 0
    assert order_view.load(ctx, order.id).paid == 1000


def test_of_too_much_the_excess_goes_back_and_the_owner_applies_the_rest(shop, provider):
    ctx = shop.ctx
    order, payment = online(ctx)
    say(ctx, payment, 1300)
    shop.run_jobs()
    assert list(provider.refunded.values()) == [(payment, 300)]
    [row] = suspense.show(ctx)["items"]
    assert (row["state"], row["rest"]) == ("open", 1000)
    assert order_view.load(ctx, order.id).state == "pending"
    suspense.apply(ctx, row["id"])
    assert order_view.load(ctx, order.id).state == "paid"
    refunds.refund_rest(ctx, order.id, "all", "owner")
    shop.run_jobs()
    assert list(provider.refunded.values()) == [(payment, 300), (payment, 1000)]


def end(ctx, order_id):
    """What is compared between two orders of arrival."""
    order = order_view.load(ctx, order_id)
    refunds_ = db.rows("SELECT amount, state, reason FROM refund WHERE order_id = ?", order_id)
    lines = [(line.refunded, line.refunded_amount) for line in order.lines]
    odd = db.rows("SELECT state, amount, applied, refunded FROM suspense WHERE order_id = ?",
                  order_id)  # fmt: skip
    states = db.rows(
        "SELECT DISTINCT n.state, n.kind FROM notice n JOIN payment p ON p.id = n.payment_id"
        " WHERE p.order_id = ? ORDER BY n.kind",
        order_id,
    )
    return order.state, order.paid, order.refunded, lines, refunds_, odd, states


@pytest.mark.parametrize("paid, back", [(1000, 1000), (1000, 300), (900, 900), (1300, 1300)])
def test_case_09_refunded_before_paid_is_parked_and_ends_the_same(shop, provider, paid, back):
    ctx = shop.ctx
    straight, payment = online(ctx)
    say(ctx, payment, paid)
    assert say(ctx, payment, back, "refunded") == "applied"
    crossed, payment = online(ctx)
    assert say(ctx, payment, back, "refunded") == "parked"
    assert end(ctx, crossed.id)[1:3] == (0, 0)
    say(ctx, payment, paid)
    shop.run_jobs()
    assert end(ctx, crossed.id) == end(ctx, straight.id)
    assert provider.refunded == {}
    assert in_suspense(ctx) == 0


def test_case_10_money_after_expiry_goes_back_and_sells_nothing(shop, clock, provider):
    variant = factory.product(shop.ctx, units=1)
    order, payment = online(shop.ctx, lines=[(variant, 1)])
    clock.forward(minutes=15)
    orders.expire(shop.ctx, {"order": order.id})
    factory.order(shop.ctx, [(variant, 1)])
    assert say(shop.ctx, payment, 1000) == "suspense"
    assert alerts() == ["late"]
    shop.run_jobs()
    assert list(provider.refunded.values()) == [(payment, 1000)]
    after = order_view.load(shop.ctx, order.id)
    assert (after.state, after.paid) == ("cancelled", 0)
    assert db.value("SELECT on_hand FROM stock WHERE variant_id = ?", variant) == 0


def test_an_automatic_refund_that_fails_is_tried_again_and_an_owner_can_end_it(
    shop, clock, provider
):
    provider.fails = 2
    order, payment = online(shop.ctx)
    orders.cancel(shop.ctx, order.id, "customer")
    say(shop.ctx, payment, 1000)
    shop.run_jobs()
    [row] = suspense.show(shop.ctx, "refunding")["items"]
    assert (row["refund_amount"], row["rest"]) == (1000, 1000)
    clock.forward(seconds=10)
    shop.run_jobs()
    suspense.refund(shop.ctx, row["id"], done=True)
    clock.forward(hours=1)
    shop.run_jobs()
    assert provider.refunded == {}
    assert in_suspense(shop.ctx) == 0


def test_money_of_an_unknown_payment_is_given_back_by_hand_or_applied(shop):
    say(shop.ctx, None, 1000)
    [row] = suspense.show(shop.ctx)["items"]
    with pytest.raises(Exception, match="refund_by_hand"):
        suspense.refund(shop.ctx, row["id"])
    order = factory.order(shop.ctx)
    assert suspense.apply(shop.ctx, row["id"], order.number)["state"] == "applied"
    assert order_view.load(shop.ctx, order.id).state == "paid"


def test_a_payment_that_failed_is_begun_anew(shop):
    order, payment = online(shop.ctx)
    assert say(shop.ctx, payment, 0, "failed") == "applied"
    assert payments.start(shop.ctx, order.id, "signed_pay", "card")["id"] != payment


def test_short_money_in_suspense_is_not_lost_when_the_customer_pays_again(shop):
    order, payment = online(shop.ctx)
    say(shop.ctx, payment, 900)
    again = payments.start(shop.ctx, order.id, "signed_pay", "card")["id"]
    assert again != payment
    assert say(shop.ctx, again, 1000) == "applied"
    assert in_suspense(shop.ctx) == 900


def test_a_notice_that_was_lost_is_asked_for_before_the_order_expires(shop, clock, provider):
    order, payment = online(shop.ctx)
    provider.answer = signed_pay.notice(shop.ctx, payment, 1000)
    clock.forward(minutes=14)
    shop.run_jobs()
    assert order_view.load(shop.ctx, order.id).state == "paid"
    clock.forward(minutes=14)
    shop.run_jobs()
    assert order_view.load(shop.ctx, order.id).state == "paid"


# -- refunds by the provider -----------------------------------------------------------------


def test_a_refund_goes_back_by_the_provider_and_its_notice_is_no_second_one(shop, provider):
    ctx = shop.ctx
    order, payment = online(ctx)
    say(ctx, payment, 1000)
    refund = refunds.refund(ctx, order.id, "k", lines={order.lines[0].id: 1})
    assert refund_list.get(ctx, refund)["state"] == "pending"
    shop.run_jobs()
    assert list(provider.refunded.values()) == [(payment, 1000)]
    assert refund_list.get(ctx, refund)["state"] == "done"
    assert say(ctx, payment, 1000, "refunded") == "applied"
    assert order_view.load(ctx, order.id).refunded == 1000


def test_a_refund_that_the_provider_only_accepts_is_done_with_its_notice(shop, provider):
    ctx = shop.ctx
    provider.later = True
    order, payment = online(ctx)
    say(ctx, payment, 1000)
    refund = refunds.refund(ctx, order.id, "k", amounts={("line", order.lines[0].id): 400})
    shop.run_jobs()
    assert refund_list.get(ctx, refund)["state"] == "pending"
    say(ctx, payment, 400, "refunded")
    assert refund_list.get(ctx, refund)["state"] == "done"
    assert order_view.load(ctx, order.id).refunded == 400


def test_a_refund_that_fails_is_retried_under_one_key_and_the_owner_sees_why(shop, clock, provider):
    ctx = shop.ctx
    provider.fails = 1
    order, payment = online(ctx)
    say(ctx, payment, 1000)
    refund = refunds.refund(ctx, order.id, "k", lines={order.lines[0].id: 1})
    shop.run_jobs()
    [part] = refund_list.show(ctx, "pending")["items"][0]["parts"]
    assert (part["tries"], part["job"]) == (1, "waiting")
    assert "the provider is away" in part["error"]
    clock.forward(seconds=10)
    shop.run_jobs()
    assert len(set(provider.asked)) == 1
    assert len(provider.asked) == 2
    assert refund_list.get(ctx, refund)["state"] == "done"


def test_what_the_provider_gave_back_unasked_is_booked_with_an_alert(shop, provider):
    ctx = shop.ctx
    order, payment = online(ctx)
    say(ctx, payment, 1000)
    say(ctx, payment, 250, "refunded")
    say(ctx, payment, 250, "refunded")
    after = order_view.load(ctx, order.id)
    assert (after.state, after.refunded, after.lines[0].refunded_amount) == ("paid", 500, 500)
    assert db.value("SELECT COUNT(*) FROM event WHERE kind = 'payment.refunded_outside'") == 2
    refunds.refund_rest(ctx, order.id, "rest", "owner")
    shop.run_jobs()
    assert list(provider.refunded.values()) == [(payment, 500)]


def test_a_provider_that_answers_garbage_is_named(shop, client, provider):
    provider.read_notice = lambda ctx, request: {"paid": "everything"}
    answer = client.post(URL, data=b"{}")
    assert (answer.status_code, answer.json["plugin"]) == (500, "signed_pay")
    provider.read_notice = lambda ctx, request: Notice("e", 1, "paid", 1.5, "CNY", 0)
    with pytest.raises(PluginFailure, match="signed_pay"):
        notices.read(shop.ctx, "signed_pay", None)
