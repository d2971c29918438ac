"""Case 84: the database server is stopped hard, or cuts every connection, while people buy."""

import time

import httpx
import psycopg
import pytest

from shop import db
from shop.ops import schema
from tests.faults.cluster import Cluster
from tests.faults.conftest import UNITS
from tests.faults.crowd import Crowd
from tests.tools.waiting import wait_for

pytestmark = [pytest.mark.postgres_only, pytest.mark.slow]
OTHERS = """
SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"""


@pytest.fixture(scope="module")
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.end()


@pytest.fixture
def database_url(cluster, migrated):
    """A fresh database of a server of its own."""
    with psycopg.connect(cluster.url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS shop WITH (FORCE)")
        admin.execute("CREATE DATABASE shop")
    url = cluster.url.replace("/postgres", "/shop")
    database = db.connect(url)
    schema.migrate(migrated)
    database.close()
    return url


def test_case_84_a_server_that_is_stopped_hard_is_503_and_then_all_goes_on(
    cluster, shop, live, stocked, rounds
):
    workers = set(wait_for(live.workers))
    with Crowd(live, stocked) as crowd:
        for _ in range(rounds):
            crowd.after(5)
            cluster.stop("immediate")
            answer = httpx.get(f"{live.url}/pickup-points")
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable_service")
            assert answer.headers["Retry-After"]
            assert httpx.get(f"{live.address}/readyz").status_code == 503
            assert httpx.get(f"{live.address}/healthz").status_code == 200
            cluster.start()
        crowd.after(5)
    assert crowd.statuses[503]
    db.database.close()
    crowd.prove(shop.ctx, UNITS)
    assert set(live.workers()) == workers, "it healed without a new worker"
    assert httpx.get(f"{live.address}/readyz").status_code == 200


def test_connections_that_are_cut_are_made_anew_and_nothing_happens_twice(
    cluster, shop, live, stocked, rounds
):
    with Crowd(live, stocked) as crowd, psycopg.connect(cluster.url, autocommit=True) as admin:
        cut = 0
        for _ in range(10 * rounds):
            crowd.after(1)
            time.sleep(0.02)
            cut += admin.execute(OTHERS).fetchone()[0]
        crowd.after(5)
    assert cut > 10
    db.database.close()
    crowd.prove(shop.ctx, UNITS)
