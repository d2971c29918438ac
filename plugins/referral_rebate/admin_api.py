"""Who invited whom, rewards to be judged, and what it brought, for staff."""

from __future__ import annotations

from typing import Any

from flask import Response

from shop import Blueprint, Page, answer, ctx
from shop.data import paging
from shop.people import accounts

from . import bindings, explaining, flags, report, rewards, shown
from .models import Reward
from .schemas import (
    Bindings,
    Explanation,
    Judge,
    Leaderboard,
    LeaderboardQuery,
    Report,
    RewardQuery,
    Sources,
    StaffReward,
    StaffRewards,
)

admin = Blueprint("admin_referral_rebate", __name__, admin=True, description="Referrals, for staff")
READ, MANAGE = "referral_rebate.read", "referral_rebate.manage"


@admin.get("/referral_rebate/bindings", needs=READ)
@admin.arguments(Page, location="query")
@admin.response(200, Bindings)
def admin_referral_rebate_bindings(query: dict[str, Any]) -> Response:
    """Who came through whom, the newest first"""
    return answer(shown.invited(ctx(), **query, staff=True))


@admin.delete("/referral_rebate/bindings/<int:binding_id>", needs=MANAGE)
@admin.response(204)
def admin_referral_rebate_unbind(binding_id: int) -> Response:
    """No order of this newcomer earns anything any more"""
    bindings.remove(ctx(), bindings.get(ctx(), binding_id), "staff")
    return Response(status=204)


@admin.get("/referral_rebate/rewards", needs=READ)
@admin.arguments(RewardQuery, location="query")
@admin.response(200, StaffRewards)
def admin_referral_rebate_rewards(query: dict[str, Any]) -> Response:
    """Rewards with what should be looked at, the newest first"""
    [before] = paging.decode(query.get("after"), int) or (2**63 - 1,)
    where = (Reward.store == ctx().code) & (Reward.id < before)
    if query["state"]:
        where &= Reward.state == query["state"]
    limit = query["limit"]
    found = list(Reward.select().where(where).order_by(Reward.id.desc()).limit(limit + 1))
    page = paging.page(found, limit, lambda reward: (reward.id,))
    return answer(page | {"items": _documents(page["items"])})


@admin.post("/referral_rebate/rewards/<int:reward_id>/hold", needs=MANAGE)
@admin.arguments(Judge)
@admin.response(200, StaffReward)
def admin_referral_rebate_hold(body: dict[str, Any], reward_id: int) -> Response:
    """Take a pending reward back while it is looked into"""
    return _judged(reward_id, "held", body["reason"])


@admin.post("/referral_rebate/rewards/<int:reward_id>/release", needs=MANAGE)
@admin.response(200, StaffReward)
def admin_referral_rebate_release(reward_id: int) -> Response:
    """Nothing was wrong: give it again"""
    return _judged(reward_id, "granted", "")


@admin.post("/referral_rebate/rewards/<int:reward_id>/void", needs=MANAGE)
@admin.arguments(Judge)
@admin.response(200, StaffReward)
def admin_referral_rebate_void(body: dict[str, Any], reward_id: int) -> Response:
    """Take a pending or held reward back for good"""
    return _judged(reward_id, "void", body["reason"])


@admin.get("/referral_rebate/customers/<int:customer_id>/explain", needs=READ)
@admin.arguments(Page, location="query")
@admin.response(200, Explanation)
def admin_referral_rebate_explain(query: dict[str, Any], customer_id: int) -> Response:
    """Every cent of a customer's credit"""
    accounts.get(ctx(), customer_id)
    return answer(explaining.explain(ctx(), customer_id, **query))


@admin.get("/referral_rebate/sources", needs=READ)
@admin.response(200, Sources)
def admin_referral_rebate_sources() -> Response:
    """Through which sources customers came, and whether they bought"""
    return answer({"items": shown.sources(ctx())})


@admin.get("/referral_rebate/leaderboard", needs=READ)
@admin.arguments(LeaderboardQuery, location="query")
@admin.response(200, Leaderboard)
def admin_referral_rebate_leaderboard(query: dict[str, Any]) -> Response:
    """Who brought most, by name"""
    return answer({"items": shown.leaderboard(ctx(), **query, staff=True)})


@admin.get("/referral_rebate/report", needs=READ)
@admin.response(200, Report)
def admin_referral_rebate_report() -> Response:
    """What inviting brought, and what it cost"""
    return answer(report.report(ctx()))


def _judged(reward_id: int, to: str, reason: str) -> Response:
    return answer(_documents([rewards.judge(ctx(), reward_id, to, reason)])[0])


def _documents(found: list[Reward]) -> list[dict[str, Any]]:
    signs = flags.of(ctx(), found)
    shown_ = explaining.documents(ctx(), found, staff=True)
    return [
        document | {"customer": reward.customer_id, "flags": signs.get(reward.id, [])}
        for reward, document in zip(found, shown_, strict=True)
    ]
