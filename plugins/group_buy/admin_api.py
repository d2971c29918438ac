"""Campaigns and teams for staff."""

from __future__ import annotations

from typing import Any

from flask import Response

from shop import Blueprint, answer, check_match, ctx, etag, idempotent
from shop.data import paging

from . import campaigns, items, report, shown, teams
from .models import Campaign as CampaignRow
from .models import Team as TeamRow
from .schemas import (
    CampaignChanges,
    NewCampaign,
    Page,
    Report,
    StaffCampaign,
    StaffCampaigns,
    StaffTeamQuery,
    StaffTeams,
    Team,
)

admin = Blueprint("admin_group_buy", __name__, admin=True, description="Teams, for staff")
READ, MANAGE = "group_buy.read", "group_buy.manage"


@admin.get("/group_buy/campaigns", needs=READ)
@admin.arguments(Page, location="query")
@admin.response(200, StaffCampaigns)
def admin_group_buy_campaigns(query: dict[str, Any]) -> Response:
    """Campaigns, the newest first"""
    page = campaigns.page(ctx(), **query)
    sold = items.of_campaigns(ctx(), [one.id for one in page["items"]])
    found = [shown.of_staff(ctx(), one, sold.get(one.id, [])) for one in page["items"]]
    return answer(page | {"items": found})


@admin.post("/group_buy/campaigns", needs=MANAGE)
@admin.arguments(NewCampaign)
@admin.response(201, StaffCampaign)
@idempotent(required=False)
def admin_group_buy_create_campaign(body: dict[str, Any]) -> dict[str, Any]:
    """Sell in teams"""
    return _document(campaigns.create(ctx(), body))


@admin.get("/group_buy/campaigns/<int:campaign_id>", needs=READ)
@admin.response(200, StaffCampaign)
def admin_group_buy_campaign(campaign_id: int) -> Response:
    """A campaign"""
    return _answer(campaigns.get(ctx(), campaign_id))


@admin.patch("/group_buy/campaigns/<int:campaign_id>", needs=MANAGE, match=True)
@admin.arguments(CampaignChanges)
@admin.response(200, StaffCampaign)
def admin_group_buy_change_campaign(body: dict[str, Any], campaign_id: int) -> Response:
    """Change a campaign; what its teams were promised stays"""
    seen = campaigns.get(ctx(), campaign_id).version
    check_match(campaign_id, seen)
    return _answer(campaigns.change(ctx(), campaign_id, seen, body))


@admin.delete("/group_buy/campaigns/<int:campaign_id>", needs=MANAGE, match=True)
@admin.response(204)
def admin_group_buy_remove_campaign(campaign_id: int) -> Response:
    """Take back a campaign that has not started"""
    seen = campaigns.get(ctx(), campaign_id).version
    check_match(campaign_id, seen)
    campaigns.remove(ctx(), campaign_id, seen)
    return Response(status=204)


@admin.post("/group_buy/campaigns/<int:campaign_id>/end", needs=MANAGE)
@admin.response(200, StaffCampaign)
def admin_group_buy_end_campaign(campaign_id: int) -> Response:
    """End a campaign now; its open teams fail and their money goes back"""
    return _answer(campaigns.end(ctx(), campaign_id))


@admin.get("/group_buy/teams", needs=READ)
@admin.arguments(StaffTeamQuery, location="query")
@admin.response(200, StaffTeams)
def admin_group_buy_teams(query: dict[str, Any]) -> Response:
    """Teams, the newest first"""
    [before] = paging.decode(query.get("after"), int) or (2**63 - 1,)
    where = (TeamRow.store == ctx().code) & (TeamRow.id < before)
    if "campaign" in query:
        where &= TeamRow.campaign == query["campaign"]
    if query.get("state"):
        where &= TeamRow.state == query["state"]
    limit = query["limit"]
    found = list(TeamRow.select().where(where).order_by(TeamRow.id.desc()).limit(limit + 1))
    page = paging.page(found, limit, lambda team: (team.id,))
    return answer(page | {"items": shown.documents(ctx(), page["items"], staff=True)})


@admin.get("/group_buy/teams/<string:code>", needs=READ)
@admin.response(200, Team)
def admin_group_buy_team(code: str) -> Response:
    """A team and its members"""
    return answer(_team(teams.find(ctx(), code)))


@admin.post("/group_buy/teams/<string:code>/complete", needs=MANAGE)
@admin.response(200, Team)
def admin_group_buy_complete_team(code: str) -> Response:
    """Complete a team with the members it has"""
    return answer(_team(teams.complete_early(ctx(), code)))


@admin.get("/group_buy/report", needs=READ)
@admin.response(200, Report)
def admin_group_buy_report() -> Response:
    """What campaigns brought, and what they cost"""
    return answer(report.report(ctx()))


def _team(team: TeamRow) -> dict[str, Any]:
    return shown.documents(ctx(), [team], staff=True)[0]


def _document(campaign: CampaignRow) -> dict[str, Any]:
    sold = items.of_campaigns(ctx(), [campaign.id])
    return shown.of_staff(ctx(), campaign, sold.get(campaign.id, []))


def _answer(campaign: CampaignRow) -> Response:
    return answer(_document(campaign), ETag=etag(campaign.id, campaign.version))
