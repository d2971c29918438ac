import pytest

from shop import db
from shop.errors import Conflict
from shop.ops import fsck
from shop.stock import claims
from tests.tools.racing import race

pytestmark = pytest.mark.both_databases


@pytest.fixture
def seats(shop):
    claims.set_cap(shop.ctx, "tests:seats", 2)
    return shop.ctx


def test_claims_stop_at_the_cap_and_say_what_is_left(seats):
    claims.claim(seats, "tests:seats", "a")
    with pytest.raises(Conflict) as refused:
        claims.claim(seats, "tests:seats", "b", 2, code="team_full")
    assert (refused.value.code, refused.value.facts) == ("team_full", {"left": 1})
    claims.claim(seats, "tests:seats", "b")
    assert claims.left(seats, "tests:seats") == 0


def test_the_same_key_claims_once(seats):
    claims.claim(seats, "tests:seats", "a")
    claims.claim(seats, "tests:seats", "a")
    assert claims.left(seats, "tests:seats") == 1


def test_one_person_holds_one_claim_of_a_counter(seats):
    claims.claim(seats, "tests:seats", "a", who="7")
    with pytest.raises(Conflict, match="already_claimed"):
        claims.claim(seats, "tests:seats", "b", who="7")
    assert claims.left(seats, "tests:seats") == 1


def test_who_catches_a_refusal_and_goes_on_has_taken_nothing(seats):
    claims.claim(seats, "tests:seats", "a", who="7")
    with db.transaction(), pytest.raises(Conflict, match="already_claimed"):
        claims.claim(seats, "tests:seats", "b", who="7")
    assert claims.left(seats, "tests:seats") == 1
    assert fsck.run(seats) == []


def test_a_claim_is_given_back_once_and_can_be_taken_again(seats):
    claims.claim(seats, "tests:seats", "a", who="7")
    assert claims.release(seats, "tests:seats", "a")
    assert not claims.release(seats, "tests:seats", "a")
    assert claims.left(seats, "tests:seats") == 2
    claims.claim(seats, "tests:seats", "a", who="7")


@pytest.mark.parametrize("who", [None, "one customer"])
def test_case_15_of_fifty_who_use_a_thing_at_once_as_many_have_it_as_may(shop, who):
    """A code that is good once; and one that is good for all, once for each."""
    claims.set_cap(shop.ctx, "tests:code", 1 if who is None else None)

    def use(number):
        claims.claim(shop.ctx, "tests:code", f"order:{number}", who=who)

    found = race(*[lambda n=n: use(n) for n in range(50)])
    refused = [one for one in found if isinstance(one, Conflict)]
    assert (len(found) - len(refused), len(refused)) == (1, 49)
    assert db.value("SELECT used FROM counter WHERE name = 'tests:code'") == 1


def test_a_counter_without_a_cap_only_counts(shop):
    claims.set_cap(shop.ctx, "tests:visits", None)
    claims.claim(shop.ctx, "tests:visits", "a", 1000)
    assert claims.left(shop.ctx, "tests:visits") is None
    assert db.value("SELECT used FROM counter") == 1000


def test_a_lower_cap_leaves_what_is_used(seats):
    claims.claim(seats, "tests:seats", "a", 2)
    claims.set_cap(seats, "tests:seats", 1)
    assert claims.left(seats, "tests:seats") == 0
    claims.release(seats, "tests:seats", "a")
    assert claims.left(seats, "tests:seats") == 1


def test_a_claim_shrinks_and_gives_back_the_difference(seats):
    claims.claim(seats, "tests:seats", "a", 2)
    assert claims.shrink(seats, "tests:seats", "a", 2) == 0
    assert claims.shrink(seats, "tests:seats", "a", 1) == 1
    assert claims.shrink(seats, "tests:seats", "a", 2) == 0
    assert claims.left(seats, "tests:seats") == 1
    assert claims.shrink(seats, "tests:seats", "a", 0) == 1
    assert claims.shrink(seats, "tests:seats", "a", 0) == 0
    assert claims.left(seats, "tests:seats") == 2
    assert fsck.run(seats) == []
