"""`/trial-then-buy/…`: what can be tried, and the trials of who is signed in."""

from __future__ import annotations

from typing import Any

from flask import Response

from shop import (
    PUBLIC,
    Blueprint,
    NotFound,
    Page,
    Reject,
    answer,
    ctx,
    idempotent,
    order_for_caller,
)

from . import shown, trials
from .schemas import Offer, Offers, Trial, Trials

public = Blueprint("trial_then_buy", __name__, description="Try it, then buy it or bring it back")


@public.get("/trial-then-buy/offers", needs=PUBLIC)
@public.arguments(Page, location="query")
@public.response(200, Offers)
def trial_then_buy_offers(query: dict[str, Any]) -> Response:
    """What can be tried now, on which terms"""
    return answer(shown.open_offers(ctx(), **query))


@public.get("/trial-then-buy/offers/<int:offer_id>", needs=PUBLIC)
@public.response(200, Offer)
def trial_then_buy_offer(offer_id: int) -> Response:
    """An offer, and the money of every way that a trial can end"""
    found = shown.open_offer(ctx(), offer_id)
    if found is None:
        raise NotFound
    return answer(found)


@public.get("/trial-then-buy/mine", needs="me:read")
@public.arguments(Page, location="query")
@public.response(200, Trials)
def trial_then_buy_mine(query: dict[str, Any]) -> Response:
    """The customer's trials, the newest first"""
    return answer(shown.page(ctx(), **query, customer=_customer()))


def _require_access(trial_id: int) -> None:
    """Before a kept answer is given, too: an Idempotency-Key alone opens no trial."""
    order_for_caller(trials.get(ctx(), trial_id).order.number)


@public.post("/trial-then-buy/trials/<int:trial_id>/buy", needs=PUBLIC)
@public.response(201, Trial)
@idempotent(look=_require_access)
def trial_then_buy_buy(trial_id: int) -> dict[str, Any]:
    """Keep what was tried; what is still to be paid becomes a due. For the customer, and for a guest
    with the order's token"""
    return shown.documents(ctx(), [trials.buy(ctx(), trial_id)])[0]


def _customer() -> int:
    caller = ctx().caller
    if caller.role != "customer" or caller.id is None:
        raise Reject("forbidden", 403, needs="me:read")
    return caller.id
