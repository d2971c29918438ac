"""Campaigns as the owner makes, changes and ends them.

    scheduled -> running -> over, and closed once its last team is

The state is a matter of time. What was promised to a team is kept: once there is one, neither size
nor hours nor prices nor times change, and limits only rise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shop import Conflict, Context, InUse, NotFound, Reject, db, i18n
from shop.catalog import version
from shop.clock import from_us, to_us
from shop.data import paging
from shop.jobs import jobs
from shop.people import audit
from shop.stock import claims

from . import items
from .models import Campaign, Team
from .settings import NAME

BUMP = """
UPDATE group_buy_campaign SET version = version + 1 WHERE id = ? AND store = ? AND version = ?"""
END = """
UPDATE group_buy_campaign SET ends = ?, version = version + 1
WHERE id = ? AND store = ? AND starts <= ? AND ends > ?"""
CANCEL = "DELETE FROM group_buy_campaign WHERE id = ? AND store = ?"
SHORTEN = """
UPDATE group_buy_team SET deadline = ?
WHERE campaign_id = ? AND store || '' = ? AND state = 'open' AND deadline > ? RETURNING code"""
SHOWN = "UPDATE group_buy_campaign SET shown = ? WHERE id = ? AND store = ? AND shown <> ?"
NEEDED = """
SELECT i.variant_id, c.id, c.name
FROM group_buy_campaign c JOIN group_buy_item i ON i.campaign_id = c.id
WHERE c.store = ? AND c.ends > ? ORDER BY c.id, i.id"""
STATES = ("scheduled", "running", "over", "closed")
TERMS = ("size", "hours", "items")
"""what a team was opened on"""
NEWEST = 2**63 - 1

Facts = Mapping[str, Any]


def create(ctx: Context, facts: Facts) -> Campaign:
    """Make a campaign of {name, size, ends, items: [{sku, price, tiers: [{units, price}]}]}.

    Also `translations`, `hours`, `teams`, `per_customer`, `starts` (now); times are microseconds.
    422 `group_buy_times` and those of `items.choose`.
    """
    starts, ends = max(facts.get("starts") or ctx.now_us, ctx.now_us), facts["ends"]
    if ends <= starts:
        raise Reject("group_buy_times")
    with db.transaction():
        wanted = items.choose(ctx, facts["items"])
        campaign = Campaign.create(
            store=ctx.code, name=facts["name"], translations=facts.get("translations") or {},
            size=facts["size"], hours=facts.get("hours") or ctx.settings(NAME).hours,
            teams=facts.get("teams"), per_customer=facts.get("per_customer"),
            starts=from_us(starts), ends=from_us(ends), shown=starts <= ctx.now_us,
            created_at=ctx.now,
        )  # fmt: skip
        items.write(ctx, campaign.id, wanted)
        claims.set_cap(ctx, quota(campaign.id), campaign.teams)
        _plan(ctx, campaign.id, starts, ends)
        version.touch(ctx)
        audit.record(ctx, f"{NAME}.create", f"{NAME}:{campaign.id}", name=campaign.name)
        return get(ctx, campaign.id)


def change(ctx: Context, campaign_id: int, seen: int, facts: Facts) -> Campaign:
    """Change what `facts` names if the version is still `seen`, else 412.

    409 `group_buy_over`; 422 `group_buy_times`, `group_buy_promised` with `field`.
    """
    with db.transaction():
        campaign = _hold(ctx, campaign_id, seen)
        if state(ctx, campaign) not in ("scheduled", "running"):
            raise Conflict("group_buy_over")
        begun = Team.select().where((Team.campaign == campaign_id) & _here(ctx, Team)).exists()
        if begun:
            _keep_promises(campaign, facts)
        starts, ends = _times(ctx, campaign, facts)
        plain = {"name", "translations", "size", "hours", "teams", "per_customer"} & facts.keys()
        columns = {name: facts[name] for name in plain}
        columns |= {"starts": from_us(starts), "ends": from_us(ends)}
        Campaign.update(**columns).where(Campaign.id == campaign_id).execute()
        if "items" in facts:
            items.write(ctx, campaign_id, items.choose(ctx, facts["items"]))
        if "teams" in facts:
            claims.set_cap(ctx, quota(campaign_id), facts["teams"])
        _plan(ctx, campaign_id, starts, ends)
        version.touch(ctx)
        audit.record(ctx, f"{NAME}.change", f"{NAME}:{campaign_id}", fields=sorted(facts))
        return get(ctx, campaign_id)


def end(ctx: Context, campaign_id: int) -> Campaign:
    """End a running one now: its open teams have failed. 409 `group_buy_not_running`."""
    now = ctx.now_us
    with db.transaction():
        get(ctx, campaign_id)
        if not db.change(END, now, campaign_id, ctx.code, now, now):
            raise Conflict("group_buy_not_running")
        for (code,) in db.rows(SHORTEN, now, campaign_id, ctx.code, now):
            jobs.schedule(ctx, NAME, "deadline", f"team:{code}:{now}", now, {"team": code})
        _plan(ctx, campaign_id, now, now)
        version.touch(ctx)
        audit.record(ctx, f"{NAME}.end", f"{NAME}:{campaign_id}")
        return get(ctx, campaign_id)


def remove(ctx: Context, campaign_id: int, seen: int) -> None:
    """Take back one that has not started. 409 `group_buy_started`."""
    with db.transaction():
        campaign = _hold(ctx, campaign_id, seen)
        if state(ctx, campaign) != "scheduled":
            raise Conflict("group_buy_started")
        items.write(ctx, campaign_id, [])
        db.change(CANCEL, campaign_id, ctx.code)
        audit.record(ctx, f"{NAME}.remove", f"{NAME}:{campaign_id}", name=campaign.name)


def get(ctx: Context, campaign_id: int) -> Campaign:
    found: Campaign | None = Campaign.get_or_none(
        (Campaign.id == campaign_id) & (Campaign.store == ctx.code)
    )
    if found is None:
        raise NotFound
    return found


def state(ctx: Context, campaign: Campaign) -> str:
    if campaign.closed_at is not None:
        return "closed"
    if to_us(campaign.ends) <= ctx.now_us:
        return "over"
    return "running" if to_us(campaign.starts) <= ctx.now_us else "scheduled"


def page(
    ctx: Context, limit: int = 20, after: str | None = None, running: bool = False
) -> dict[str, Any]:
    """{items, next}: the newest first; only those that run, if asked."""
    [before] = paging.decode(after, int) or (NEWEST,)
    where = (Campaign.store == ctx.code) & (Campaign.id < before)
    if running:
        where &= (Campaign.starts <= ctx.now) & (Campaign.ends > ctx.now)
    found = Campaign.select().where(where).order_by(Campaign.id.desc()).limit(limit + 1)
    return paging.page(list(found), limit, lambda campaign: (campaign.id,))


def goods_in_use(ctx: Context) -> list[InUse]:
    """The goods of campaigns that run or will."""
    return [
        InUse(variant, i18n.say("group_buy_in_use", ctx.locale, id=campaign, name=name))
        for variant, campaign, name in db.rows(NEEDED, ctx.code, ctx.now_us)
    ]


def quota(campaign_id: int) -> str:
    """Its teams are counted here."""
    return f"{NAME}:campaign:{campaign_id}:teams"


def show(ctx: Context, data: dict[str, Any]) -> None:
    """A campaign began or ended: the catalogue is told."""
    with db.transaction():
        campaign = Campaign.get_or_none(
            (Campaign.id == data["campaign"]) & (Campaign.store == ctx.code)
        )
        if campaign is None:
            return
        now = state(ctx, campaign) == "running"
        if db.change(SHOWN, now, campaign.id, ctx.code, now):
            version.touch(ctx)


def _plan(ctx: Context, campaign_id: int, starts: int, ends: int) -> None:
    """The jobs of its times; one for a time that was put off finds nothing to do."""
    data = {"campaign": campaign_id}
    for at in {starts, ends}:
        jobs.schedule(ctx, NAME, "show", f"campaign:{campaign_id}:{at}", at, data)
    jobs.schedule(ctx, NAME, "close", f"campaign:{campaign_id}:{ends}", ends, data)


def _hold(ctx: Context, campaign_id: int, seen: int) -> Campaign:
    """Under its lock, a version on; 412 if it was changed meanwhile."""
    if not db.change(BUMP, campaign_id, ctx.code, seen):
        raise Reject("precondition_failed", 412, current=str(get(ctx, campaign_id).version))
    return get(ctx, campaign_id)


def _here(ctx: Context, model: Any) -> Any:
    return model.store.concat("") == ctx.code


def _keep_promises(campaign: Campaign, facts: Facts) -> None:
    for name in TERMS:
        if name in facts and facts[name] != getattr(campaign, name, None):
            raise Reject("group_buy_promised", field=name)
    for name in ("teams", "per_customer"):
        before, now = getattr(campaign, name), facts.get(name)
        if now is not None and (before is None or now < before):
            raise Reject("group_buy_promised", field=name)
    if "ends" in facts and facts["ends"] != to_us(campaign.ends):
        raise Reject("group_buy_promised", field="ends")


def _times(ctx: Context, campaign: Campaign, facts: Facts) -> tuple[int, int]:
    starts, ends = to_us(campaign.starts), facts.get("ends", to_us(campaign.ends))
    if starts > ctx.now_us:
        starts = max(facts.get("starts") or starts, ctx.now_us)
    elif facts.get("starts", starts) != starts:
        raise Reject("group_buy_promised", field="starts")
    if ends <= max(starts, ctx.now_us):
        raise Reject("group_buy_times")
    return starts, ends
