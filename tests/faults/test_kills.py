"""Cases 79 and 80: kill -9, of a worker and of all, while people buy."""

import os
import random
import signal
import time

import pytest

from tests.faults.conftest import UNITS
from tests.faults.crowd import Crowd
from tests.tools.waiting import wait_for


def test_case_79_workers_that_are_killed_while_people_buy_lose_nothing(shop, live, stocked, rounds):
    chance = random.Random(7)
    with Crowd(live, stocked) as crowd:
        for _ in range(3 * rounds):
            crowd.after(3)
            time.sleep(chance.random() / 3)
            os.kill(chance.choice(wait_for(live.workers)), signal.SIGKILL)
        crowd.after(3)
    crowd.prove(shop.ctx, UNITS)
    wait_for(lambda: len(live.workers()) == 2)


@pytest.mark.slow
def test_case_80_after_the_whole_server_was_killed_it_starts_and_the_books_are_right(
    shop, live, stocked, rounds
):
    with Crowd(live, stocked) as crowd:
        for _ in range(rounds):
            crowd.after(5)
            live.stop(signal.SIGKILL)
            live.start()
        crowd.after(3)
    assert crowd.statuses["away"]
    crowd.prove(shop.ctx, UNITS)
