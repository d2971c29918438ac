import base64

import pytest

from shop.people import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
     (2000000000, "279037"), (20000000000, "353130")],
)  # fmt: skip
def test_codes_are_those_of_rfc_6238(seconds, code):
    assert totp.code(SECRET, seconds // 30) == code
    assert totp.step_of(SECRET, code, seconds * 1_000_000) == seconds // 30


def test_a_clock_may_be_a_step_off_and_no_more():
    code = totp.code(SECRET, 100)
    found = [totp.step_of(SECRET, code, step * totp.STEP) for step in (98, 99, 100, 101, 102)]
    assert found == [None, 100, 100, 100, None]


def test_a_secret_is_160_bits_and_stands_in_the_uri():
    secret = totp.new_secret()
    assert len(base64.b32decode(secret)) == 20
    assert totp.uri(secret, "果园 小店", "anna").startswith("otpauth://totp/%E6%9E%9C")
