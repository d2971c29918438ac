"""The money of a trial beside a plain reference, for any terms and any end."""

from dataclasses import dataclass

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from shop.carts.quote import Item
from shop.orders import order_view
from shop.payments import payments
from shop_plugins.trial_then_buy import offers, trials


@dataclass
class Case:
    """Of one unit: amounts in minor units; `damage` in percent of the deposit."""

    fee: int
    deposit: int
    full: int
    units: int
    end: str
    damage: int


cases = st.builds(
    Case, st.integers(0, 5000), st.sampled_from([0, 100, 3000, 12_000]), st.integers(5000, 9000),
    st.integers(1, 3),
    st.sampled_from(["buy", "return", "late buy", "late return", "never"]), st.integers(0, 100),
)  # fmt: skip


def expected(case, rules):
    """(paid in all when everything owed is paid, the branch that was told)"""
    fee, deposit = case.fee * case.units, case.deposit * case.units
    price = case.full * case.units + (0 if rules["fee_counts"] else fee)
    charged = case.end == "never" and rules["overdue"] == "charge"
    if "buy" in case.end or charged:
        # overdue, nobody said that it is bought: the deposit stays, even above the price
        return (max(price, fee + deposit) if charged else price), "bought"
    if "return" in case.end:
        return fee + deposit * case.damage // 100, "returned"
    return fee + deposit, "not_returned"


@pytest.fixture(params=[True, False], ids=["counts", "beside"])
def rules(request):
    """Settings: what happens to who does not come alternates with whether the fee counts."""
    return {"fee_counts": request.param, "overdue": "charge"}


@pytest.fixture
def enabled(rules):
    return {"trial_then_buy": rules}


@settings(
    max_examples=30, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(case=cases)
def test_every_branch_costs_what_was_told_before_anybody_agreed(shop, rules, case):
    pot = shop.product(case.full, 10)
    facts = {"sku": pot.sku, "fee": case.fee, "deposit": case.deposit, "days": 2, "units": 3}
    offer = offers.create(shop.ctx, facts)
    agreed = offers.running(shop.ctx, [offer.id])[offer.id][3]
    told = agreed.branches(case.units)
    options = {"trial_then_buy": {"offer": offer.id, "accept": agreed.version}}
    order = shop.up_to("completed", [Item(pot.sku, case.units, options)])
    trial = trials.of_order(shop.ctx, order.id)
    assert order.total == told["pay_now"]
    if case.end.startswith("late") or case.end == "never":
        shop.forward(days=3)
    damage = case.deposit * case.units * case.damage // 100
    if "buy" in case.end:
        trials.buy(shop.ctx, trial.id)
    elif "return" in case.end:
        trials.returned(shop.ctx, trial.id)
        trials.settle(shop.ctx, trial.id, damage)
    owed = order_view.load(shop.ctx, order.id).balance
    if owed:
        payments.record(shop.ctx, order.id, "manual", "transfer", owed)
    kept = order_view.load(shop.ctx, order.id).money_kept
    paid, branch = expected(case, rules)
    assert kept == paid
    if "buy" in case.end:
        assert kept == told["bought"]["total"]
    elif case.end == "never":
        assert kept == told["not_returned"]["total"]
    elif branch == "returned":
        assert told["returned"]["total"] <= kept <= told["damaged"]["total"]
    assert shop.fsck() == []
