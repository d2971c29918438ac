"""A provider that says nothing, cannot be reached, or answers what it must not."""

import pytest

from shop import ProviderAway, db
from shop.errors import PluginFailure
from shop.ops import fsck
from shop.orders import order_access, order_view, orders
from shop.payments import notices, payments, refund_list, refunds, suspense
from tests import factory, signed_pay

MINUTE = 60_000_000


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


@pytest.fixture
def asked(provider, clock):
    """When the provider was asked after a payment."""
    times, answer = [], provider.query

    def query(ctx, payment):
        times.append(ctx.now)
        return answer(ctx, payment)

    provider.query = query
    return times


def begun(ctx, minutes=15):
    order = factory.order(
        ctx, provider="signed_pay", method="card", pay_by=ctx.now_us + minutes * MINUTE
    )
    return order, payments.start(ctx, order.id, "signed_pay", "card")["id"]


def let_pass(shop, seconds, step=5):
    for _ in range(0, seconds, step):
        shop.clock.forward(seconds=step)
        shop.run_jobs()


def seconds_after(start, times):
    return [round((at - start).total_seconds()) for at in times]


def test_a_silent_provider_is_asked_with_growing_pauses_then_twice_before_the_end_and_once_after(
    shop, clock, asked
):
    start = clock.at
    order, _ = begun(shop.ctx)
    let_pass(shop, 1200)
    assert seconds_after(start, asked) == [30, 90, 210, 450, 840, 890, 960]
    assert order_view.load(shop.ctx, order.id).state == "cancelled"


def test_a_payment_begun_twice_is_asked_after_by_one_row_of_jobs(shop, clock, asked):
    order = factory.order(shop.ctx)
    start = clock.at
    payments.start(shop.ctx, order.id, "signed_pay", "card")
    clock.forward(seconds=20)
    payments.start(shop.ctx, order.id, "signed_pay", "card")
    let_pass(shop, 1200)
    assert seconds_after(start, asked) == [30, 90, 210, 450, 840, 890, 960]


def test_an_order_with_little_time_is_still_asked_after_before_it_ends(shop, clock, asked):
    order, _ = begun(shop.ctx, minutes=1)
    start = clock.at
    let_pass(shop, 300)
    assert seconds_after(start, asked) == [50, 120]
    assert order_view.load(shop.ctx, order.id).state == "cancelled"


def test_money_that_nobody_told_of_is_found_soon(shop, clock, provider, asked):
    order, payment = begun(shop.ctx)
    let_pass(shop, 60)
    provider.answer = signed_pay.notice(shop.ctx, payment, 1000)
    let_pass(shop, 60)
    assert order_view.load(shop.ctx, order.id).state == "paid"
    let_pass(shop, 1200)
    assert len(asked) == 2


def test_money_found_only_after_the_order_expired_goes_back(shop, clock, provider):
    order, payment = begun(shop.ctx)
    let_pass(shop, 895)
    provider.answer = signed_pay.notice(shop.ctx, payment, 1000)
    let_pass(shop, 120)
    assert order_view.load(shop.ctx, order.id).state == "cancelled"
    [row] = suspense.show(shop.ctx)["items"]
    assert (row["reason"], row["state"]) == ("late", "refunded")
    assert list(provider.refunded.values()) == [(payment, 1000)]


def test_a_provider_that_is_away_when_asked_is_asked_again_as_planned_and_after_the_end(
    shop, clock, provider, asked
):
    def away(ctx, payment):
        asked.append(ctx.now)
        raise ConnectionRefusedError("nobody there")

    provider.query = away
    start = clock.at
    begun(shop.ctx)
    let_pass(shop, 1200)
    assert seconds_after(start, asked)[:7] == [30, 90, 210, 450, 840, 890, 960]
    assert seconds_after(start, asked)[7:9] == [970, 1000]
    error = db.value("SELECT error FROM job WHERE name = 'query_payment' AND state = 'waiting'")
    assert error == "ProviderAway: signed_pay is away: ConnectionRefusedError: nobody there"


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError("10.0.0.7"), TimeoutError(), ProviderAway("signed_pay", "503")]
)
def test_one_that_cannot_be_reached_to_begin_a_payment_is_503_without_its_address(
    shop, client, provider, error
):
    def away(ctx, payment):
        raise error

    order = factory.order(shop.ctx)
    url = f"/api/v1/orchard/orders/{order.number}/payments"
    url += f"?token={order_access.token(shop.ctx, order.number)}"
    body = {"provider": "signed_pay", "method": "card"}
    start, provider.start = provider.start, away
    answer = client.post(url, json=body, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json["code"]) == (503, "provider_away")
    assert answer.headers["Retry-After"] == "5"
    assert "try again" in answer.json["detail"]
    assert b"10.0.0.7" not in answer.data
    provider.start = start
    answer = client.post(url, json=body)
    assert (answer.status_code, answer.json["data"]["amount"]) == (201, 1000)
    assert db.value("SELECT COUNT(*) FROM payment") == 1


@pytest.mark.parametrize("said", [None, "https://pay.example", [], {"to": object()}, {1: 2}])
def test_one_that_begins_a_payment_with_garbage_is_named(shop, provider, said):
    provider.start = lambda ctx, payment: said
    with pytest.raises(PluginFailure, match="plugin signed_pay, hook start"):
        payments.start(shop.ctx, factory.order(shop.ctx).id, "signed_pay", "card")


@pytest.mark.parametrize("said", [None, 1, "done"])
def test_a_refund_that_is_answered_neither_yes_nor_no_is_not_done(shop, clock, provider, said):
    provider.refund = lambda ctx, payment, amount, key: said
    order, payment = begun(shop.ctx)
    orders.cancel(shop.ctx, order.id, "customer")
    notices.accept_notice(shop.ctx, "signed_pay", signed_pay.notice(shop.ctx, payment, 1000))
    shop.run_jobs()
    [row] = suspense.show(shop.ctx)["items"]
    assert (row["state"], row["rest"]) == ("refunding", 1000)
    error = db.value("SELECT error FROM job WHERE name = 'refund_suspense'")
    assert error.startswith("PluginFailure: plugin signed_pay, hook refund")


def test_a_refund_that_was_accepted_and_never_told_of_is_asked_for_again(shop, clock, provider):
    ctx, provider.later = shop.ctx, True
    order, payment = begun(ctx)
    notices.accept_notice(ctx, "signed_pay", signed_pay.notice(ctx, payment, 1000))
    refunds.refund(ctx, order.id, "k", amounts={("line", order.lines[0].id): 400})
    _, second = begun(ctx)
    notices.accept_notice(ctx, "signed_pay", signed_pay.notice(ctx, second, 1300))
    shop.run_jobs()
    clock.forward(minutes=10)
    shop.run_jobs()
    assert len(provider.asked) == 4
    assert refund_list.show(ctx)["items"][0]["state"] == "pending"
    provider.later = False
    clock.forward(hours=1)
    shop.run_jobs()
    assert refund_list.show(ctx)["items"][0]["state"] == "done"
    assert suspense.show(ctx)["items"][0]["refunded"] == 300
    assert list(provider.refunded.values()) == [(payment, 400), (second, 300)]
    clock.forward(days=2)
    shop.run_jobs()
    assert len(provider.asked) == 6


def test_a_refund_that_a_notice_settled_is_not_asked_for_again(shop, clock, provider):
    ctx, provider.later = shop.ctx, True
    order, payment = begun(ctx)
    notices.accept_notice(ctx, "signed_pay", signed_pay.notice(ctx, payment, 1000))
    refunds.refund(ctx, order.id, "k", amounts={("line", order.lines[0].id): 400})
    shop.run_jobs()
    notices.accept_notice(ctx, "signed_pay", signed_pay.notice(ctx, payment, 400, "refunded"))
    clock.forward(days=2)
    shop.run_jobs()
    assert len(provider.asked) == 1
