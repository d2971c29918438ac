"""Jobs and events, for staff."""

from shop import db
from shop.jobs import events, jobs
from shop.people import accounts
from tests import factory

ADMIN = "/api/v1/orchard/admin"


def schedule(shop, key, store="orchard"):
    ctx = shop.context(store=store)
    jobs.schedule(ctx, "core", "nothing", key, ctx.now_us, {"order": 7}, f"order:{key}")
    return db.value("SELECT MAX(id) FROM job")


def test_the_owner_sees_retries_and_skips_a_dead_job(shop, client):
    owner, number = shop.bearer(), schedule(shop, "one")
    db.run("UPDATE job SET state = 'dead', tries = 8, error = 'boom' WHERE id = ?", number)
    [dead] = client.get(f"{ADMIN}/jobs?state=dead", headers=owner).json["items"]
    assert (dead["id"], dead["error"], dead["data"]) == (number, "boom", {"order": 7})
    assert dead["run_at"] == "2026-05-01T04:00:00Z"
    assert client.get(f"{ADMIN}/jobs/{number}", headers=owner).json == dead
    again = client.post(f"{ADMIN}/jobs/{number}/retry", headers=owner)
    assert (again.status_code, again.json["state"], again.json["tries"]) == (200, "waiting", 0)
    skipped = client.post(f"{ADMIN}/jobs/{number}/skip", headers=owner)
    assert skipped.json["state"] == "skipped"
    for action in ("retry", "skip"):
        response = client.post(f"{ADMIN}/jobs/{number}/{action}", headers=owner)
        assert (response.status_code, response.json["code"]) == (409, "job_not_waiting")
        assert "skipped" in response.json["detail"]


def test_jobs_are_paged_and_those_that_do_not_exist_are_404(shop, client):
    owner = shop.bearer()
    numbers = [schedule(shop, f"{n}") for n in range(3)]
    page = client.get(f"{ADMIN}/jobs?limit=2", headers=owner).json
    rest = client.get(f"{ADMIN}/jobs?after={page['next']}", headers=owner).json
    assert [job["id"] for job in page["items"] + rest["items"]] == numbers[::-1]
    for path in ("/jobs/99", "/jobs/99999999999999999999"):
        assert client.get(ADMIN + path, headers=owner).status_code == 404
    assert client.post(f"{ADMIN}/jobs/99/retry", headers=owner).status_code == 404
    assert client.get(f"{ADMIN}/jobs?state=lost", headers=owner).status_code == 422


def test_events_are_found_by_kind_and_by_order(shop, client):
    owner = shop.bearer()
    accounts.find_or_make(shop.ctx, "13800138000")
    order = factory.order(shop.ctx)
    events.record(shop.ctx, "order.noted", order.id, order.customer_id, text="x")

    def kinds(query):
        found = client.get(f"{ADMIN}/events{query}", headers=owner)
        assert found.status_code == 200
        return [event["kind"] for event in found.json["items"]]

    assert kinds("?limit=1") == ["order.noted"]
    assert set(kinds("?kind=customer.joined")) == {"customer.joined"}
    assert kinds(f"?order={order.number}")[0] == "order.noted"
    assert "customer.joined" not in kinds(f"?order={order.number}")
    assert kinds("?order=NOSUCH") == []
