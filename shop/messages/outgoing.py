"""Requests to addresses that somebody typed in: a receiver of webhooks, a picture to be taken over.

    check(ctx, "https://erp.example/hook")                    422 `address_refused`, when it is saved
    send(ctx, "POST", url, body, {"Content-Type": "…"})       Answer(status, headers, body)

Such an address may lead back into the shop's own network. So the address that a name stands for is
looked at when the connection is made, and that very one is connected to: a name that says another
thing a moment later gains nothing. A redirect is an answer like any other and is not followed.
Everything has an end: seconds in all, bytes in all. Call it outside a transaction.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

import httpcore

from shop.context import Context
from shop.errors import Reject, ShopError

LONGEST = 2000
LABEL, NAME = 63, 253
"""letters of a part of a host's name, and of the whole (RFC 1035)"""
NAT64 = ipaddress.ip_network("64:ff9b::/96")
CLOSED = tuple(map(ipaddress.ip_network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "::/96", "64:ff9b:1::/48", "100::/64", "2001:db8::/32", "2001:2::/48", "2001:10::/28",
    "2001:20::/28", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)))  # fmt: skip
"""networks that lead to no public host (IANA's special-purpose registries, and site-local `fec0::/10`
of RFC 3879): what Python calls global depends on its version"""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Answer(NamedTuple):
    """`headers` by lower-case name."""

    status: int
    headers: dict[str, str]
    body: bytes


class Unreachable(ShopError):
    """No answer: nobody is there, it took too long, or it was too large."""


class TooLarge(Unreachable):
    """An answer of more bytes than were asked for."""


def check(ctx: Context, url: str) -> None:
    """422 `address_refused` with `reason` (form, scheme, private) for an address that cannot be
    meant. One whose name is not known yet may be saved: what counts is asked at each connection."""
    parts = _parts(url)
    try:
        found = _resolve(parts.hostname or "", parts.port or 443)
    except OSError:
        return
    _refuse_private(ctx, found)


def send(
    ctx: Context,
    method: str,
    url: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    seconds: float = 10.0,
    most: int = 65536,
) -> Answer:
    """What is answered, whatever its status. 422 `address_refused`; Unreachable."""
    _parts(url)
    line = _Line(ctx, time.monotonic() + seconds)
    given = {"User-Agent": "Minishop", "Accept-Encoding": "identity", **(headers or {})}
    try:
        with (
            httpcore.ConnectionPool(network_backend=line) as pool,
            pool.stream(
                method, url, headers=list(given.items()), content=body,
                extensions={"timeout": dict.fromkeys(("connect", "read", "write"), seconds)},
            ) as answer,
        ):  # fmt: skip
            return Answer(answer.status, _named(answer.headers), _read(answer, most))
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}"[:200]) from None


def _named(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in headers}


def _read(answer: httpcore.Response, most: int) -> bytes:
    read = bytearray()
    for chunk in answer.iter_stream():
        read += chunk
        if len(read) > most:
            raise TooLarge(f"more than {most} bytes")
    return bytes(read)


# -- addresses -------------------------------------------------------------------------------


def _parts(url: str) -> SplitResult:
    """Of an address of a form that is allowed at all."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _refusal("form") from None
    if len(url) > LONGEST or not url.isascii() or any(sign <= " " for sign in url):
        raise _refusal("form")
    if parts.scheme not in ("http", "https"):
        raise _refusal("scheme")
    if not host or parts.username is not None or parts.password is not None:
        raise _refusal("form")
    labels = host.removesuffix(".").split(".")
    if ":" not in host and (len(host) > NAME or not all(0 < len(one) <= LABEL for one in labels)):
        raise _refusal("form")
    return parts


def _refusal(reason: str) -> Reject:
    return Reject("address_refused", reason=reason)


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a name that IDNA cannot write
        raise OSError(str(error)) from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _refuse_private(ctx: Context, found: Iterable[str]) -> None:
    for text in found:
        address = ipaddress.ip_address(text.partition("%")[0])
        if not all(_is_open(ctx, meant) for meant in _meant(address)):
            raise _refusal("private")


def _meant(address: Address) -> list[Address]:
    """The address, and one of the older kind that it carries."""
    found: list[Address | None] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        found += [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in NAT64:
            found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        if address.ipv4_mapped:  # what it carries is all that it says
            found.remove(address)
    return [one for one in found if one is not None]


def _is_open(ctx: Context, address: Address) -> bool:
    """One of the public network, or of those that the owner allows by `private_networks`."""
    if any(address in ipaddress.ip_network(net) for net in ctx.config.private_networks):
        return True
    if any(address in net for net in CLOSED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


# -- connections -----------------------------------------------------------------------------


class _Line(httpcore.SyncBackend):
    """Connects only to addresses that were looked at, and until the time is over."""

    def __init__(self, ctx: Context, until: float) -> None:
        self.ctx, self.until = ctx, until

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        try:
            found = _resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"nobody knows {host}: {error}") from None
        _refuse_private(self.ctx, found)
        last: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in found[:3]:
            try:
                stream = super().connect_tcp(address, port, _left(self.until))
                return _Timed(stream, self.until)
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                last = error
        raise last


class _Timed(httpcore.NetworkStream):
    """A stream that is read and written until a moment, however little comes at a time."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self.stream, self.until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _left(self.until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _left(self.until))

    def close(self) -> None:
        self.stream.close()

    def start_tls(self, *given: Any, **options: Any) -> httpcore.NetworkStream:
        options["timeout"] = _left(self.until)
        return _Timed(self.stream.start_tls(*given, **options), self.until)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("it took too long")
    return left
