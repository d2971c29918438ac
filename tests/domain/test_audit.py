"""The log of staff actions."""

from shop.context import Caller
from shop.people import audit


def test_an_action_is_kept_with_its_actor_and_facts(shop):
    ctx = shop.context(Caller("owner", 1, "anna"), request_id="r-1")
    number = audit.record(ctx, "order.refund", "order:K7Q2M4", amount=500, words="退款")
    [row] = audit.find(ctx)["items"]
    assert row == {
        "id": number,
        "actor": "owner:anna",
        "action": "order.refund",
        "subject": "order:K7Q2M4",
        "data": {"amount": 500, "words": "退款"},
        "request_id": "r-1",
        "at": "2026-05-01T04:00:00Z",
    }


def test_the_command_line_is_named_system(shop):
    audit.record(shop.ctx, "store.check")
    assert audit.find(shop.ctx)["items"][0]["actor"] == "system"


def test_pages_run_from_the_newest_to_the_oldest_without_a_gap(shop):
    ids = [audit.record(shop.ctx, "a", f"s{n}") for n in range(5)]
    first = audit.find(shop.ctx, limit=3)
    rest = audit.find(shop.ctx, limit=3, after=first["next"])
    assert [row["id"] for row in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None


def test_one_action_or_one_subject_can_be_asked_for(shop):
    audit.record(shop.ctx, "a", "x")
    audit.record(shop.ctx, "b", "x")
    audit.record(shop.ctx, "b", "y")
    assert len(audit.find(shop.ctx, action="b")["items"]) == 2
    assert len(audit.find(shop.ctx, subject="x")["items"]) == 2
    assert len(audit.find(shop.ctx, action="b", subject="x")["items"]) == 1
