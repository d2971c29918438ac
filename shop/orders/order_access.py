"""Who may see an order: its customer, and a guest who holds its token."""

from __future__ import annotations

import base64
import hashlib
import hmac

from shop import db
from shop.clock import HOUR
from shop.context import Context
from shop.errors import NotFound
from shop.orders import order_view
from shop.orders.order_view import OrderView
from shop.people.attempts import network_of

PREFIX = "or_"
ANSWER_LOST = HOUR
"""how long the peer that ordered may ask again for an answer that it did not get"""

ORDERED = "SELECT peer FROM orders WHERE store = ? AND number = ? AND placed_at > ?"


def token(ctx: Context, number: str) -> str:
    """The order's own token: made of its number and the secret, so it can be made again."""
    text = f"order:{ctx.code}:{number}".encode()
    digest = hmac.digest(ctx.config.secret.encode(), text, hashlib.sha256)
    return PREFIX + base64.urlsafe_b64encode(digest[:24]).decode()


def for_customer(ctx: Context, number: str, given: str) -> OrderView:
    """The order, for the customer it belongs to or the bearer of its token; else NotFound, the
    same for a wrong token as for a number that does not exist."""
    order = order_view.load(ctx, order_view.find(ctx, number))
    caller = ctx.caller
    if caller.role == "customer" and caller.id == order.customer_id:
        return order
    if given and hmac.compare_digest(given.encode(), token(ctx, number).encode()):
        return order
    raise NotFound


def ordered_here(ctx: Context, number: str) -> bool:
    """Whether the caller's network is the one that placed the order within the last hour. Of IPv6 it
    is the /64, within which a device changes its own address."""
    network = db.value(ORDERED, ctx.code, number, ctx.now_us - ANSWER_LOST)
    return bool(network) and network == network_of(ctx.caller.peer)
