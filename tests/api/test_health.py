"""What machines that watch are told."""

import pytest

from shop import db
from shop.ops import schema


def test_a_shop_that_works_is_healthy_and_ready(client):
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ready", "problems": []}


@pytest.mark.sqlite_only
def test_a_shop_with_pending_migrations_is_not_ready(client):
    schema.rollback({}, "core")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["problems"] == ["core 0001_initial"]
    assert client.get("/healthz").status_code == 200


@pytest.mark.sqlite_only
def test_a_shop_without_its_database_is_not_ready(client, shop):
    def away(sql):
        import peewee

        raise peewee.OperationalError("the server has gone")

    with db.watched(away):
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200


def test_metrics_tell_jobs_and_answer_only_who_is_near(client):
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert 'shop_jobs{state="waiting"} 0.0' in answer.text
    far = client.get("/metrics", environ_overrides={"REMOTE_ADDR": "8.8.8.8"})
    assert far.status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
