"""Somebody else's server under test: what a plugin asks over the network is really asked.

    with serving(says(200, b"thanks")) as server:
        …                                      # something that calls url(server)
        [asked] = server.asked                 # .path, .headers, .body

A shop goes to this machine only if its file says `private_networks = ["127.0.0.0/8"]` in `[shop]`.
"""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Asked(http.server.BaseHTTPRequestHandler):
    """A request that came, and the way to answer it."""

    server: Receiver
    body = b""

    def do_GET(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(self)
        self.server.answer(self)

    do_POST = do_PUT = do_GET

    def log_message(self, *_: Any) -> None:
        pass


Answering = Callable[[Asked], None]


class Receiver(http.server.ThreadingHTTPServer):
    """`asked` is what came, in order; `answer` may be changed meanwhile."""

    daemon_threads = True

    def __init__(self, answer: Answering) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.answer, self.asked = answer, list[Asked]()


@contextmanager
def serving(answer: Answering) -> Iterator[Receiver]:
    server = Receiver(answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def says(status: int = 200, body: bytes = b"thanks", **headers: Any) -> Answering:
    """`says(302, Location=\"/there\")`"""

    def answer(asked: Asked) -> None:
        asked.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            asked.send_header(name.replace("_", "-"), str(value))
        asked.end_headers()
        asked.wfile.write(body)

    return answer


def url(server: Receiver, path: str = "/hook") -> str:
    return f"http://127.0.0.1:{server.server_address[1]}{path}"
