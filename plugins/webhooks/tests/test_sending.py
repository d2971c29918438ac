"""What a receiver gets, and what becomes of it when he does not take it."""

import base64
import hashlib
import hmac
import json
import threading
import time

import pytest

from shop import Conflict, Reject, db
from shop.jobs import events
from shop.jobs.runner import Runner
from shop.testing import killed_everywhere
from shop.testing.receiver import says, serving, url
from shop_plugins.webhooks import deliveries, endpoints, signing

pytestmark = pytest.mark.both_databases


def verified(asked, secret):
    """Whether a request was signed with this secret, as the specification says it, written anew."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode()
    right = base64.b64encode(hmac.new(key, signed + asked.body, hashlib.sha256).digest()).decode()
    return f"v1,{right}" in asked.headers["webhook-signature"].split(" ")


def test_the_example_of_the_specification_is_signed_alike():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signed = signing.sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_order_that_is_paid_is_told_with_its_number_and_nobody_s_name(shop, told, receiver):
    endpoint = told.add(receiver, kinds=["order.paid"])
    order = shop.up_to("paid")
    shop.run_jobs()
    [asked] = receiver.asked
    said = json.loads(asked.body)
    assert (said["type"], said["store"], said["data"]["order"]) == (
        "order.paid",
        "orchard",
        order.number,
    )
    assert asked.headers["Content-Type"] == "application/json"
    assert verified(asked, endpoint.secret)
    assert "Wang" not in asked.body.decode()
    assert order.contact_phone not in asked.body.decode()
    assert told.states() == [("done", 1, 200)]


def test_each_receiver_hears_what_it_wants(told, receiver):
    told.add(receiver, "/all")
    told.add(receiver, "/some", kinds=["tests.wanted"])
    off = told.add(receiver, "/off")
    endpoints.change(told.ctx, off.id, off.version, {"active": False})
    told.happens("tests.wanted")
    told.happens("tests.other")
    assert sorted(asked.path for asked in receiver.asked) == ["/all", "/all", "/some"]


def test_case_67_a_receiver_that_fails_is_asked_again_with_growing_pauses(shop, told, receiver):
    receiver.answer = says(500)
    told.add(receiver)
    told.happens()
    for pause in (10, 60, 300, 1800, 7200, 18000, 36000):
        shop.forward(seconds=pause - 1)
        before = len(receiver.asked)
        shop.forward(seconds=1)
        assert len(receiver.asked) == before + 1
    assert told.states() == [("failed", 8, 500)]
    shop.forward(days=3)
    assert len(receiver.asked) == 8
    assert len({asked.headers["webhook-id"] for asked in receiver.asked}) == 1
    assert len({asked.body for asked in receiver.asked}) == 1


def test_case_67_one_that_comes_back_has_it_all(shop, told, receiver):
    receiver.answer = says(503)
    told.add(receiver)
    happened = [told.happens() for _ in range(3)]
    receiver.answer = says(204, b"")
    shop.forward(minutes=1)
    assert told.states() == [("done", 2, 204)] * 3
    assert {asked.headers["webhook-id"] for asked in receiver.asked[3:]} == {
        f"orchard_{event}" for event in happened
    }


def test_case_67_whoever_answers_gone_is_switched_off(shop, told, receiver):
    receiver.answer = says(410)
    endpoint = told.add(receiver)
    told.happens()
    told.happens()
    shop.forward(days=3)
    assert len(receiver.asked) == 1
    assert told.states() == [("failed", 1, 410)]
    found = endpoints.get(told.ctx, endpoint.id)
    assert (found.active, found.why_off) == (False, "gone")
    assert db.value("SELECT COUNT(*) FROM event WHERE kind = 'webhooks.switched_off'") == 1


def test_what_waits_for_a_receiver_that_is_switched_off_is_dropped(shop, told, receiver):
    receiver.answer = says(500)
    endpoint = told.add(receiver)
    told.happens()
    endpoints.change(told.ctx, endpoint.id, endpoint.version, {"active": False})
    shop.forward(minutes=1)
    assert told.states() == [("dropped", 2, 0)]
    assert len(receiver.asked) == 1


def test_case_67_what_failed_is_sent_again_by_hand_under_its_id(shop, told, receiver):
    receiver.answer = says(410)
    endpoint = told.add(receiver)
    told.happens()
    receiver.answer = says(200)
    off = endpoints.get(told.ctx, endpoint.id)
    endpoints.change(told.ctx, endpoint.id, off.version, {"active": True})
    [failed] = told.sent()
    deliveries.replay(told.ctx, failed.id)
    with pytest.raises(Conflict, match="webhooks_waiting"):
        deliveries.replay(told.ctx, failed.id)
    shop.run_jobs()
    assert told.states() == [("done", 1, 200)]
    first, second = receiver.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    deliveries.replay(told.ctx, failed.id)
    shop.run_jobs()
    assert len(receiver.asked) == 3, "what was taken may be sent again too"


def test_case_68_a_crash_anywhere_between_commit_and_send_loses_nothing(
    shop, told, receiver, stride
):
    """And under one id, so that who hears it twice knows."""
    told.add(receiver)

    def prepare():
        with db.transaction():
            return events.record(told.ctx, "tests.happened")

    def act(event):
        shop.forward(minutes=10)
        ids = [asked.headers["webhook-id"] for asked in receiver.asked]
        assert f"orchard_{event}" in ids

    killed_everywhere(shop, prepare, act, stride)


@pytest.mark.parametrize("enabled", [{"webhooks": {"seconds": 25}}])
def test_case_69_one_that_is_slow_keeps_no_other_waiting(shop, told, receiver):
    """By a runner as it runs in a server: the slow one is still being waited for when the others
    have theirs."""

    seen = threading.Event()

    def sleeps(asked):
        seen.wait(60)

    with serving(sleeps) as slow:
        late = told.add(slow)
        told.add(receiver)
        runner = Runner(shop.instance, poll=0.05).start()
        try:
            with db.transaction():
                for _ in range(3):
                    events.record(told.ctx, "tests.happened")
            deadline = time.monotonic() + 180
            while len(receiver.asked) < 3 or not slow.asked:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            waiting = told.sent(endpoint=late.id)
            assert [one.tries for one in waiting] == [0, 0, 0]
            assert len(slow.asked) == 1, "one request at a time"
        finally:
            seen.set()
            runner.stop(180)
    assert ("waiting", 1, 0) in told.states()


def test_case_70_during_the_overlap_both_secrets_sign_and_then_one(shop, told, receiver):
    endpoint = told.add(receiver)
    old = endpoint.secret
    new = endpoints.rotate(told.ctx, endpoint.id).secret
    assert new != old
    told.happens()
    asked = receiver.asked[-1]
    assert len(asked.headers["webhook-signature"].split(" ")) == 2
    assert verified(asked, old)
    assert verified(asked, new)
    shop.clock.forward(hours=24)
    told.happens()
    asked = receiver.asked[-1]
    assert verified(asked, new)
    assert not verified(asked, old)


@pytest.mark.parametrize(
    "address", ["http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/"]
)
def test_case_66_an_address_inside_is_refused_when_it_is_saved_and_when_it_is_asked(
    told, receiver, address
):
    with pytest.raises(Reject, match="address_refused"):
        endpoints.look(told.ctx, {"url": address})
    endpoint = told.add(receiver)
    with pytest.raises(Reject, match="address_refused"):
        endpoints.change(told.ctx, endpoint.id, endpoint.version, {"url": address})
    db.run("UPDATE webhooks_endpoint SET url = ?", address)
    told.happens()
    [sent] = told.sent()
    assert (sent.state, sent.error) == ("waiting", "address_refused: private")


def test_case_66_a_redirect_inwards_is_a_failure(told, receiver):
    with serving(says(302, b"", Location=url(receiver))) as server:
        told.add(server)
        told.happens()
    assert (told.states(), receiver.asked) == ([("waiting", 1, 302)], [])


def test_as_many_receivers_as_the_owner_allows(shop, told, receiver):
    for _ in range(10):
        told.add(receiver)
    with pytest.raises(Reject, match="webhooks_too_many"):
        told.add(receiver)


def test_what_is_older_than_the_owner_keeps_is_forgotten(shop, told, receiver):
    told.add(receiver)
    told.happens()
    shop.forward(days=29)
    assert len(told.sent()) == 1
    shop.forward(days=2)
    assert told.sent() == []


def test_a_receiver_added_after_another_was_removed_is_told(told, receiver):
    old = told.add(receiver, "/old")
    told.happens()
    assert told.states() == [("done", 1, 200)]
    endpoints.remove(told.ctx, old.id, endpoints.get(told.ctx, old.id).version)
    told.add(receiver, "/new")
    told.happens()
    assert told.states() == [("done", 1, 200)]


def test_a_receiver_is_told_after_its_old_deliveries_were_forgotten(told, receiver):
    told.add(receiver)
    told.happens()
    told.shop.forward(days=31)
    told.shop.forward(days=1)
    assert told.states() == []
    told.happens()
    assert told.states() == [("done", 1, 200)]
