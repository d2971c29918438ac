"""Whatever comes in by an address, a header, a cookie, a form or an upload: no 500, and no log line that
is not JSON. Requests are made as WSGI hands them on, since a client library would clean them first."""

import io
import logging
import re

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug import Request

from shop import logs
from tests.tools.furnished import furnish

pytestmark = pytest.mark.sqlite_only

PIECES = (
    b"?", b"#", b"/", b"//", b"..", b"%", b"%3F", b"%2f", b"[", b"]", b"[::1", b"@", b":", b";", b"=", b"&",
    b"\x00", b"\n", b"\r\n", b"\x7f", b"\\", b'"', b"\\351", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"a" * 300,
    "果".encode(), "💥".encode(), b"\xe2\x80\xae", b"1", b"-1", b"9" * 19, b"x", b"apple", b"http://", b"bytes=",
)  # fmt: skip
"""what a reader of addresses, headers or files may stumble over"""
ODD = st.lists(st.sampled_from(PIECES), max_size=6).map(b"".join) | st.binary(max_size=40)
HEADERS = (
    "Origin", "Referer", "Host", "Cookie", "Authorization", "Accept-Language", "If-Match", "If-None-Match",
    "Idempotency-Key", "Content-Type", "Content-Length", "X-Request-Id", "X-Forwarded-Host", "X-Forwarded-For",
    "X-Forwarded-Proto", "Range", "If-Modified-Since", "Sec-Fetch-Site", "Accept", "Forwarded",
)  # fmt: skip
COOKIES = ("orchard-cart", "orchard-customer", "orchard-invitation", "orchard-console", "shop_lang")
PLACE = re.compile(r"<[^>]*>")
KIND = b"multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n%s\r\n\r\n%s\r\n'


@pytest.fixture
def enabled(migrated):
    return {name: {} for name in migrated}


@pytest.fixture
def doors(shop):
    """Every route, and the tokens of those who may pass it."""
    filled = furnish(shop, "orchard", "doorword")
    rules = [rule for rule in shop.app.url_map.iter_rules() if "sign-out" not in rule.rule]
    return Doors(shop.app, sorted(rules, key=str), filled.tokens)


class Doors:
    def __init__(self, app, rules, tokens):
        self.app, self.rules, self.tokens = app, rules, tokens
        self.said = io.StringIO()

    def knock(self, rule, method, odd=b"1", query=b"", headers=(), body=b""):
        """Ask with raw bytes; an error that got through, or a 500, is a failure."""
        path = rule.replace("<string:store>", "orchard").replace("<code>", "orchard").encode()
        path = PLACE.sub("<>", path.decode()).encode().replace(b"<>", odd)
        environ = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path.decode("latin1"),
            "QUERY_STRING": query.decode("latin1"), "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "HTTP_HOST": "localhost", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": self.said,
            "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
            "CONTENT_LENGTH": str(len(body)), "HTTP_SEC_FETCH_SITE": "same-origin",
        }  # fmt: skip
        for name, value in headers:
            place = name.upper().replace("-", "_")
            place = place if place.startswith("CONTENT_") else f"HTTP_{place}"
            environ[place] = value.decode("latin1")
        seen = []
        answer = self.app.wsgi_app(environ, lambda status, *_: seen.append(int(status[:3])))
        text = b"".join(answer)
        answer.close() if hasattr(answer, "close") else None
        assert seen[0] < 500, (method, path, query, headers, body, text[-300:])
        return seen[0]

    def bearer(self, role):
        return ("Authorization", f"Bearer {self.tokens[role]}".encode())

    def signed_in(self):
        who = f"orchard-customer={self.tokens['customer']}; orchard-console={self.tokens['owner']}"
        return ("Cookie", who.encode())


@pytest.fixture
def said(doors):
    """What is logged meanwhile; each line is JSON."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.setup()
    root.handlers[0].setStream(doors.said)
    yield doors.said
    root.handlers[:] = before
    root.setLevel(level)
    for line in doors.said.getvalue().splitlines():
        assert isinstance(orjson.loads(line), dict), line


def settled(examples):
    """The same requests each time, however slow the machine is."""
    quiet = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=quiet
    )  # fmt: skip


def each_door_is_tried(doors, examples):
    @settled(examples)
    @given(st.data())
    def run(data):
        rule = data.draw(st.sampled_from(doors.rules))
        method = data.draw(st.sampled_from(sorted(rule.methods)))
        headers = [
            (name, data.draw(ODD))
            for name in data.draw(st.sets(st.sampled_from(HEADERS), max_size=2))
        ]
        who = data.draw(st.sampled_from(["nobody", "browser", "owner", "customer", "cookies"]))
        if who == "browser":
            headers.append(doors.signed_in())
        elif who == "cookies":
            pairs = [name.encode() + b"=" + data.draw(ODD) for name in COOKIES]
            headers.append(("Cookie", b"; ".join(pairs)))
        elif who != "nobody":
            headers.append(doors.bearer(who))
        body = b""
        if method in ("POST", "PUT", "PATCH") and data.draw(st.booleans()):
            body = PART % tuple(data.draw(ODD) for _ in range(4)) + data.draw(
                st.sampled_from([b"--b--", b""])
            )
            headers.append(("Content-Type", KIND))
        query = bytes(byte for byte in data.draw(ODD) if byte > 32)  # gunicorn refuses the rest
        doors.knock(rule.rule, method, data.draw(ODD), query, headers, body)

    run()


def test_nothing_that_is_sent_to_any_door_is_an_error_of_ours(doors, said):
    each_door_is_tried(doors, 60)


@pytest.mark.slow
def test_nothing_that_is_sent_to_any_door_is_an_error_of_ours_in_many_tries(doors, said):
    each_door_is_tried(doors, 2000)


ODD_PLACES = (b"a?b=c&", b"a#b", b"a" * 5000, b"\xff\xfe")
ODD_COOKIES = (b"a?b", b"a#b", b"[", b'"\\351"', b"\xff", b"../me", b"a" * 9000, b'"a\\015\\012b"')
UNREADABLE = (
    b"http://[",
    b"http://[::1",
    b"//a]b",
    b"http://a:x",
    b"null",
    b"\xff",
    b"http://[v1.x]",
)


def test_no_letter_in_the_address_of_a_page_is_an_error_of_ours(doors, said):
    pages = [rule for rule in doors.rules if rule.rule.count("<") > 1 and "api" not in rule.rule]
    for rule in pages:
        method = "GET" if "GET" in rule.methods else "POST"
        for odd in ODD_PLACES:
            doors.knock(rule.rule, method, odd, b"q=\xff", [doors.signed_in()])


def test_no_letter_in_a_cookie_is_an_error_of_ours(doors, said):
    for odd in ODD_COOKIES:
        torn = ("Cookie", b"; ".join(name.encode() + b"=" + odd for name in COOKIES))
        for path in ("cart", "me", "checkout", "console/", "sign-in", "", "products/apple"):
            assert doors.knock(f"/orchard/{path}", "GET", headers=[torn]) in (200, 303, 308)
        for path in ("cart/lines", "checkout", "sign-in/code"):
            doors.knock(f"/orchard/{path}", "POST", headers=[torn])


def test_an_origin_that_cannot_be_read_is_a_foreign_one(doors, said):
    for odd in UNREADABLE:
        for name in ("Origin", "Referer"):
            headers = [(name, odd), doors.signed_in()]
            for path in ("cart/lines", "checkout", "sign-in"):
                assert doors.knock(f"/orchard/{path}", "POST", headers=headers) == 403, odd


def test_the_file_of_a_form_that_breaks_off_is_closed(doors, said, monkeypatch):
    opened = []
    make = Request._get_file_stream
    monkeypatch.setattr(
        Request, "_get_file_stream", lambda *a, **k: opened.append(make(*a, **k)) or opened[-1]
    )
    torn = PART % (b"file", b"a.csv", b"Content-Type: text/csv", b"a" * 100)
    kind = ("Content-Type", KIND)
    doors.knock("/<string:store>/sign-in", "POST", headers=[kind, doors.signed_in()], body=torn)
    assert [file.closed for file in opened] == [True]


def test_half_a_letter_in_a_log_line_is_json(said):
    """Given to the shop's handler alone: the lines that pytest keeps must be whole letters."""
    record = logging.makeLogRecord({"msg": "half \ud800 of a letter", "job": "\udfff"})
    logging.getLogger().handlers[0].handle(record)
    assert "half" in orjson.loads(said.getvalue())["event"]
