"""Customers race for the last seats of many teams while deadlines pass and payments arrive late,
twice and out of order; the job runner starts hours late and is killed in the middle of its work."""

import os
import random
import signal
import threading
import time
from collections import Counter

import pytest

from shop import Reject, db
from shop.carts.quote import Basket, Item
from shop.jobs.runner import Runner
from shop.orders import order_view, orders
from shop.payments import notices, payments
from shop.stock import claims, stock
from shop_plugins.group_buy import members, teams

signed_pay = pytest.importorskip("tests.signed_pay")
SIZE, THREADS = 4, 6


@pytest.fixture
def plugins():
    return (signed_pay.plugin(),)


@pytest.fixture
def enabled():
    return {"group_buy": {"hours": 2}, "signed_pay": {}}


@pytest.fixture
def stores_toml():
    return "[shop.limits]\nunpaid_orders = 100\nunpaid_orders_per_peer = 100000\n"


class Drill:
    """`count` teams that lack three of four, and `buyers` who want those seats."""

    def __init__(self, teamed, count, buyers):
        self.teamed, self.shop, self.buyers = teamed, teamed.shop, buyers
        stock.adjust(teamed.ctx, "BOX", 10_000, "a lorry")
        self.campaign = teamed.make(size=SIZE, hours=2)
        self.codes = [teamed.team(teamed.opens(campaign=self.campaign)).code for _ in range(count)]
        self.late, self.refused, self.odd = [], Counter(), []
        self.lock = threading.Lock()

    def race(self):
        """Everyone tries a few teams, and pays at once, twice, later, or for another's order."""
        buyers = iter(range(self.buyers))

        def work(seed):
            chance = random.Random(seed)
            while (buyer := self._next(buyers)) is not None:
                try:
                    self._buy(chance, buyer)
                except Exception as error:
                    self.odd.append(error)
            db.database.close()

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            self.shop.clock.forward(seconds=40)
            time.sleep(0.02)
        for thread in threads:
            thread.join()
        assert self.odd == []

    def _next(self, buyers):
        with self.lock:
            return next(buyers, None)

    def _buy(self, chance, buyer):
        for code in chance.sample(self.codes, 3):
            basket = Basket([Item("BOX", 1, {"group_buy": {"join": code}})])
            phone = f"+8613{buyer:09}"
            draft = orders.Draft(basket, "Wang", phone, provider="signed_pay", method="card")
            ctx = self.shop.ctx
            try:
                order = db.retrying(lambda: orders.place(ctx, draft))  # noqa: B023
            except Reject as refusal:
                with self.lock:
                    self.refused[refusal.code] += 1
                continue
            begun = payments.start(self.shop.ctx, order.id, "signed_pay", "card")
            how = chance.random()
            if how < 0.6:
                self.money(begun["id"], order.total, 1 + (how < 0.15))
            else:
                with self.lock:
                    self.late.append((begun["id"], order.total))
            if how > 0.95:
                return

    def money(self, payment, amount, times=1):
        said = [signed_pay.notice(self.shop.ctx, payment, amount) for _ in range(times)]
        said += said[:1] if times > 1 else []
        for one in said:
            db.retrying(lambda: notices.accept_notice(self.shop.ctx, "signed_pay", one))  # noqa: B023

    def pay_late(self, share):
        """The oldest debts last."""
        self.late.sort(reverse=True)
        some, self.late = (
            self.late[: int(len(self.late) * share)],
            self.late[int(len(self.late) * share) :],
        )
        for payment, amount in some:
            self.money(payment, amount, 2)

    def done(self):
        """Orders that the runner has cancelled because their team failed."""
        return db.value("SELECT COUNT(*) FROM orders WHERE cancel_reason = 'group_buy_failed'")

    def kill_a_runner(self, after):
        """A process of its own runs the jobs until `after` more orders are cancelled; kill -9."""
        before = self.done()
        self.shop.instance.close()
        child = os.fork()
        if not child:
            try:
                self.shop.instance.database = db.connect(self.shop.config.database)
                Runner(self.shop.instance).run()
            finally:
                os._exit(1)
        self.shop.instance.database = db.connect(self.shop.config.database)
        for _ in range(600):
            if self.done() >= before + after:
                break
            time.sleep(0.01)
        os.kill(child, signal.SIGKILL)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        return self.done() - before

    def prove(self):
        """Every team is over and true to its size, each of a failed one has his money back once."""
        ctx, ends = self.shop.ctx, Counter()
        for code in self.codes:
            team = teams.find(ctx, code)
            assert team.state in ("complete", "failed")
            ends[team.state] += 1
            rows = db.rows(
                "SELECT order_id, state FROM group_buy_member WHERE team_id = ?", team.id
            )
            paid = [order for order, state in rows if state == "paid"]
            assert len(paid) == (SIZE if team.state == "complete" else 0)
            assert team.paid == len(paid)
            for order in order_view.load_many(ctx, [order for order, _ in rows]):
                member = members.of_order(ctx, order.id)
                refunds = db.rows("SELECT amount FROM refund WHERE order_id = ?", order.id)
                if member.state == "paid":
                    assert (order.state, order.money_kept, order.holds) == ("paid", 4500, [])
                    assert refunds == []
                else:
                    assert (order.state, order.money_kept) == ("cancelled", 0)
                    assert refunds == ([(4500,)] if order.paid else [])
            if team.state == "open":
                assert claims.left(ctx, teams.seats(code)) == SIZE
        assert db.value("SELECT COUNT(*) FROM suspense WHERE state <> 'refunded'") == 0
        assert db.value("SELECT COUNT(*) FROM job WHERE state = 'dead'") == 0
        assert self.shop.fsck() == []
        return ends


def drill(teamed, count, buyers, kills):
    found = Drill(teamed, count, buyers)
    found.race()
    found.pay_late(0.3)
    teamed.shop.clock.forward(hours=9)  # nobody has run a job so far
    killed = []
    for after in kills:
        killed.append(found.kill_a_runner(after))
        found.pay_late(0.5)
        teamed.shop.clock.forward(minutes=2)
    found.pay_late(1)
    teamed.shop.forward(hours=1)
    teamed.shop.forward(days=5)
    ends = found.prove()
    assert found.refused.keys() & {"team_full", "group_buy_team_over"}, found.refused
    assert all(killed), killed
    assert min(ends["complete"], ends["failed"]) > 0, ends


def test_a_race_for_the_last_seats_with_a_runner_that_dies(teamed):
    drill(teamed, 8, 36, [2])


@pytest.mark.slow
def test_drill_300_customers_and_50_teams(teamed):
    drill(teamed, 50, 300, [5, 9, 20])


def test_control_without_the_seats_a_team_has_more_members_than_it_holds(teamed, monkeypatch):
    monkeypatch.setattr(
        claims, "TAKE", claims.TAKE.replace("used + ? <= cap", "used + ? < 1000000")
    )
    monkeypatch.setattr(claims, "left", lambda ctx, counter: None)
    found = Drill(teamed, 4, 40)
    found.race()
    found.pay_late(1)
    with pytest.raises(AssertionError):
        found.prove()
