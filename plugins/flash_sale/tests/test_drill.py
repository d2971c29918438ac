"""The drill: 1,000 units, one for each, 20,000 attempts by 2,000 customers through HTTP and several
workers. Exactly 1,000 are sold to 1,000 customers, and every book says so."""

import pytest

drills = pytest.importorskip("bench.flash_sale")

pytestmark = pytest.mark.slow


def test_exactly_a_thousand_are_sold_to_a_thousand_customers(tmp_path, database_url):
    outcome, _, wrong = drills.drill(tmp_path / "shop", database_url)
    assert wrong == []
    assert sum(outcome.statuses.values()) == 20_000


def test_control_without_the_guards_it_goes_wrong(tmp_path, database_url):
    _, _, wrong = drills.drill(
        tmp_path / "shop", database_url, units=100, customers=200, total=2000, unguarded=True
    )
    assert any("customers" in line for line in wrong)
