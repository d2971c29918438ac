"""The routes and commands as staff use them."""

import pytest

from shop import db
from shop.testing.live import key
from shop.testing.receiver import says, url

PATH = "/admin/webhooks/endpoints"


@pytest.fixture
def staff(shop):
    """`staff("POST", path, body)`: (status, document)"""
    headers = shop.bearer()

    def ask(method, path, body=None, **more):
        answer = shop.client.open(
            shop.url(path), method=method, json=body, headers=headers | more.get("headers", {})
        )
        return answer.status_code, answer.json

    return ask


def test_a_secret_is_told_once_and_never_again(shop, staff, receiver):
    mine = {"headers": key()}
    status, made = staff("POST", PATH, {"url": url(receiver)}, **mine)
    assert status == 201
    assert made["secret"].startswith("whsec_")
    assert staff("POST", PATH, {"url": url(receiver)}, **mine) == (201, made), "the answer was lost"
    for path in (PATH, f"{PATH}/{made['id']}", "/admin/audit"):
        assert made["secret"] not in str(staff("GET", path))
    kept = db.rows("SELECT answer FROM idempotency") + db.rows("SELECT data FROM audit")
    assert made["secret"] not in str(kept)


def test_a_receiver_is_changed_pinged_rotated_and_forgotten(shop, staff, receiver):
    _, made = staff("POST", PATH, {"url": url(receiver), "kinds": ["order.paid"]})
    path = f"{PATH}/{made['id']}"
    assert (
        staff("PATCH", path, {"active": False}, headers={"If-Match": '"1-1"'})[1]["active"] is False
    )
    assert staff("PATCH", path, {"active": True}, headers={"If-Match": '"1-1"'})[0] == 412
    status, ping = staff("POST", f"{path}/ping")
    assert (status, ping["kind"], ping["state"]) == (201, "webhooks.ping", "waiting")
    shop.run_jobs()
    assert [asked.path for asked in receiver.asked] == ["/hook"]
    assert staff("GET", f"/admin/webhooks/deliveries/{ping['id']}")[1]["state"] == "done"
    status, rotated = staff("POST", f"{path}/rotate")
    assert (status, rotated["secret"] != made["secret"]) == (200, True)
    assert rotated["old_secret_until"]
    assert staff("DELETE", path, headers={"If-Match": '"1-3"'})[0] == 204
    assert staff("GET", path)[0] == 404
    assert staff("GET", "/admin/webhooks/deliveries")[1]["items"] == []


def test_a_failure_is_found_and_sent_again(shop, staff, receiver):
    receiver.answer = says(410)
    _, made = staff("POST", PATH, {"url": url(receiver)})
    staff("POST", f"{PATH}/{made['id']}/ping")
    shop.run_jobs()
    _, page = staff("GET", f"/admin/webhooks/deliveries?state=failed&endpoint={made['id']}")
    [failed] = page["items"]
    assert (failed["status"], failed["error"]) == (410, "it is gone")
    status, again = staff("POST", f"/admin/webhooks/deliveries/{failed['id']}/replay")
    assert (status, again["state"]) == (200, "waiting")
    assert (
        staff("POST", f"/admin/webhooks/deliveries/{failed['id']}/replay")[1]["code"]
        == "webhooks_waiting"
    )


@pytest.mark.parametrize("kind", ["paid", "order.", "Order.paid", "order.paid.", 7])
def test_an_event_of_no_form_is_refused(staff, receiver, kind):
    assert staff("POST", PATH, {"url": url(receiver), "kinds": [kind]})[0] == 422


@pytest.mark.sqlite_only
def test_the_commands(own_shop):
    run = own_shop("webhooks", lambda ctx: None, webhooks={})
    assert "whsec_" in run("add", "https://erp.invalid/hook", "--event", "order.paid")
    assert "order.paid" in run("list")
    assert "Sent by" in run("sent")
