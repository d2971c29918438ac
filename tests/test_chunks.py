"""A body in chunks that breaks the rules of chunks, sent to a real server."""

import socket

import orjson
import pytest

from tests.live import Live

pytestmark = pytest.mark.sqlite_only

HEAD = (
    b"POST /api/v1/orchard/%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Idempotency-Key: 0123456789abcdef\r\nTransfer-Encoding: chunked\r\n\r\n"
)
BROKEN = (
    b"0x2\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n", b"zz\r\n{}\r\n0\r\n\r\n", b"2;\x00=1\r\n{}\r\n0\r\n\r\n",
    b"1_0\r\n{}\r\n0\r\n\r\n", b"2\r\n{}xx0\r\n\r\n", b"ff\r\n{}", b"\r\n", b"2\r\n{}\r\n0\r\nbad trailer\r\n\r\n",
    b"f" * 9000,
)  # fmt: skip


@pytest.fixture
def served(shop, tmp_path, database_url):
    live = Live(tmp_path, database_url, workers=1).start()
    yield live
    live.stop()


def sent(live, content):
    """Everything that is answered until the server closes."""
    with socket.create_connection(("127.0.0.1", live.port), timeout=30) as line:
        line.sendall(content)
        line.shutdown(socket.SHUT_WR)
        with line.makefile("rb") as answer:
            return answer.read()


def test_a_chunk_that_cannot_be_read_is_400_and_ends_the_connection(served):
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for path in (b"carts", b"orders", b"login/code"):
        for body in BROKEN:
            answer = sent(served, HEAD % path + body + smuggled)
            assert answer.startswith(b"HTTP/1.1 400 "), (path, body, answer)
            assert answer.count(b"HTTP/1.1 ") == 1, (path, body, answer)
            assert b"application/problem+json" in answer
    assert sent(served, HEAD % b"carts" + b"2\r\n{}\r\n0\r\n\r\n").startswith(b"HTTP/1.1 201 ")
    lines = [line for line in served.output().splitlines() if not line.startswith("ready: ")]
    for line in lines[1:]:
        assert orjson.loads(line).get("status") != 500, line
