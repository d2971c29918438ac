"""What a password must be, and that nothing but itself matches it."""

import pytest

from shop.errors import Reject
from shop.people import passwords, staff


def test_a_password_matches_only_itself_and_nobody_has_one():
    stored = passwords.hashed("correct horse apple")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches(stored, "correct horse apple")
    assert not passwords.matches(stored, "correct horse apples")
    assert not passwords.matches(None, "the password of nobody")
    assert not passwords.matches("", "")
    assert not passwords.matches("garbage", "x")


def test_any_letters_will_do_if_they_are_ten_and_not_guessed_first():
    for good in (
        "two pears, one jam",
        "苹果和梨子都要今天早上摘的",
        "x" * 3 + "Kd02mzp!",
        "a" + " word" * 30,
    ):
        assert passwords.hashed(good)
    with pytest.raises(Reject, match="password_too_short"):
        passwords.hashed("x9!Kd02mz")


@pytest.mark.parametrize(
    "password",
    ["1234567890", "qwertyuiop", "password123", "aaaaaaaaaaaa", "abcdefghij", "P@ssw0rd12"],
)
def test_what_is_tried_first_is_refused(password):
    with pytest.raises(Reject, match="password_too_common"):
        passwords.hashed(password)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "password", ["orchard2026", "xiaoman123", "minishop2026", "果园小店果园小店果园"]
)
def test_so_is_what_is_made_of_the_names_of_the_store_and_of_oneself(shop, password):
    with pytest.raises(Reject, match="password_too_common"):
        staff.create(shop.ctx, "xiaoman", "owner", password=password)
