"""The proxy that docs/operations.md puts before a public shop, by its own lines, before a real shop."""

import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from bench.servers import HALF, misbehaving
from shop.catalog import products
from tests.live import Live
from tests.tools.waiting import PATIENCE

PAGE = Path(__file__).parent.parent / "docs" / "operations.md"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
WHOLE = """
user root;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {server}
}}
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not os.access(NGINX, os.X_OK), reason="nginx is not installed"),
]


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def behind(shop, tmp_path, database_url):
    """(port of the proxy, port of the shop)"""
    variant = {"sku": "APPLE", "price": 1000, "stock": 50}
    products.create(shop.ctx, {"title": "Apple", "status": "published", "variants": [variant]})
    server = Live(tmp_path, database_url, workers=1)
    path = server.path
    path.write_text(path.read_text().replace("[shop]", "[shop]\ntrusted_proxies = 1", 1))
    server.start()
    [lines] = re.findall(r"```nginx\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    port = free_port()
    lines = lines.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    lines = re.sub(r".*ssl_certificate.*\n", "", lines)
    lines = lines.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
    settings = tmp_path / "nginx.conf"
    settings.write_text(WHOLE.format(folder=tmp_path, server=lines))
    proxy = subprocess.Popen([NGINX, "-c", str(settings), "-p", str(tmp_path)])
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.05)
    yield port, server.port
    proxy.send_signal(signal.SIGTERM)
    proxy.wait(PATIENCE)
    server.stop()


def asked(port, path, patience=30, **headers):
    """(status, headers, body, seconds) on a connection of its own."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as line:
        line.sendall(
            f"GET {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{lines}\r\n".encode()
        )
        answer = b""
        while chunk := line.recv(65536):
            answer += chunk
    seconds = time.perf_counter() - began
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    named = {k.lower(): v for k, _, v in (line.partition(": ") for line in rest)}
    if named.get("transfer-encoding") == "chunked":
        parts, left = b"", body
        while size := int(left.partition(b"\r\n")[0], 16):
            left = left.partition(b"\r\n")[2]
            parts, left = parts + left[:size], left[size + 2 :]
        body = parts
    return int(first.split()[1]), named, body, seconds


def test_it_hands_on_what_the_shop_says(behind):
    port, _ = behind
    status, headers, body, _ = asked(port, "/api/v1/orchard/products", Accept_Encoding="gzip")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert json.loads(gzip.decompress(body))["items"][0]["title"] == "Apple"
    known = headers["etag"]
    status, *_ = asked(port, "/api/v1/orchard/products", If_None_Match=known)
    assert status == 304
    assert asked(port, "/metrics")[0] == 404
    assert asked(port, "/healthz")[0] == 200


def slowest(port):
    """Seconds of the slowest of many answers."""
    return max(asked(port, "/api/v1/orchard/products")[3] for _ in range(60))


def is_left_waiting(port):
    try:
        asked(port, "/api/v1/orchard/products", patience=2)
    except TimeoutError:
        return True
    return False


def test_case_72_those_who_dawdle_delay_nobody(behind):
    """And with the shop alone they do: what is shown here is the proxy's work."""
    port, bare = behind
    half = HALF + b"Idempotency-Key: 0123456789abcdef\r\nContent-Length: 500\r\n\r\n{"
    closing = b"GET /api/v1/orchard/products HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    for count, content in ((12, half), (3, closing)):
        with misbehaving(port, count, content):
            assert slowest(port) < 0.8
    with misbehaving(bare, 12, half):
        assert any(is_left_waiting(bare) for _ in range(8))
