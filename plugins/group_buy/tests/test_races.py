"""The last payment and the deadline at the same moment, on real threads: in, or refunded."""

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest

from shop import db
from shop.payments import payments
from shop_plugins.group_buy import teams

pytestmark = pytest.mark.both_databases

ROUNDS = 8


def meet(*works):
    """Run all at once; the first exception is raised."""
    barrier, odd = threading.Barrier(len(works)), []

    def run(work):
        barrier.wait()
        try:
            db.retrying(work)
        except Exception as error:
            odd.append(error)
        finally:
            db.database.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if odd:
        raise odd[0]


def last_moment(teamed):
    """[(how the team ended, what the shop keeps of each member)], one for each round."""
    ends = []
    for number in range(ROUNDS):
        campaign = teamed.make(size=2, hours=1)
        first = teamed.opens(campaign=campaign)
        team = teamed.team(first)
        last = teamed.joins(team, "placed")
        in_time, over = teamed.ctx, teamed.ctx.at(teamed.ctx.now + timedelta(hours=1))

        def pay(ctx=in_time, order=last, late=number % 2):
            time.sleep(0.004 * late)
            payments.record(ctx, order.id, "manual", "transfer", order.total)

        def decide(ctx=over, code=team.code, late=number % 3 == 0):
            time.sleep(0.004 * late)
            teams.decide(ctx, code)

        meet(pay, decide)
        teamed.shop.forward(hours=2)
        kept = [teamed.seen(order).money_kept for order in (first, last)]
        ends.append((teamed.again(team).state, kept))
    return ends


def test_case_26_the_last_who_pays_when_the_team_closes_is_in_or_refunded(teamed):
    ends = last_moment(teamed)
    assert all(kept == [4500, 4500] if end == "complete" else kept == [0, 0] for end, kept in ends)
    assert Counter(end for end, _ in ends).keys() <= {"complete", "failed"}


@pytest.mark.postgres_only
def test_control_without_the_teams_row_somebody_is_neither(teamed, monkeypatch):
    """Both look at an open team, and both believe what they saw."""
    monkeypatch.setattr(teams, "hold", teams.find)
    paid = teams.paid

    def slowly(ctx, team):
        count = paid(ctx, team)
        time.sleep(0.05)
        return count

    monkeypatch.setattr(teams, "paid", slowly)
    close = teams.CLOSE.replace("AND state = 'open'", "AND state <> 'none'")
    monkeypatch.setattr(teams, "CLOSE", close)
    ends = last_moment(teamed)
    wrong = [
        (end, kept) for end, kept in ends
        if kept != ([4500, 4500] if end == "complete" else [0, 0])
    ]  # fmt: skip
    teamed.shop.broken = True
    assert wrong
