"""Any history of a shop ends as the model says, and the books are right after every step."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from shop import db
from tests.model.machine import Machine

pytestmark = pytest.mark.both_databases


def run(shop, examples, steps=30, every=1, **more):
    run_state_machine_as_test(
        type("Shop", (Machine,), {"shop": shop, "every": every}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            **more,
        ),
    )


def test_any_history_agrees_with_the_model(shop):
    if db.is_postgres():
        run(shop, 4, every=10, derandomize=True)
    else:
        run(shop, 12, 40, derandomize=True)


@pytest.mark.slow
def test_many_more_histories_agree_with_the_model(shop):
    run(shop, 20 if db.is_postgres() else 200, 50, derandomize=True)
