"""shop points …"""

import pytest

from shop import db
from shop.people import accounts

PHONE = "+8613000001111"


@pytest.fixture
def run(own_shop):
    """`run("balance", PHONE)` in a shop of its own, whose one customer is Wang."""
    return own_shop("points", _fill, 200, points={})


def _fill(ctx):
    with db.transaction():
        accounts.find_or_make(ctx, PHONE, "Wang")


def test_a_grant_a_look_and_a_history(run):
    assert "Wang has 500 points worth CN¥5.00" in run(
        "grant", PHONE, "500", "--reason", "gift", "--key", "one"
    )
    run("grant", PHONE, "500", "--reason", "gift", "--key", "one")
    assert "has 400 points" in run("take", "13000001111", "100", "--reason", "slip")
    assert "has 400 points" in run("balance", PHONE)
    told = run("history", PHONE)
    assert "+500" in told
    assert "-100" in told
    assert "slip" in told


def test_what_cannot_be_taken_is_told(run):
    assert "insufficient_balance" in run("take", PHONE, "1", "--reason", "slip", code=1)
    assert "no customer of" in run("balance", "+8613000002222", code=1)
    run("grant", PHONE, "0", "--reason", "x", code=2)
    run("grant", PHONE, "5", code=2)


def test_the_report(run):
    run("grant", PHONE, "500", "--reason", "gift")
    told = run("report", "--by", "month")
    assert "customers hold 500 and 0 pending, worth CN¥5.00; they owe 0" in told
    assert "at most" not in told
    assert "points_span" in run("report", "--from", "2020-01-01", code=1)
