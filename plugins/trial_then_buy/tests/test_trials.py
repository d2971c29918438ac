"""What becomes of a trial, to the cent."""

import pytest

from shop import Conflict, Reject, db
from shop.carts.quote import Item
from shop.messages import channels
from shop.orders import order_view
from shop.payments import dues, payments, refunds
from shop.pickup import pickup
from shop.stock import stock
from shop.testing.live import key
from shop_plugins.trial_then_buy import offers, trials

pytestmark = pytest.mark.both_databases

HOURS = 24


def problems(tried, options, units=1):
    quoted = tried.shop.up_to("quoted", [Item("POT", units, options)])
    return [problem.code for problem in quoted.problems]


# -- before anything is agreed ---------------------------------------------------------------------


def test_every_branch_is_told_before_anybody_agrees(tried):
    options = {"trial_then_buy": {"offer": tried.offer.id}}
    quoted = tried.shop.up_to("quoted", [Item("POT", 1, options)])
    [problem] = quoted.problems
    assert problem.code == "trial_then_buy_accept"
    assert problem.facts["branches"] == {
        "pay_now": 2500,
        "bought": {"more": 5500, "back": 0, "total": 8000},
        "returned": {"more": 0, "back": 2000, "total": 500},
        "damaged": {"more": 0, "back": 0, "total": 2500},
        "not_returned": {"more": 0, "back": 0, "total": 2500},
    }
    assert (quoted.subtotal, quoted.total) == (500, 2500)


def test_terms_that_were_not_accepted_or_are_old_are_refused(tried):
    with pytest.raises(Reject, match="trial_then_buy_accept"):
        tried.shop.up_to(
            "placed", {tried.pot: 1}, line_options=tried.options(accept="an-old-version")
        )


def test_another_price_is_another_version(shop, tried):
    before = tried.options()
    other = offers.create(shop.ctx, {"sku": "POT", "fee": 600, "deposit": 2000})
    assert tried.options(other)["trial_then_buy"]["accept"] != before["trial_then_buy"]["accept"]


def test_it_is_bought_alone(tried):
    options = tried.options()
    jam = tried.shop.product(900)
    quoted = tried.shop.up_to("quoted", [Item("POT", 1, options), Item(jam.sku, 1)])
    assert [problem.code for problem in quoted.problems] == ["buy_alone"]


def test_no_more_units_than_the_offer_allows(tried):
    assert problems(tried, tried.options(), units=2) == ["over_limit"]


def test_an_offer_that_is_over_or_of_something_else_is_unknown(tried):
    options = tried.options()
    jam = tried.shop.product(900)
    quoted = tried.shop.up_to("quoted", [Item(jam.sku, 1, options)])
    assert [problem.code for problem in quoted.problems] == ["trial_then_buy_unknown_offer"]
    offers.end(tried.shop.ctx, tried.offer.id)
    assert problems(tried, options) == ["trial_then_buy_unknown_offer"]


def test_the_money_comes_first(tried):
    with pytest.raises(Reject, match="prepay_required"):
        tried.order("placed", payment={"provider": "manual", "method": "at_pickup"})
    order = tried.order("placed")
    tried.shop.forward(minutes=16)
    assert tried.shop.seen(order).state == "cancelled"
    assert trials.of_order(tried.shop.ctx, order.id).state == "cancelled"


def test_one_trial_of_a_product_at_a_time(tried):
    customer = tried.shop.customer()
    trial = tried.trial(customer=customer)
    with pytest.raises(Reject, match="trial_then_buy_has_one") as refused:
        tried.order("placed", customer=customer)
    assert refused.value.status == 409
    trials.returned(tried.shop.ctx, trial.id)
    trials.settle(tried.shop.ctx, trial.id)
    assert tried.trial(customer=customer).state == "running"


# -- when it runs --------------------------------------------------------------------------------


def test_it_runs_from_the_hand_out_not_from_the_payment(tried):
    order = tried.order("paid")
    assert trials.of_order(tried.shop.ctx, order.id).state == "waiting"
    tried.shop.forward(days=3)
    tried.shop.hand_out(order)
    trial = trials.of_order(tried.shop.ctx, order.id)
    assert trial.state == "running"
    assert (trial.due_at - tried.shop.ctx.now).days == 7


def test_a_hand_out_that_is_undone_makes_it_wait_again(tried):
    trial = tried.trial()
    pickup.undo(tried.shop.ctx, trial.order_id, "a slip")
    assert tried.again(trial).state == "waiting"
    tried.shop.hand_out(order_view.load(tried.shop.ctx, trial.order_id))
    assert tried.again(trial).state == "running"


def test_overdue_is_true_on_the_day_without_any_job(tried):
    trial = tried.trial()
    tried.shop.clock.forward(days=7)
    assert trials.state(tried.shop.ctx, tried.again(trial)) == "overdue"


def test_reminders_come_two_days_before_on_the_day_and_two_days_after(tried, monkeypatch):
    sent = []
    monkeypatch.setattr(channels, "send", lambda ctx, message: sent.append(message.text) or "log")
    tried.trial()
    for _ in range(12):
        tried.shop.forward(days=1)
    assert len(sent) == 3
    assert all("POT" in text.upper() and "¥55.00" in text for text in sent)


def test_nobody_is_reminded_of_what_came_back(tried, monkeypatch):
    sent = []
    monkeypatch.setattr(channels, "send", lambda ctx, message: sent.append(message) or "log")
    trials.returned(tried.shop.ctx, tried.trial().id)
    tried.shop.forward(days=12)
    assert sent == []


# -- how it ends ---------------------------------------------------------------------------------


def test_who_buys_owes_the_price_less_deposit_and_fee(tried):
    trial = tried.trial()
    trials.buy(tried.shop.ctx, trial.id)
    assert tried.money(trial) == (2500, 5500)
    payments.record(tried.shop.ctx, trial.order_id, "manual", "transfer", 5500)
    assert tried.money(trial) == (8000, 0)
    with pytest.raises(Conflict, match="trial_then_buy_not_running"):
        trials.buy(tried.shop.ctx, trial.id)


def test_what_was_paid_above_the_price_goes_back(shop, tried):
    dear = offers.create(shop.ctx, {"sku": "POT", "fee": 500, "deposit": 9000})
    trial = trials.of_order(shop.ctx, tried.order(offer=dear).id)
    trials.buy(shop.ctx, trial.id)
    assert tried.money(trial) == (8000, 0)


def test_who_brings_it_back_gets_the_deposit_and_the_goods_are_for_sale_again(tried):
    trial = tried.trial()
    assert stock.left(tried.shop.ctx, "main")[tried.pot.variant_id] == 49
    trials.returned(tried.shop.ctx, trial.id, "as new")
    trials.settle(tried.shop.ctx, trial.id)
    assert tried.money(trial) == (500, 0)
    assert stock.left(tried.shop.ctx, "main")[tried.pot.variant_id] == 50


def test_damage_is_kept_of_the_deposit_and_never_more(tried):
    trial = tried.trial()
    trials.returned(tried.shop.ctx, trial.id)
    with pytest.raises(Reject, match="trial_then_buy_damage"):
        trials.settle(tried.shop.ctx, trial.id, 2001, "write_off")
    trials.settle(tried.shop.ctx, trial.id, 700, "write_off")
    assert tried.money(trial) == (1200, 0)
    assert stock.left(tried.shop.ctx, "main")[tried.pot.variant_id] == 49


def test_a_fee_that_was_refunded_does_not_count(tried):
    trial = tried.trial()
    line = order_view.load(tried.shop.ctx, trial.order_id).lines[0]
    refunds.refund(tried.shop.ctx, trial.order_id, "kind", amounts={("line", line.id): 500})
    trials.buy(tried.shop.ctx, trial.id)
    assert tried.money(trial) == (2000, 6000)


def test_a_trial_whose_money_all_went_back_before_it_began_is_over(tried):
    trial = tried.trial("paid")
    order = order_view.load(tried.shop.ctx, trial.order_id)
    rows = {("line", order.lines[0].id): 500, ("adjustment", order.adjustments[0].id): 2000}
    refunds.refund(tried.shop.ctx, trial.order_id, "kind", amounts=rows)
    assert order_view.load(tried.shop.ctx, trial.order_id).state == "cancelled"
    assert tried.again(trial).state == "cancelled"
    tried.trial("paid", customer=order.customer_id)


class TestCharging:
    @pytest.fixture
    def enabled(self):
        return {"trial_then_buy": {"overdue": "charge"}}

    def test_on_the_day_the_price_is_owed_and_the_deposit_stays(self, tried):
        trial = tried.trial()
        tried.shop.forward(days=7)
        assert tried.money(trial) == (2500, 5500)
        assert tried.again(trial).charged_at is not None

    def test_who_buys_after_that_owes_nothing_more(self, tried):
        trial = tried.trial()
        tried.shop.forward(days=8)
        trials.buy(tried.shop.ctx, trial.id)
        assert tried.money(trial) == (2500, 5500)

    @pytest.mark.parametrize("paid", [0, 1500, 5500])
    def test_who_brings_it_back_after_that_owes_nothing(self, tried, paid):
        trial = tried.trial()
        tried.shop.forward(days=8)
        if paid:
            payments.record(tried.shop.ctx, trial.order_id, "manual", "transfer", paid)
        late = tried.shop.ctx
        trials.returned(late, trial.id)
        trials.settle(late, trial.id, 300)
        kept, owed = tried.money(trial)
        suspense = db.value("SELECT COALESCE(SUM(amount - refunded - applied), 0) FROM suspense")
        assert (kept, owed, suspense) == (800, 0, 0 if paid in (0, 5500) else suspense)

    def test_a_job_that_comes_again_charges_once(self, tried):
        trial = tried.trial()
        tried.shop.forward(days=7)
        due = {"trial": trial.id, "due": int(trial.due_at.timestamp()) * 1_000_000}
        trials.charge_overdue(tried.shop.ctx, due)
        assert tried.money(trial) == (2500, 5500)
        assert len(dues.show(tried.shop.ctx)["items"]) == 1


# -- an offer is changed -------------------------------------------------------------------------


def test_an_offer_is_changed_for_the_next_and_whoever_agreed_keeps_his_terms(tried):
    ctx = tried.shop.ctx
    before, trial = tried.options(), tried.trial()
    offers.change(ctx, tried.offer.id, 1, {"fee": 700, "days": 3})
    assert problems(tried, before) == ["trial_then_buy_accept"]
    trials.buy(ctx, trial.id)
    assert tried.money(trial) == (2500, 5500)
    assert tried.order("placed").total == 2700
    with pytest.raises(Reject, match="precondition_failed"):
        offers.change(ctx, tried.offer.id, 1, {"fee": 100})
    with pytest.raises(Reject, match="trial_then_buy_terms"):
        offers.change(ctx, tried.offer.id, 2, {"fee": 8001})
    offers.end(ctx, tried.offer.id)
    with pytest.raises(Conflict, match="trial_then_buy_offer_over"):
        offers.change(ctx, tried.offer.id, 3, {"fee": 100})


# -- whether it pays -----------------------------------------------------------------------------


class TestLoss:
    @pytest.fixture
    def enabled(self):
        return {"trial_then_buy": {"loss_check": "refuse", "loss_prior": 10}}

    def test_a_fee_below_the_expected_loss_is_refused(self, shop):
        pot = shop.product(variants=[{"sku": "POT", "price": 8000, "stock": 9, "cost": 4000}])
        with pytest.raises(Reject, match="fee_too_low") as caught:
            offers.create(shop.ctx, {"sku": "POT", "fee": 399, "deposit": 0})
        assert caught.value.facts == {"fee": 399, "least": 400}
        assert offers.create(shop.ctx, {"sku": "POT", "fee": 400, "deposit": 0}).variant_id
        assert pot

    def test_what_never_comes_back_counts_as_lost_from_two_weeks_after_its_day(self, shop):
        shop.product(variants=[{"sku": "POT", "price": 8000, "stock": 99, "cost": 4000}])
        offer = offers.create(shop.ctx, {"sku": "POT", "fee": 400, "deposit": 0})
        terms = offers.running(shop.ctx, [offer.id])[offer.id][3]
        options = {"trial_then_buy": {"offer": offer.id, "accept": terms.version}}
        made = [
            trials.of_order(shop.ctx, shop.up_to("completed", {"POT": 1}, line_options=options).id)
            for _ in range(20)
        ]
        for trial in made[:15]:
            trials.buy(shop.ctx, trial.id)
        shop.forward(days=20)
        assert offers.expected_loss(shop.ctx, offer.variant_id, 4000) == 400
        shop.forward(days=1)
        assert offers.expected_loss(shop.ctx, offer.variant_id, 4000) == 1000


@pytest.mark.parametrize("looks", [1, 2])
def test_an_offer_that_ends_while_the_order_is_placed_is_refused(shop, tried, monkeypatch, looks):
    """After the price was read, and after the quote was checked."""
    body = {
        "lines": [{"sku": "POT", "quantity": 1, "options": tried.options()}],
        "contact": {"name": "Wang", "phone": "+8613800138000"},
    }
    running, seen = offers.running, []

    def until(ctx, asked):
        seen.append(asked)
        return running(ctx, asked) if len(seen) <= looks else {}

    monkeypatch.setattr(offers, "running", until)
    answer = shop.client.post(shop.url("/orders"), json=body, headers=key())
    assert (answer.status_code, answer.json["code"]) == (422, "trial_then_buy_unknown_offer")
