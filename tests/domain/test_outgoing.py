"""Cases 66 and 71: where requests of the shop go, and that each has an end."""

import socket
import time

import pytest

from shop.errors import Reject
from shop.messages import outgoing
from shop.messages.outgoing import Unreachable
from shop.testing.receiver import says, serving, url
from tests.tools.waiting import PATIENCE

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def own(shop):
    """A context of a shop whose owner lets requests go to this machine."""
    return shop.reloaded(
        shop._text.replace("[shop]", '[shop]\nprivate_networks = ["127.0.0.0/8"]')
    ).ctx


PRIVATE = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://017700000001/",
    "http://localhost/", "http://[::1]/", "http://[::]/", "http://0.0.0.0/", "http://0/",
    "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://172.16.0.1/",
    "http://192.168.0.1/", "http://100.64.0.1/", "http://224.0.0.1/", "http://255.255.255.255/",
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:a9fe:a9fe]/", "http://[fe80::1]/", "http://[fc00::1]/",
    "http://[2002:7f00:1::]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::a00:1]/", "http://[ff02::1]/",
    "http://[fec0::1]/", "http://[feff:ffff::1]/", "http://[64:ff9b:1::1]/", "http://[64:ff9b:1:ffff::808:808]/",
    "http://[64:ff9b::6440:1]/", "http://[::7f00:1]/", "http://[::808:808]/", "http://[100::1]/",
    "http://[2001:0:7f00:1::]/", "http://[2001:0:808:808:0:0:f5ff:fffe]/", "http://[2002:a00:1::]/",
    "http://[::ffff:100.64.0.1]/", "http://[2001:db8::1]/", "http://[3fff::1]/", "http://[5f00::1]/",
    "http://0.1.2.3/", "http://100.127.255.254/", "http://192.0.0.1/", "http://192.0.0.8/",
    "http://192.88.99.1/", "http://198.18.0.1/", "http://198.19.255.255/", "http://240.0.0.1/",
    "http://239.255.255.250/", "http://192.0.2.1/", "http://203.0.113.9/",
]  # fmt: skip


@pytest.mark.parametrize("url", PRIVATE)
def test_case_66_no_request_goes_to_an_address_of_ones_own_network(shop, url):
    for ask in (outgoing.check, lambda ctx, url: outgoing.send(ctx, "GET", url)):
        with pytest.raises(Reject, match="address_refused") as refused:
            ask(shop.ctx, url)
        assert refused.value.facts == {"reason": "private"}


@pytest.mark.parametrize(
    "url",
    [
        "ftp://shop.example/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "//shop.example/",
        "javascript:alert(1)", "", "http://", "http:///x", "http://user:word@shop.example/",
        "http://shop.example/\r\nHost: other", "http://shop.example:99999/", "http://a b/",
        "http://shop.example/" + "x" * 3000, "http://[::1", "http://例子.example/",
        "http://a..b/", "http://.example/", "http://../", "http://" + "a" * 64 + ".example/",
        "http://" + "a." * 127 + "example/", "http://a.example../",
    ],
)  # fmt: skip
def test_an_address_of_another_form_is_refused(shop, url):
    for ask in (outgoing.check, lambda ctx, url: outgoing.send(ctx, "GET", url)):
        with pytest.raises(Reject, match="address_refused"):
            ask(shop.ctx, url)


def test_case_66_the_address_is_looked_at_when_it_connects_and_that_very_one_is_taken(
    shop, monkeypatch
):
    """A name that stood for a public address when it was saved and stands for this machine now."""
    with serving(says()) as server:
        port = server.server_address[1]
        said = ["93.184.215.14"]

        def resolve(host, asked, **_):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (said[0], asked))]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        outgoing.check(shop.ctx, f"http://rebinding.example:{port}/")
        said[0] = "127.0.0.1"
        with pytest.raises(Reject, match="address_refused"):
            outgoing.send(shop.ctx, "GET", f"http://rebinding.example:{port}/")
        assert server.asked == []


def test_case_66_of_several_addresses_one_of_ones_own_is_enough_to_refuse(shop, monkeypatch):
    found = [(socket.AF_INET, 1, 6, "", (text, 80)) for text in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Reject, match="address_refused"):
        outgoing.send(shop.ctx, "GET", "http://two.example/")


def test_case_66_a_redirect_is_not_followed(own):
    with serving(says()) as inside, serving(says(302, b"", Location=url(inside))) as server:
        assert outgoing.send(own, "GET", url(server)).status == 302
        assert inside.asked == []


def test_the_owner_may_allow_a_network_of_his_own_and_no_other(own):
    with serving(says(200, b"thanks")) as server:
        answer = outgoing.send(own, "POST", url(server), b"hello", {"X-Sign": "1"})
        assert (answer.status, answer.body, answer.headers["content-length"]) == (
            200,
            b"thanks",
            "6",
        )
        [asked] = server.asked
        assert (asked.body, asked.headers["X-Sign"]) == (b"hello", "1")
        assert asked.headers["Host"] == f"127.0.0.1:{server.server_address[1]}"
    with pytest.raises(Reject, match="address_refused"):
        outgoing.send(own, "GET", "http://10.0.0.1/")


def test_case_71_what_is_larger_than_asked_for_is_cut_off(own):
    def much(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            return

    with serving(much) as server, pytest.raises(Unreachable, match="more than 1000000 bytes"):
        outgoing.send(own, "GET", url(server), most=1_000_000)


@pytest.mark.parametrize("part", ["nothing", "head", "body"])
def test_case_71_whoever_answers_a_byte_at_a_time_is_left_after_some_seconds(own, part):
    def drip(handler):
        head = b"HTTP/1.1 200 OK\r\n"
        try:
            if part == "body":
                handler.wfile.write(head + b"\r\n")
            for byte in b"X-Much: " + b"x" * 10_000:
                if part == "nothing":
                    time.sleep(3)
                    return
                handler.wfile.write(bytes([byte]) if part == "body" else head + bytes([byte]))
                head = b""
                time.sleep(0.05)
        except OSError:
            return

    with serving(drip) as server:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            outgoing.send(own, "GET", url(server), seconds=0.6)
        assert time.monotonic() - began < PATIENCE  # it would take eight minutes


def test_nobody_there_is_said_so(own):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match="ConnectError"):
        outgoing.send(own, "GET", f"http://127.0.0.1:{port}/")
    with pytest.raises(Unreachable, match="nobody knows"):
        outgoing.send(own, "GET", "http://no-such-name.invalid/")


def test_no_proxy_of_the_environment_is_asked(own, monkeypatch):
    with serving(says()) as server, serving(says(500)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", url(proxy, ""))
        monkeypatch.setenv("http_proxy", url(proxy, ""))
        assert outgoing.send(own, "GET", url(server)).status == 200
        assert proxy.asked == []
