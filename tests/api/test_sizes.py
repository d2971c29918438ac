"""Requests too big, too deep or not what they say."""

import io

import pytest

pytestmark = pytest.mark.sqlite_only
LOGIN = "/api/v1/orchard/login/code"


class Endless(io.RawIOBase):
    """A body of so many bytes, made while it is read; `given` were."""

    def __init__(self, size):
        self.size, self.given = size, 0

    def readable(self):
        return True

    def readinto(self, buffer):
        count = min(len(buffer), self.size - self.given)
        buffer[:count] = b"1" * count
        self.given += count
        return count


@pytest.mark.parametrize("path", [LOGIN, "/api/v1/orchard/carts", "/nowhere"])
def test_case_73_a_body_of_a_gigabyte_is_refused_unread(client, path):
    body = Endless(10**9)
    answer = client.post(
        path,
        content_type="application/json",
        environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": str(10**9)},
    )
    assert answer.status_code == 413
    assert answer.json["code"] == "too_large"
    assert body.given == 0


def test_case_73_a_streamed_body_is_cut_at_the_limit(client, shop):
    body = Endless(10**9)
    answer = client.post(
        LOGIN,
        content_type="application/json",
        environ_overrides={"wsgi.input": body, "wsgi.input_terminated": True},
    )
    assert answer.status_code in (400, 413)
    assert body.given <= shop.config.limits.request_kib * 1024 + 65_536


@pytest.mark.parametrize(
    "body, status",
    [
        (b"[" * 100_000 + b"]" * 100_000, 400),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
        (b"{" + b",".join(b'"k%d":1' % n for n in range(1_000_000)) + b"}", 413),
        (b"{" + b",".join(b'"k%d":1' % n for n in range(60_000)) + b"}", 422),
        (b'{"phone":' + b"9" * 100_000 + b"}", 400),
        (b'{"phone": NaN}', 400),
        (b'{"phone": "\xff"}', 400),
        (b'{"phone": ', 400),
    ],
    ids=["array", "object", "keys", "fewer keys", "number", "NaN", "not UTF-8", "cut off"],
)
def test_case_73_json_that_is_deep_wide_or_broken_is_refused(client, body, status):
    answer = client.post(LOGIN, data=body, content_type="application/json")
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert len(answer.data) < 20_000
