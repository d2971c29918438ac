"""`/points/…`: the rules, and what a customer has."""

from __future__ import annotations

from typing import Any

from flask import Response

from shop import PUBLIC, Blueprint, Page, Reject, answer, ctx
from shop.carts import carts
from shop.carts.quote import quote

from . import checkout, rates, rules, wallet
from .schemas import Balance, History, Preview, PreviewQuery, Rules
from .settings import NAME

blp = Blueprint("points", __name__, description="Points of the customer who is signed in")


@blp.get("/points/rules", needs=PUBLIC)
@blp.response(200, Rules)
def points_rules() -> Response:
    """How points are earned, what they are worth and when they expire"""
    return answer(rules.document(ctx(), ctx().settings(NAME)))


@blp.get("/points/balance", needs="me:read")
@blp.response(200, Balance)
def points_balance() -> Response:
    """What the customer has, and when it expires"""
    return answer(wallet.balance(ctx(), ctx().settings(NAME), _customer()))


@blp.get("/points/history", needs="me:read")
@blp.arguments(Page, location="query")
@blp.response(200, History)
def points_history(query: dict[str, Any]) -> Response:
    """Where the customer's points came from and went to, in words, the newest first"""
    return answer(wallet.history(ctx(), _customer(), **query))


@blp.get("/points/preview", needs=PUBLIC)
@blp.arguments(PreviewQuery, location="query")
@blp.response(200, Preview)
def points_preview(query: dict[str, Any]) -> Response:
    """What a cart would earn, and how many points it takes"""
    settings = ctx().settings(NAME)
    priced = quote(ctx(), carts.basket(ctx(), query["cart"])[0])
    return answer(checkout.preview(ctx(), settings, priced, rates.earning(ctx(), settings)))


def _customer() -> int:
    """The caller's id: staff have no points of their own."""
    caller = ctx().caller
    if caller.role != "customer" or caller.id is None:
        raise Reject("forbidden", 403, needs="me:read")
    return caller.id
