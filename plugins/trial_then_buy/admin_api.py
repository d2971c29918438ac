"""`/admin/trial_then_buy/…`: offers, trials and the report."""

from __future__ import annotations

from typing import Any

from flask import Response

from shop import Blueprint, Page, answer, check_match, ctx, etag, idempotent

from . import offers, report, shown, trials
from .schemas import (
    NewOffer,
    OfferChanges,
    Report,
    Return,
    Settle,
    StaffOffer,
    StaffOffers,
    Trial,
    TrialQuery,
    Trials,
)

admin = Blueprint("admin_trial_then_buy", __name__, admin=True, description="Trials, for staff")
READ, MANAGE = "trial_then_buy.read", "trial_then_buy.manage"


@admin.get("/trial_then_buy/offers", needs=READ)
@admin.arguments(Page, location="query")
@admin.response(200, StaffOffers)
def admin_trial_then_buy_offers(query: dict[str, Any]) -> Response:
    """Offers, the newest first"""
    page = offers.page(ctx(), **query)
    return answer(page | {"items": [shown.of_staff(ctx(), offer) for offer in page["items"]]})


@admin.post("/trial_then_buy/offers", needs=MANAGE)
@admin.arguments(NewOffer)
@admin.response(201, StaffOffer)
@idempotent(required=False)
def admin_trial_then_buy_create_offer(body: dict[str, Any]) -> dict[str, Any]:
    """Offer a variant for trial; says whether the fee covers the expected loss"""
    return shown.of_staff(ctx(), offers.create(ctx(), body))


@admin.get("/trial_then_buy/offers/<int:offer_id>", needs=READ)
@admin.response(200, StaffOffer)
def admin_trial_then_buy_offer(offer_id: int) -> Response:
    """An offer"""
    return _answer(offers.get(ctx(), offer_id))


@admin.patch("/trial_then_buy/offers/<int:offer_id>", needs=MANAGE, match=True)
@admin.arguments(OfferChanges)
@admin.response(200, StaffOffer)
def admin_trial_then_buy_change_offer(body: dict[str, Any], offer_id: int) -> Response:
    """Change an offer; trials that were ordered keep their terms"""
    seen = offers.get(ctx(), offer_id).version
    check_match(offer_id, seen)
    return _answer(offers.change(ctx(), offer_id, seen, body))


@admin.post("/trial_then_buy/offers/<int:offer_id>/end", needs=MANAGE)
@admin.response(200, StaffOffer)
def admin_trial_then_buy_end_offer(offer_id: int) -> Response:
    """No new trials; those that run keep their terms"""
    return answer(shown.of_staff(ctx(), offers.end(ctx(), offer_id)))


@admin.get("/trial_then_buy/trials", needs=READ)
@admin.arguments(TrialQuery, location="query")
@admin.response(200, Trials)
def admin_trial_then_buy_trials(query: dict[str, Any]) -> Response:
    """Trials, the newest first"""
    return answer(shown.page(ctx(), **query))


@admin.get("/trial_then_buy/trials/<int:trial_id>", needs=READ)
@admin.response(200, Trial)
def admin_trial_then_buy_trial(trial_id: int) -> Response:
    """A trial"""
    return answer(_shown(trials.get(ctx(), trial_id)))


@admin.post("/trial_then_buy/trials/<int:trial_id>/buy", needs=MANAGE)
@admin.response(201, Trial)
@idempotent()
def admin_trial_then_buy_buy(trial_id: int) -> dict[str, Any]:
    """The customer keeps it"""
    return _shown(trials.buy(ctx(), trial_id))


@admin.post("/trial_then_buy/trials/<int:trial_id>/return", needs=MANAGE)
@admin.arguments(Return)
@admin.response(201, Trial)
@idempotent()
def admin_trial_then_buy_return(body: dict[str, Any], trial_id: int) -> dict[str, Any]:
    """It came back, and waits to be looked at"""
    return _shown(trials.returned(ctx(), trial_id, body["note"]))


@admin.post("/trial_then_buy/trials/<int:trial_id>/settle", needs=MANAGE)
@admin.arguments(Settle)
@admin.response(201, Trial)
@idempotent()
def admin_trial_then_buy_settle(body: dict[str, Any], trial_id: int) -> dict[str, Any]:
    """It was looked at: damage is kept of the deposit, the rest goes back"""
    return _shown(trials.settle(ctx(), trial_id, **body))


@admin.get("/trial_then_buy/report", needs=READ)
@admin.response(200, Report)
def admin_trial_then_buy_report() -> Response:
    """Conversion, loss, and whether the fees cover it"""
    return answer(report.report(ctx()))


def _answer(offer: Any) -> Response:
    return answer(shown.of_staff(ctx(), offer), ETag=etag(offer.id, offer.version))


def _shown(trial: Any) -> dict[str, Any]:
    return shown.documents(ctx(), [trial])[0]
