"""What a friend's order earns who invited, to the cent: when, how much, and what becomes of it."""

import pytest

from shop import Conflict, Reject, db
from shop.messages import channels
from shop.orders import orders
from shop.payments import notices, payments
from shop.people import accounts
from shop.pickup import pickup
from shop_plugins.referral_rebate import bindings, rewards

pytestmark = pytest.mark.both_databases

signed_pay = pytest.importorskip("tests.signed_pay")


def using(**settings):
    return pytest.mark.parametrize("settings", [{"rate": 10} | settings])


# -- earned --------------------------------------------------------------------------------------


def test_a_friends_first_order_earns_a_share_of_what_he_paid(invited):
    order = invited.friend(units=2)
    assert invited.has() == (0, 2000, 0)
    [reward] = invited.of(order)
    assert reward.parts[0] | {"line": 0} == {
        "line": 0, "sku": "PEARS", "title": "Pears", "base": 20_000, "rate": 10, "amount": 2000,
    }  # fmt: skip
    invited.again(order)
    assert invited.has() == (0, 2000, 0)


@pytest.mark.parametrize("state", ["placed", "paid", "cancelled"])
def test_what_is_not_completed_earns_nothing(invited, state):
    invited.friend(state)
    assert invited.has() == (0, 0, 0)


def test_an_order_whose_money_all_went_back_before_the_hand_out_is_no_first_order(invited):
    """All its units refunded, it counts as completed; but nothing was bought."""
    order = invited.friend("paid")
    invited.refund(order)
    assert invited.shop.seen(order).state == "completed"
    assert invited.binding(order).first_order_id is None
    invited.again(order)
    assert invited.has() == (0, 1000, 0)


def test_case_19_a_reward_is_pending_until_the_return_window_is_over(invited):
    invited.friend()
    basket = invited.shop.basket({invited.pears: 1}, {"referral_rebate": {"spend": 1000}})
    draft = orders.Draft(basket, "Wang")
    with pytest.raises(Reject, match="insufficient_balance"):
        orders.place(invited.shop.context(invited.caller(invited.wang)), draft)
    invited.shop.forward(days=6, hours=23)
    assert invited.has() == (0, 1000, 0)
    invited.shop.forward(hours=1)
    assert invited.has() == (1000, 0, 0)
    spent = orders.place(invited.shop.context(invited.caller(invited.wang)), draft)
    assert spent.total == 9000


@using(first_only=False, bind_days=30)
def test_later_orders_earn_while_the_binding_lasts(invited, settings):
    order = invited.friend()
    invited.again(order)
    assert invited.has() == (0, 2000, 0)
    invited.shop.forward(days=31)
    invited.again(order)
    assert invited.has() == (2000, 0, 0)


@using(rates={"PEARS": 3, "jam": 0}, first_only=False)
def test_products_have_rates_of_their_own(invited, settings):
    jam = invited.shop.product(5000, 10, "JAM", handle="jam")
    plums = invited.shop.product(5000, 10, "PLUM")
    invited.shop.up_to("completed", {invited.pears: 1, jam: 1, plums: 1}, options=invited.options())
    assert invited.has() == (0, 300 + 0 + 500, 0)


@using(per_order=700)
def test_no_order_earns_more_than_its_limit(invited, settings):
    order = invited.friend(units=2)
    assert invited.has() == (0, 700, 0)
    assert invited.of(order)[0].cuts == {"order": 1300}


@using(per_month=1500)
def test_the_months_limit_is_taken_at_the_completion_and_not_opened_again(invited, settings):
    first = invited.friend()
    second = invited.friend()
    assert invited.has() == (0, 1500, 0)
    assert invited.of(second)[0].cuts == {"month": 500}
    invited.refund(first)
    assert invited.has() == (0, 500, 0)
    third = invited.friend()
    assert (invited.of(third)[0].amount, invited.has()) == (0, (0, 500, 0))
    invited.shop.forward(days=31)
    invited.friend()
    assert invited.has()[1] == 1000


@using(newcomer=800, newcomer_least=5000)
def test_the_newcomer_gets_something_for_the_first_order(invited, settings):
    order = invited.friend()
    assert invited.has(order.customer_id) == (0, 800, 0)
    invited.again(order)
    assert invited.has(order.customer_id) == (0, 800, 0)
    invited.refund(order)
    assert invited.has(order.customer_id) == (0, 0, 0)


@using(newcomer=800, newcomer_least=10_001)
def test_not_for_an_order_below_the_least(invited, settings):
    assert invited.has(invited.friend().customer_id) == (0, 0, 0)


# -- taken back ----------------------------------------------------------------------------------


def test_a_refund_takes_the_reward_back_at_its_own_rate(invited):
    order = invited.friend(units=3)
    invited.refund(order)
    assert invited.has() == (0, 2000, 0)
    invited.wait()
    invited.refund(order)
    assert invited.has() == (1000, 0, 0)
    invited.refund(order)
    assert invited.has() == (0, 0, 0)


@using(per_order=1000)
def test_what_was_cut_goes_back_in_the_share_of_the_refund(invited, settings):
    order = invited.friend(units=4)
    invited.refund(order)
    assert invited.has() == (0, 750, 0)


def test_what_was_spent_already_becomes_a_debt_that_the_next_reward_pays(invited):
    order = invited.friend(units=2)
    invited.wait()
    mine = invited.shop.up_to(
        "paid", {invited.pears: 1}, customer=invited.wang,
        options={"referral_rebate": {"spend": "max"}},
    )  # fmt: skip
    assert (mine.total, invited.has()) == (8000, (0, 0, 0))
    invited.refund(order, 2)
    assert invited.has() == (0, 0, 2000)
    invited.friend(units=3)
    assert invited.has() == (0, 1000, 0)


def test_first_only_is_used_up_by_an_order_that_is_refunded(invited):
    order = invited.friend()
    invited.refund(order)
    invited.again(order)
    assert invited.has() == (0, 0, 0)


def test_a_hand_out_that_is_undone_takes_it_back_and_the_next_gives_it_again(invited):
    order = invited.friend()
    pickup.undo(invited.ctx, order.id, "a slip")
    assert invited.has() == (0, 0, 0)
    invited.shop.hand_out(invited.shop.seen(order))
    assert invited.has() == (0, 1000, 0)
    assert len(invited.of(order)) == 1


# -- never oneself, never in a circle ------------------------------------------------------------


def place(invited, code, **who):
    return invited.shop.up_to("placed", {invited.pears: 1}, options=invited.options(code), **who)


def test_case_18_nobody_is_paid_for_himself_or_in_a_circle(invited):
    with pytest.raises(Reject, match="referral_rebate_own_code"):
        place(invited, invited.code, customer=invited.wang)
    with pytest.raises(Reject, match="referral_rebate_own_code"):
        place(invited, invited.code, phone="+8613000000100")
    li = invited.friend()
    code = bindings.code_of(invited.ctx, li.customer_id)
    with pytest.raises(Reject, match="referral_rebate_circle"):
        place(invited, code, customer=invited.wang)
    assert bindings.of_invitee(invited.ctx, invited.wang) is None


def test_case_18_a_chain_of_a_thousand_pays_one_hop(invited):
    above = invited.wang
    for number in range(1000):
        options = invited.options(bindings.code_of(invited.ctx, above))
        above, _ = accounts.find_or_make(invited.ctx, f"+86139{number:08}", "", options)
    code = bindings.code_of(invited.ctx, above)
    with pytest.raises(Reject, match="referral_rebate_circle"):
        place(invited, code, customer=invited.wang)
    invited.friend(code=code)
    assert invited.has(above) == (0, 1000, 0)
    assert db.value("SELECT COUNT(*) FROM referral_rebate_reward") == 1
    assert invited.has() == (0, 0, 0)


@pytest.fixture
def plugins():
    return (signed_pay.plugin(),)


@pytest.fixture
def enabled(settings):
    return {"referral_rebate": settings, "signed_pay": {}}


def pay_by(invited, order, payer):
    begun = payments.start(invited.ctx, order.id, "signed_pay", "card")
    said = signed_pay.notice(invited.ctx, begun["id"], order.total, payer=payer)
    assert notices.accept_notice(invited.ctx, "signed_pay", said) == "applied"
    return invited.shop.hand_out(invited.shop.seen(order))


@pytest.mark.parametrize(("other", "amount"), [("acct-1", 0), ("acct-2", 1000)])
def test_never_oneself_by_the_account_that_paid(invited, other, amount):
    mine = invited.shop.up_to("placed", {invited.pears: 1}, customer=invited.wang)
    pay_by(invited, mine, "acct-1")
    order = invited.friend("placed")
    pay_by(invited, order, other)
    assert invited.has() == (0, amount, 0)
    [reward] = invited.of(order)
    assert (reward.state, reward.reason) == (("granted", "") if amount else ("refused", "payer"))


# -- bound ---------------------------------------------------------------------------------------


def test_only_a_new_customer_is_bound_by_the_first_code(invited):
    old = invited.shop.up_to("placed", {invited.pears: 1})
    invited.again(old, "placed", options=invited.options())
    assert invited.binding(old) is None
    order = invited.friend("placed", option={"source": "wechat"})
    found = invited.binding(order)
    assert (found.referrer_id, found.source, found.order_id) == (
        invited.wang, "wechat", order.id,
    )  # fmt: skip
    other = bindings.code_of(invited.ctx, old.customer_id)
    invited.again(order, "placed", options=invited.options(other))
    assert invited.binding(order).referrer_id == invited.wang


def test_a_code_that_nobody_has_is_refused_and_leaves_nothing(invited):
    before = db.value("SELECT COUNT(*) FROM customer")
    with pytest.raises(Reject, match="referral_rebate_unknown_code"):
        invited.friend("placed", code="NOBODY")
    assert db.value("SELECT COUNT(*) FROM customer") == before


@pytest.mark.parametrize("by", ["invitee", "referrer", "staff"])
def test_a_binding_that_was_removed_earns_nothing_more(invited, by):
    order = invited.friend("placed")
    bindings.remove(invited.ctx, invited.binding(order), by)
    invited.shop.hand_out(invited.shop.pay(order))
    assert invited.has() == (0, 0, 0)
    invited.again(order, options=invited.options())
    assert invited.binding(order).removed_by == by


def test_an_order_after_the_binding_is_over_earns_nothing(invited):
    order = invited.friend("placed")
    invited.shop.forward(days=90)
    invited.again(order)
    assert invited.has() == (0, 0, 0)


# -- judged --------------------------------------------------------------------------------------


def test_an_owner_holds_releases_and_voids_a_pending_reward(invited):
    order = invited.friend()
    [reward] = invited.of(order)
    with pytest.raises(Reject, match="referral_rebate_reason"):
        rewards.judge(invited.ctx, reward.id, "held")
    rewards.judge(invited.ctx, reward.id, "held", "the same address")
    assert invited.has() == (0, 0, 0)
    invited.shop.forward(days=8)
    rewards.judge(invited.ctx, reward.id, "granted")
    assert invited.has() == (1000, 0, 0)
    with pytest.raises(Conflict, match="referral_rebate_available"):
        rewards.judge(invited.ctx, reward.id, "void", "too late")
    [other] = invited.of(invited.friend())
    rewards.judge(invited.ctx, other.id, "void", "himself")
    with pytest.raises(Conflict, match="referral_rebate_over"):
        rewards.judge(invited.ctx, other.id, "granted")
    assert invited.has() == (1000, 0, 0)


def test_both_are_told(invited, monkeypatch):
    sent = []
    monkeypatch.setattr(channels, "send", lambda ctx, message: sent.append(message))
    invited.friend()
    invited.shop.run_jobs()
    [message] = sent
    assert (message.kind, message.to) == ("referral_rebate_earned", "+8613000000100")
    assert "10.00" in message.text
