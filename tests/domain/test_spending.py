"""What was spent on an order comes back in the share in which the order went back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop import Caller, db
from shop.ledger import ledger
from shop.payments import spending
from shop.payments.spending import to_return

pytestmark = pytest.mark.filterwarnings("error")


class Line:
    """A line of an order as refunds leave it."""

    def __init__(self, number, net, quantity, refunded=0, refunded_amount=0):
        self.id, self.net, self.quantity = number, net, quantity
        self.refunded, self.refunded_amount = refunded, refunded_amount


@st.composite
def orders(draw):
    count = draw(st.integers(1, 5))
    lines = [
        Line(number, draw(st.integers(0, 10_000)), draw(st.integers(1, 9)))
        for number in range(count)
    ]
    paid = {line.id: draw(st.integers(0, 5_000)) for line in lines}
    if not any(paid.values()):
        paid[0] = 1
    return draw(st.integers(1, 10**6)), lines, {number: n for number, n in paid.items() if n}


@given(orders(), st.data())
def test_steps_of_refunds_return_ever_more_and_in_the_end_all(order, data):
    units, lines, paid = order
    before = 0
    for _ in range(6):
        for line in lines:
            line.refunded += data.draw(st.integers(0, line.quantity - line.refunded))
            line.refunded_amount += data.draw(st.integers(0, line.net - line.refunded_amount))
        now = to_return(units, lines, paid)
        assert before <= now <= units
        before = now
    for line in lines:
        line.refunded, line.refunded_amount = line.quantity, line.net
    assert to_return(units, lines, paid) == units


@given(orders())
def test_nothing_refunded_returns_nothing(order):
    assert to_return(*order) == 0


@given(orders())
def test_all_units_or_all_money_of_every_line_return_all(order):
    units, lines, paid = order
    for line in lines:
        line.refunded = line.quantity
    assert to_return(units, lines, paid) == units


class Quoted:
    """As much of a quote as is looked at."""

    def __init__(self, customer_id):
        self.customer_id = customer_id


def test_only_who_signed_in_by_a_code_and_for_himself_spends(shop):
    wang, li = shop.customer(), shop.customer("+8613000000009")
    ledger.grant(shop.ctx, "voucher", wang, 500, "gift:1", "gift")
    asks = lambda caller, whose: spending.available(  # noqa: E731
        shop.context(caller), "voucher", Quoted(whose)
    )
    assert asks(Caller("customer", wang, "Wang"), wang) == 500
    assert asks(Caller("customer", li, "Li"), wang) is None
    assert asks(Caller(), wang) is None
    assert asks(Caller("owner", wang, "Anna"), wang) is None
    db.change("UPDATE customer SET verified_at = NULL")
    assert asks(Caller("customer", wang, "Wang"), wang) is None


@pytest.mark.sqlite_only
def test_points_follow_the_money_when_an_amount_goes_back_before_a_unit():
    """Of 2000 points paid 200. A third of the 1800 in money goes back, then one of two units: half
    of the 1200 that are left. So two thirds of the points have come back, then all."""
    line = Line(1, 1800, 2, refunded_amount=600)
    assert to_return(20, [line], {1: 200}) == 6
    line.refunded, line.refunded_amount = 1, 1200
    assert to_return(20, [line], {1: 200}) == 13
    line.refunded, line.refunded_amount = 2, 1800
    assert to_return(20, [line], {1: 200}) == 20
