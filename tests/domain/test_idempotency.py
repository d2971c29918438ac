import threading

import pytest

from shop import db
from shop.context import Caller
from shop.errors import Reject
from shop.jobs import idempotency
from shop.people import audit

pytestmark = pytest.mark.both_databases

KEY = "0123456789abcdef"
ANNA, BEN = Caller("customer", 1, "Anna"), Caller("customer", 2, "Ben")


def effects():
    return db.value("SELECT COUNT(*) FROM audit")


def once(shop, caller=ANNA, key=KEY, body=b"{}", operation="place_order", work=None):
    ctx = shop.context(caller)

    def place():
        return 201, {"number": audit.record(ctx, "order.place"), "名": "苹果"}

    return idempotency.once(ctx, operation, key, body, work or place)


@pytest.mark.parametrize("given", [KEY, f'"{KEY}"', f" {KEY} ", "a-" * 127 + "b"])
def test_a_key_comes_bare_or_quoted(given):
    assert idempotency.key_of(given) in (KEY, given)


@pytest.mark.parametrize(
    "given", ["short", '"short"', "x" * 256, f"{KEY} {KEY}", f"{KEY}\n{KEY}", f'{KEY}"', "键" * 20]
)
def test_a_key_that_is_too_short_too_long_or_not_visible_is_refused(given):
    with pytest.raises(Reject, match="idempotency_key_invalid") as refused:
        idempotency.key_of(given)
    assert refused.value.status == 400


def test_a_second_request_gets_the_first_answer_and_has_no_effect(shop):
    status, document, replayed = once(shop)
    assert (status, replayed) == (201, False)
    assert once(shop) == (status, document, True)
    assert effects() == 1


def test_a_refusal_leaves_the_key_free(shop):
    def refuse():
        audit.record(shop.ctx, "order.place")
        raise Reject("over_limit", limit=2)

    with pytest.raises(Reject, match="over_limit"):
        once(shop, work=refuse)
    assert effects() == 0
    assert once(shop)[2] is False


def test_a_key_is_good_again_after_a_day(shop, clock):
    once(shop)
    clock.forward(hours=24)
    assert once(shop, body=b"other")[2] is False
    clock.forward(hours=24)
    idempotency.purge(shop.ctx, {})
    assert db.value("SELECT COUNT(*) FROM idempotency") == 0


def test_case_88_a_clock_set_back_keeps_the_keys(shop, clock):
    once(shop)
    clock.forward(hours=-3)
    assert once(shop)[2] is True


def test_case_92_same_key_other_body_is_refused_and_another_caller_has_his_own(shop):
    once(shop)
    with pytest.raises(Reject, match="idempotency_key_reused") as refused:
        once(shop, body=b'{"a": 1}')
    assert refused.value.status == 422
    with pytest.raises(Reject, match="idempotency_key_required") as refused:
        idempotency.key_of(None)
    assert refused.value.status == 400
    for other in (
        once(shop, caller=BEN),
        once(shop, caller=Caller("owner", 1)),
        once(shop, caller=Caller()),
        once(shop, operation="refund"),
    ):
        assert other[2] is False
    assert effects() == 5


def in_parallel(work, count=8):
    gate, answers = threading.Barrier(count), []

    def run():
        gate.wait()
        try:
            answers.append(work())
        finally:
            db.database.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_case_91_the_same_key_in_parallel_has_one_effect_and_every_twin_replays(shop):
    answers = in_parallel(lambda: once(shop))
    assert len(answers) == 8
    assert effects() == 1
    assert sorted(replayed for _, _, replayed in answers) == [False] + [True] * 7
    assert len({document["number"] for _, document, _ in answers}) == 1


def test_case_91_control_looking_before_writing_has_two_effects(shop):
    gate = threading.Barrier(2)

    def careless():
        found = db.row("SELECT 1 FROM idempotency WHERE key = ?", KEY)
        gate.wait()
        if found is None:
            audit.record(shop.ctx, "order.place")

    in_parallel(careless, 2)
    assert effects() == 2


def test_case_91_a_twin_of_a_refused_request_does_the_work(shop):
    first = threading.Event()

    def refused_once():
        if not first.is_set():
            first.set()
            raise Reject("over_limit")
        return 201, {"number": audit.record(shop.ctx, "order.place")}

    def attempt():
        try:
            return once(shop, work=refused_once)[2]
        except Reject:
            return None

    answers = in_parallel(attempt, 4)
    assert sorted(map(str, answers)) == ["False", "None", "True", "True"]
    assert effects() == 1


def test_case_93_after_a_lost_response_the_status_and_the_body_are_the_same(shop):
    status, document, _ = once(shop, work=lambda: (202, {"b": 1, "a": [{"名": "苹果"}]}))
    again = once(shop, work=lambda: (500, {}))
    assert again == (status, document, True)
    assert db.dump(again[1]) == db.dump(document)
