import threading

import pytest

from shop import db
from shop.errors import NotFound, Reject
from shop.people import accounts, attempts
from shop.plugin import Plugin, hookimpl

pytestmark = pytest.mark.both_databases


class Greeter(Plugin):
    name = "greeter"
    joined: list[tuple[int, dict]] = []

    @hookimpl
    def customer_joined(self, ctx, customer, options):
        self.joined.append((customer, options))


@pytest.fixture
def plugins():
    Greeter.joined = []
    return (Greeter,)


@pytest.fixture
def stores_toml():
    return """
    [stores.orchard.plugins.greeter]
    [stores.grove]
    name = "Grove"
    currency = "EUR"
    timezone = "Europe/Berlin"
    locale = "en"
    [stores.grove.orders]
    default_country = "DE"
    """


@pytest.mark.parametrize(
    ("typed", "store", "number"),
    [
        ("13800138000", "orchard", "+8613800138000"),
        (" 138-0013 8000", "orchard", "+8613800138000"),
        ("+86 138 0013 8000", "grove", "+8613800138000"),
        ("0151 23456789", "grove", "+4915123456789"),
        ("１３８００１３８０００", "orchard", "+8613800138000"),
        ("8613800138000", "orchard", "+8613800138000"),
        ("0086 138 0013 8000", "orchard", "+8613800138000"),
        ("＋８６ 138 0013 8000", "orchard", "+8613800138000"),
        ("85291234567", "orchard", "+85291234567"),
        ("8613800138000", "grove", "+8613800138000"),
        ("\u202a+86 138–0013–8000\u202c", "orchard", "+8613800138000"),
    ],
)
def test_a_phone_is_kept_as_e164_of_the_stores_country(shop, typed, store, number):
    assert accounts.e164(shop.context(store=store), typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12",
        "abc",
        "+999123456789",
        "1" * 64,
        "1380013800a",
        "138 0013 CALL",
        "1-800-FLOWERS",
        "+86 138 0013 8000 ext. 5",
        "13800138000#5",
        "tel:13800138000",
        "++8613800138000",
        "٣",
    ],
)
def test_what_is_no_phone_is_refused(shop, typed):
    with pytest.raises(Reject, match="phone_invalid"):
        accounts.e164(shop.ctx, typed)


def test_a_phone_is_one_customer_per_store_and_joins_once(shop):
    first, joined = accounts.find_or_make(shop.ctx, "13800138000", "小王", {"referral": {"a": 1}})
    again, joined_again = accounts.find_or_make(shop.ctx, "+8613800138000", "别人")
    other, _ = accounts.find_or_make(shop.context(store="grove"), "+8613800138000")
    assert (joined, joined_again) == (True, False)
    assert first == again != other
    assert accounts.get(shop.ctx, first)["name"] == "小王"
    assert Greeter.joined == [(first, {"referral": {"a": 1}})]
    assert accounts.get(shop.ctx, first)["verified_at"] is None
    with pytest.raises(NotFound):
        accounts.get(shop.ctx, other)


def test_a_phone_that_joins_from_many_sides_at_once_is_one_customer(shop):
    gate, found = threading.Barrier(6), []

    def join():
        gate.wait()
        with db.transaction():
            found.append(accounts.find_or_make(shop.ctx, "13800138000"))
        db.database.close()

    threads = [threading.Thread(target=join) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({number for number, _ in found}) == 1
    assert [joined for _, joined in found].count(True) == 1
    assert len(Greeter.joined) == 1


def test_customers_are_found_by_name_by_phone_and_by_its_last_digits(shop):
    for phone, name in (("13800138000", "王小明"), ("13900139000", "Anna_1"), ("13700137000", "%")):
        accounts.find_or_make(shop.ctx, phone, name)

    def names(q):
        return [item["name"] for item in accounts.search(shop.ctx, q)["items"]]

    assert names("") == ["%", "Anna_1", "王小明"]
    assert names("小明") == ["王小明"]
    assert names("ANNA") == ["Anna_1"]
    assert names("138 0013 8000") == ["王小明"]
    assert names("9000") == ["Anna_1"]
    assert names("%") == ["%"]
    assert names("a_1") == ["Anna_1"]
    page = accounts.search(shop.ctx, "", 2)
    rest = accounts.search(shop.ctx, "", 2, page["next"])
    assert [item["name"] for item in rest["items"]] == ["王小明"]


def test_tries_are_counted_per_span_and_a_success_clears_them(shop, clock):
    for _ in range(3):
        attempts.count(shop.ctx, attempts.Bound("login", "anna", 3, 600))
    with pytest.raises(Reject) as refused:
        attempts.count(shop.ctx, attempts.Bound("login", "anna", 3, 600))
    assert (refused.value.code, refused.value.status) == ("too_many_attempts", 429)
    assert 0 < refused.value.facts["retry_after"] <= 600
    attempts.count(shop.ctx, attempts.Bound("login", "ben", 3, 600))
    attempts.count(shop.context(store="grove"), attempts.Bound("login", "anna", 3, 600))
    attempts.clear(shop.ctx, "login", "anna")
    attempts.count(shop.ctx, attempts.Bound("login", "anna", 3, 600))
    clock.forward(days=9)
    attempts.purge(shop.ctx, {})
    assert db.value("SELECT COUNT(*) FROM attempt WHERE store = 'orchard'") == 0


def test_the_wait_that_is_named_is_enough(shop, clock):
    attempts.count(shop.ctx, attempts.Bound("login", "anna", 1, 600))
    clock.forward(seconds=0.5)
    with pytest.raises(Reject) as refused:
        attempts.count(shop.ctx, attempts.Bound("login", "anna", 1, 600))
    clock.forward(seconds=refused.value.facts["retry_after"])
    attempts.count(shop.ctx, attempts.Bound("login", "anna", 1, 600))


def test_tries_are_not_counted_inside_a_transaction_that_may_be_undone(shop):
    with db.transaction(), pytest.raises(RuntimeError):
        attempts.count(shop.ctx, attempts.Bound("login", "anna", 1, 600))


def test_twenty_parallel_tries_pass_the_limit_exactly(shop):
    gate, passed = threading.Barrier(20), []

    def attempt():
        gate.wait()
        try:
            attempts.count(shop.ctx, attempts.Bound("login", "anna", 7, 600))
            passed.append(1)
        except Reject:
            pass
        finally:
            db.database.close()

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 7
