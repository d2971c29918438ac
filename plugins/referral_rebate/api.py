"""`/referral-rebate/…`: the rules, one's code, one's credit and every cent of it."""

from __future__ import annotations

from typing import Any

from flask import Response

from shop import PUBLIC, Blueprint, NotFound, Page, Reject, answer, ctx
from shop.people import accounts

from . import bindings, explaining, shown, wallet
from .schemas import (
    Balance,
    Explanation,
    History,
    Invite,
    InvitedPage,
    Known,
    Leaderboard,
    LeaderboardQuery,
    Rules,
    Sources,
)

public = Blueprint("referral_rebate", __name__, description="Friends, and what they bring")


@public.get("/referral-rebate/rules", needs=PUBLIC)
@public.response(200, Rules)
def referral_rebate_rules() -> Response:
    """What is paid for a friend's order, when, and how it can be spent"""
    return answer(shown.rules(ctx()))


@public.get("/referral-rebate/codes/<string:code>", needs=PUBLIC)
@public.response(200, Known)
def referral_rebate_known(code: str) -> Response:
    """Whose code it is, by a masked name"""
    owner = bindings.owner(ctx(), code)
    if owner is None:
        raise NotFound
    name = accounts.get(ctx(), owner)["name"]
    return answer({"code": code.strip().upper(), "name": accounts.masked(name)})


@public.get("/referral-rebate/code", needs="me:write")
@public.response(200, Invite)
def referral_rebate_code() -> Response:
    """The customer's own code, and the link to share"""
    return answer(shown.invite(ctx(), _customer()))


@public.get("/referral-rebate/balance", needs="me:read")
@public.response(200, Balance)
def referral_rebate_balance() -> Response:
    """The customer's credit"""
    return answer(wallet.balance(ctx(), _customer()))


@public.get("/referral-rebate/history", needs="me:read")
@public.arguments(Page, location="query")
@public.response(200, History)
def referral_rebate_history(query: dict[str, Any]) -> Response:
    """How it came and went, the newest first"""
    return answer(wallet.history(ctx(), _customer(), **query))


@public.get("/referral-rebate/explain", needs="me:read")
@public.arguments(Page, location="query")
@public.response(200, Explanation)
def referral_rebate_explain(query: dict[str, Any]) -> Response:
    """Every cent: of which line, at which rate, cut by what, and what became of it"""
    return answer(explaining.explain(ctx(), _customer(), **query))


@public.get("/referral-rebate/invited", needs="me:read")
@public.arguments(Page, location="query")
@public.response(200, InvitedPage)
def referral_rebate_invited(query: dict[str, Any]) -> Response:
    """Who came through the customer, the newest first"""
    return answer(shown.invited(ctx(), **query, referrer=_customer()))


@public.get("/referral-rebate/sources", needs="me:read")
@public.response(200, Sources)
def referral_rebate_sources() -> Response:
    """Where the customer's friends came from, and whether they bought"""
    return answer({"items": shown.sources(ctx(), _customer())})


@public.get("/referral-rebate/leaderboard", needs=PUBLIC)
@public.arguments(LeaderboardQuery, location="query")
@public.response(200, Leaderboard)
def referral_rebate_leaderboard(query: dict[str, Any]) -> Response:
    """Who brought most, refunds deducted, by masked names"""
    return answer({"items": shown.leaderboard(ctx(), **query)})


@public.delete("/referral-rebate/binding", needs="me:write")
@public.response(204)
def referral_rebate_unbind() -> Response:
    """The customer no longer wants to have come through somebody"""
    binding = bindings.of_invitee(ctx(), _customer())
    if binding is None:
        raise NotFound
    bindings.remove(ctx(), binding, "invitee")
    return Response(status=204)


@public.delete("/referral-rebate/invited/<int:binding_id>", needs="me:write")
@public.response(204)
def referral_rebate_let_go(binding_id: int) -> Response:
    """The customer no longer wants to have brought somebody"""
    binding = bindings.get(ctx(), binding_id)
    if binding.referrer_id != _customer():
        raise NotFound
    bindings.remove(ctx(), binding, "referrer")
    return Response(status=204)


def _customer() -> int:
    caller = ctx().caller
    if caller.role != "customer" or caller.id is None:
        raise Reject("forbidden", 403, needs="me:read")
    return caller.id
