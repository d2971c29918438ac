"""`/group-buy/…`: what is sold in teams, and the teams."""

from __future__ import annotations

from typing import Any

from flask import Response

from shop import PUBLIC, Blueprint, NotFound, Page, Reject, answer, ctx

from . import campaigns, items, shown, teams
from .schemas import Campaign, Campaigns, MyTeams, Team, TeamQuery, Teams

public = Blueprint("group_buy", __name__, description="The more, the cheaper: teams")

FRESH = {"Cache_Control": "no-store"}


@public.get("/group-buy/campaigns", needs=PUBLIC)
@public.arguments(Page, location="query")
@public.response(200, Campaigns)
def group_buy_campaigns(query: dict[str, Any]) -> Response:
    """What is sold in teams now"""
    return answer(shown.running(ctx(), **query))


@public.get("/group-buy/campaigns/<int:campaign_id>", needs=PUBLIC)
@public.response(200, Campaign)
def group_buy_campaign(campaign_id: int) -> Response:
    """A campaign that runs or ran"""
    found = campaigns.get(ctx(), campaign_id)
    if campaigns.state(ctx(), found) == "scheduled":
        raise NotFound
    sold = items.of_campaigns(ctx(), [campaign_id])
    return answer(shown.campaign(ctx(), found, sold.get(campaign_id, [])))


@public.get("/group-buy/teams", needs=PUBLIC)
@public.arguments(TeamQuery, location="query")
@public.response(200, Teams)
def group_buy_teams(query: dict[str, Any]) -> Response:
    """Open teams, those that lack the fewest first"""
    found = shown.nearest(ctx(), query["campaign"], query["limit"])
    return answer({"items": found}, **FRESH)


@public.get("/group-buy/teams/<string:code>", needs=PUBLIC)
@public.response(200, Team)
def group_buy_team(code: str) -> Response:
    """A team by the code of its link, and how far it is"""
    [found] = shown.documents(ctx(), [teams.find(ctx(), code)])
    return answer(found, **FRESH)


@public.get("/group-buy/mine", needs="me:read")
@public.arguments(Page, location="query")
@public.response(200, MyTeams)
def group_buy_mine(query: dict[str, Any]) -> Response:
    """The teams that the customer is or was in, the newest first"""
    caller = ctx().caller
    if caller.role != "customer" or caller.id is None:
        raise Reject("forbidden", 403, needs="me:read")
    return answer(shown.mine(ctx(), caller.id, **query), **FRESH)
