"""A load generator: so many clients on kept-alive connections, each asking again when answered.

One thread and one selector, so that it takes little of its core and its times are not those of a
scheduler. An answer with another status than the one that is due is an error, and so is a
connection that ends.
"""

from __future__ import annotations

import json
import selectors
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter, process_time

CHUNK = 1 << 18
PATIENCE = 30.0
"""seconds without any answer before the run is given up"""
BODILESS = (204, 304)


@dataclass
class Sample:
    """What one run saw. `times` are seconds per answer, sorted; `busy` is the generator's own share
    of its core: near 1 it has measured itself."""

    seconds: float = 0.0
    busy: float = 0.0
    times: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def quantile(self, part: float) -> float:
        return self.times[min(len(self.times) - 1, int(part * len(self.times)))]


def request(
    method: str, path: str, headers: dict[str, str] | None = None, body: object = None
) -> bytes:
    """The bytes of a request; `body` goes as JSON."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


class Client:
    """One connection, and how far its present answer has come."""

    def __init__(self, port: int) -> None:
        self.port, self.closing = port, False
        self._open()

    def _open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, content: bytes) -> None:
        self.began, self.answer, self.size = perf_counter(), b"", 0
        self.socket.sendall(content)

    def read(self) -> bool:
        """Take what has come; whether the answer is whole."""
        chunk = self.socket.recv(CHUNK)
        if not chunk:
            raise ConnectionError("closed by the server")
        self.answer = self.answer + chunk if self.answer else chunk
        if not self.size and (head := self.answer.find(b"\r\n\r\n") + 4) > 3:
            self.size = head + self._length(self.answer[:head].lower())
        return 0 < self.size <= len(self.answer)

    @property
    def status(self) -> int:
        return int(self.answer[9:12])

    def again(self) -> None:
        """A new connection, where the server ends each after an answer."""
        self.socket.close()
        self._open()
        self.closing = False

    def _length(self, head: bytes) -> int:
        self.closing = b"\r\nconnection: close\r\n" in head
        if self.status in BODILESS:
            return 0
        _, found, rest = head.partition(b"\r\ncontent-length:")
        if not found:
            raise ConnectionError("an answer without its length")
        return int(rest.partition(b"\r\n")[0])


def load(
    port: int, requests: Iterator[bytes], due: int, seconds: float, clients: int = 8
) -> Sample:
    """Ask for so many seconds; the last answers are waited for."""
    sample, open_ = Sample(), clients
    poll = selectors.DefaultSelector()
    everyone = [Client(port) for _ in range(clients)]
    began, spent = perf_counter(), process_time()
    end = began + seconds
    for client in everyone:
        poll.register(client.socket, selectors.EVENT_READ, client)
        client.ask(next(requests))
    while open_:
        ready = poll.select(PATIENCE)
        if not ready:
            sample.errors["no answer"] += open_
            break
        for key, _ in ready:
            client = key.data
            try:
                if not client.read():
                    continue
                if client.status == due:
                    sample.times.append(perf_counter() - client.began)
                else:
                    sample.errors[f"status {client.status}"] += 1
                if perf_counter() < end:
                    if client.closing:
                        poll.unregister(client.socket)
                        client.again()
                        poll.register(client.socket, selectors.EVENT_READ, client)
                    client.ask(next(requests))
                    continue
            except OSError as error:
                sample.errors[str(error)] += 1
            poll.unregister(client.socket)
            open_ -= 1
    sample.seconds = perf_counter() - began
    sample.busy = (process_time() - spent) / sample.seconds
    sample.times.sort()
    for client in everyone:
        client.socket.close()
    poll.close()
    return sample
