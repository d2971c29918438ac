"""The ledger by example. Every history at once: test_ledger_model.py."""

import pytest

from shop.errors import Conflict, NotFound
from shop.ledger import ledger
from shop.models import Customer
from shop.testing import NOON

pytestmark = pytest.mark.both_databases

HOUR = 3_600_000_000


@pytest.fixture
def customer(shop):
    return Customer.create(store="orchard", phone="+8613800000000", created_at=NOON).id


def have(shop, customer, unit="points"):
    found = ledger.balance(shop.ctx, unit, customer)
    return found["available"], found["pending"], found["debt"]


def test_a_grant_can_be_spent_once_it_is_due_and_until_it_expires(shop, customer, clock):
    now = shop.ctx.now_us
    ledger.grant(
        shop.ctx, "points", customer, 100, "g", "test",
        available_at=now + HOUR, expires_at=now + 2 * HOUR,
    )  # fmt: skip
    assert have(shop, customer) == (0, 100, 0)
    with pytest.raises(Conflict) as refused:
        ledger.spend(shop.ctx, "points", customer, 1, "early", "test")
    assert refused.value.facts == {"have": 0, "need": 1}
    clock.forward(hours=1)
    assert have(shop, customer) == (100, 0, 0)
    assert ledger.balance(shop.ctx, "points", customer)["next_expiry"] == now + 2 * HOUR
    ledger.spend(shop.ctx, "points", customer, 30, "s", "test")
    clock.forward(hours=1)
    assert have(shop, customer) == (0, 0, 0)
    with pytest.raises(Conflict):
        ledger.spend(shop.ctx, "points", customer, 1, "late", "test")
    assert ledger.expire(shop.ctx) == 1
    assert ledger.expire(shop.ctx) == 0
    assert ledger.prove(shop.ctx) == []


def test_a_spend_is_whole_or_refused_and_a_stranger_has_nothing(shop, customer):
    ledger.grant(shop.ctx, "points", customer, 10, "g", "test")
    with pytest.raises(Conflict, match="insufficient_balance") as refused:
        ledger.spend(shop.ctx, "points", customer, 11, "s", "test")
    assert refused.value.facts == {"have": 10, "need": 11}
    with pytest.raises(Conflict):
        ledger.spend(shop.ctx, "credit", customer, 1, "s", "test")
    assert have(shop, customer) == (10, 0, 0)


def test_the_same_key_has_one_effect_and_one_result(shop, customer):
    first = ledger.grant(shop.ctx, "points", customer, 10, "g", "test")
    again = ledger.grant(shop.ctx, "points", customer, 99, "g", "test")
    assert (again.id, again.wallet, again.repeated) == (first.id, 10, True)
    assert not first.repeated
    with pytest.raises(ValueError, match="belongs to a grant"):
        ledger.spend(shop.ctx, "points", customer, 1, "g", "test")
    assert have(shop, customer) == (10, 0, 0)


def test_case_13_what_was_spent_before_a_refund_becomes_a_debt_that_the_next_grant_pays(
    shop, customer
):
    ledger.grant(shop.ctx, "points", customer, 100, "earned", "test")
    ledger.spend(shop.ctx, "points", customer, 70, "s", "test")
    taken = ledger.claw_back(shop.ctx, "earned", 100, "test")
    assert (taken.wallet, taken.debt) == (-30, -70)
    assert have(shop, customer) == (0, 0, 70)
    paid = ledger.grant(shop.ctx, "points", customer, 50, "next", "test")
    assert (paid.wallet, paid.debt) == (0, 50)
    ledger.grant(shop.ctx, "points", customer, 50, "third", "test")
    assert have(shop, customer) == (30, 0, 0)
    assert ledger.prove(shop.ctx) == []


def test_claw_back_takes_the_source_lot_then_others_and_is_cumulative(shop, customer):
    soon = shop.ctx.now_us + HOUR
    ledger.grant(shop.ctx, "points", customer, 40, "other", "test", expires_at=soon)
    ledger.grant(shop.ctx, "points", customer, 100, "earned", "test")
    ledger.spend(shop.ctx, "points", customer, 60, "s", "test")
    assert ledger.claw_back(shop.ctx, "earned", 30, "test").wallet == -30
    assert ledger.claw_back(shop.ctx, "earned", 30, "test").id is None
    ledger.grant(shop.ctx, "points", customer, 5, "more", "test")
    rest = ledger.claw_back(shop.ctx, "earned", 1000, "test")
    assert (rest.wallet, rest.debt) == (-55, -15)


def test_give_back_goes_to_the_very_lots_last_taken_first(shop, customer):
    now = shop.ctx.now_us
    ledger.grant(shop.ctx, "points", customer, 10, "a", "test", expires_at=now + HOUR)
    ledger.grant(shop.ctx, "points", customer, 10, "b", "test", expires_at=now + 2 * HOUR)
    ledger.spend(shop.ctx, "points", customer, 15, "s", "test")
    assert ledger.give_back(shop.ctx, "s", 5, "test").wallet == 5
    assert ledger.balance(shop.ctx, "points", customer)["next_expiry"] == now + 2 * HOUR
    assert ledger.give_back(shop.ctx, "s", 99, "test").wallet == 10
    assert ledger.balance(shop.ctx, "points", customer)["next_expiry"] == now + HOUR
    assert ledger.give_back(shop.ctx, "s", 99, "test").id is None


def test_grace_revives_what_comes_back_and_nothing_else(shop, customer, clock):
    end = shop.ctx.now_us + HOUR
    ledger.grant(shop.ctx, "points", customer, 100, "g", "test", expires_at=end)
    ledger.spend(shop.ctx, "points", customer, 40, "s", "test")
    clock.forward(hours=2)
    ledger.give_back(shop.ctx, "s", 10, "test")
    assert have(shop, customer) == (0, 0, 0)
    ledger.give_back(shop.ctx, "s", 40, "test", grace_us=HOUR)
    assert have(shop, customer) == (30, 0, 0)
    clock.forward(hours=1)
    assert have(shop, customer) == (0, 0, 0)
    assert ledger.prove(shop.ctx) == []


@pytest.mark.parametrize("job_ran", [False, True])
def test_what_expired_in_the_source_lot_counts_as_clawed_back(shop, customer, clock, job_ran):
    end = shop.ctx.now_us + HOUR
    ledger.grant(shop.ctx, "points", customer, 100, "g", "test", expires_at=end)
    ledger.spend(shop.ctx, "points", customer, 60, "s", "test")
    clock.forward(hours=2)
    if job_ran:
        ledger.expire(shop.ctx)
    ledger.claw_back(shop.ctx, "g", 100, "test")
    assert have(shop, customer) == (0, 0, 60)


def test_undo_reverses_once_and_exactly_or_not_at_all(shop, customer):
    ledger.grant(shop.ctx, "points", customer, 100, "g", "test")
    ledger.spend(shop.ctx, "points", customer, 60, "s", "test")
    ledger.give_back(shop.ctx, "s", 20, "test")
    with pytest.raises(Conflict, match="cannot_undo"):
        ledger.undo(shop.ctx, "g")
    assert ledger.undo(shop.ctx, "s").wallet == 40
    assert ledger.undo(shop.ctx, "s").repeated
    assert ledger.give_back(shop.ctx, "s", 60, "test").id is None
    assert ledger.undo(shop.ctx, "g").wallet == -100
    assert have(shop, customer) == (0, 0, 0)
    with pytest.raises(ValueError, match="not undone"):
        ledger.undo(shop.ctx, "g:undo")
    assert ledger.prove(shop.ctx) == []


def test_history_shows_both_accounts_newest_first(shop, customer):
    ledger.grant(shop.ctx, "points", customer, 10, "g", "test", order_id=7, reason="bought")
    ledger.spend(shop.ctx, "points", customer, 10, "s", "test")
    ledger.claw_back(shop.ctx, "g", 10, "test", "c")
    first = ledger.history(shop.ctx, customer, "points", limit=2)
    rest = ledger.history(shop.ctx, customer, "points", limit=2, after=first["next"])
    shown = [(i["key"], i["wallet"], i["debt"]) for i in first["items"] + rest["items"]]
    assert shown == [("c", 0, -10), ("s", -10, 0), ("g", 10, 0)]
    assert rest["next"] is None
    assert rest["items"][0]["reason"] == "bought"
    assert rest["items"][0]["order_id"] == 7
    assert ledger.history(shop.ctx, customer, "credit")["items"] == []


def test_balances_name_every_unit(shop, customer):
    ledger.grant(shop.ctx, "points", customer, 10, "g", "test")
    ledger.grant(shop.ctx, "credit", customer, 500, "h", "test")
    found = [(b["unit"], b["available"]) for b in ledger.balances(shop.ctx, customer)]
    assert found == [("credit", 500), ("points", 10)]


def test_suspense_holds_money_until_it_is_settled(shop):
    ledger.put_suspense(shop.ctx, 1, "CNY", 500, "suspense:1")
    assert ledger.put_suspense(shop.ctx, 1, "CNY", 500, "suspense:1").repeated
    ledger.settle_suspense(shop.ctx, 1, "CNY", 200, "suspense:1:0")
    with pytest.raises(Conflict, match="insufficient_balance"):
        ledger.settle_suspense(shop.ctx, 1, "CNY", 301, "suspense:1:200")


def test_nonsense_is_refused(shop, customer):
    for amount in (0, -1, 2**53):
        with pytest.raises(ValueError, match="above zero"):
            ledger.grant(shop.ctx, "points", customer, amount, "g", "test")
    with pytest.raises(ValueError, match="characters"):
        ledger.grant(shop.ctx, "points", customer, 1, "k" * 129, "test")
    with pytest.raises(ValueError, match="not a unit"):
        ledger.grant(shop.ctx, "a:b", customer, 1, "g", "test")
    with pytest.raises(NotFound):
        ledger.grant(shop.ctx, "points", 999, 1, "g", "test")
    with pytest.raises(NotFound):
        ledger.give_back(shop.ctx, "nothing", 1, "test")


@pytest.fixture
def stores_toml():
    return (
        '[stores.harbour]\nname = "港"\ncurrency = "CNY"\ntimezone = "Asia/Shanghai"\nlocale = "en"'
    )


def test_a_customer_of_another_store_has_no_wallet_here(shop, customer):
    with pytest.raises(NotFound):
        ledger.grant(shop.context(store="harbour"), "points", customer, 1, "g", "test")
    ledger.grant(shop.ctx, "points", customer, 1, "g", "test")
    with pytest.raises(NotFound):
        ledger.claw_back(shop.context(store="harbour"), "g", 1, "test")
