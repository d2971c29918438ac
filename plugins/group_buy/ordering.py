"""A place in a team in a basket: its price, and what stands in the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from shop import Context, LinePrice, OrderView, Problem, Quote, QuoteLine, db, i18n
from shop.clock import rfc3339
from shop.orders import kept
from shop.people import identity
from shop.pickup import windows
from shop.stock import claims

from . import campaigns, teams
from .settings import NAME

OPENED = """
SELECT c.id, '', i.variant_id, i.price, i.tiers, c.size
FROM group_buy_campaign c JOIN group_buy_item i ON i.campaign_id = c.id
WHERE c.id IN (??) AND c.store || '' = ? AND c.starts <= ? AND c.ends > ?"""
JOINED = """
SELECT t.campaign_id, t.code, i.variant_id, i.price, i.tiers, t.size
FROM group_buy_team t JOIN group_buy_item i ON i.campaign_id = t.campaign_id
WHERE t.code IN (??) AND t.store || '' = ? AND t.state = 'open' AND t.deadline > ?"""
CAMPAIGN = "SELECT starts, per_customer FROM group_buy_campaign WHERE id = ? AND store = ?"
TEAM = "SELECT campaign_id FROM group_buy_team WHERE code = ? AND store || '' = ?"
HAVE = f"""
SELECT m.order_id, {kept.UNITS}
FROM group_buy_member m JOIN order_line l ON l.id = m.line_id
WHERE m.customer_id = ? AND m.campaign_id = ? AND m.store || '' = ? AND m.state <> 'left'
ORDER BY m.id DESC"""
IS_IN = """
SELECT m.order_id FROM group_buy_member m JOIN group_buy_team t ON t.id = m.team_id
WHERE t.code = ? AND m.customer_id = ? AND m.store || '' = ? AND m.state <> 'left'"""


class Place(NamedTuple):
    """What a place in a team costs; `team` is empty for one that is opened."""

    campaign: int
    team: str
    variant: int
    price: int
    tiers: list[dict[str, int]]
    size: int


def price_lines(ctx: Context, lines: Sequence[QuoteLine]) -> dict[int, LinePrice]:
    """The team's price, for lines that open or join one; nothing is asked if none does."""
    asked = {line.index: line for line in lines if NAME in line.options}
    if not asked:
        return {}
    places = _places(ctx, [line.options[NAME] for line in asked.values()])
    answer = {}
    for index, line in asked.items():
        place = places.get((_what(line.options[NAME]), line.variant_id))
        if place is not None:
            label = i18n.say("group_buy_label", ctx.locale, size=place.size)
            offer = {
                "campaign": place.campaign, "team": place.team or None, "price": place.price,
                "normal": line.unit_price, "tiers": place.tiers,
            }  # fmt: skip
            answer[index] = LinePrice(place.price, label, None, offer)
    return answer


def _places(ctx: Context, options: Sequence[dict[str, Any]]) -> dict[tuple[int | str, int], Place]:
    """{(campaign or team's code, variant): its place}."""
    now, found = ctx.now_us, []
    if ids := [option["open"] for option in options if "open" in option]:
        found += db.rows(OPENED, db.many(ids), ctx.code, now, now)
    if codes := [option["join"] for option in options if "join" in option]:
        found += db.rows(JOINED, db.many(codes), ctx.code, now)
    places = (Place(*row[:4], db.load(row[4]), row[5]) for row in found)
    return {(place.team or place.campaign, place.variant): place for place in places}


def _what(option: dict[str, Any]) -> int | str:
    return option["open"] if "open" in option else option["join"]


def check_quote(ctx: Context, quote: Quote) -> list[Problem]:
    asked = [line for line in quote.lines if NAME in line.options]
    return [problem for line in asked for problem in _problems(ctx, quote, line)]


def _problems(ctx: Context, quote: Quote, line: QuoteLine) -> list[Problem]:
    if line.source not in (NAME, "catalogue"):
        return [Problem("group_buy_other_price", line.index, facts={"by": line.source})]
    if line.source != NAME:
        return [_why_not(ctx, line)]
    problems = []
    if len(quote.lines) > 1:
        problems.append(Problem("buy_alone", line.index, facts={"sku": line.sku}))
    campaign, team = line.offer["campaign"], line.offer["team"]
    if team and _is_full(ctx, team, quote.customer_id):
        problems.append(Problem("team_full", line.index, 409, {"left": 0}))
    if not team and claims.left(ctx, campaigns.quota(campaign)) == 0:
        problems.append(Problem("group_buy_no_more_teams", line.index, 409, {"left": 0}))
    if team:
        cut_off = windows.names(ctx, quote.point, quote.window)[4]
        problems += teams.window_problems(teams.find(ctx, team), cut_off, line.index)
    if quote.customer_id is not None:
        problems += _of_customer(ctx, quote.customer_id, line)
    return problems


def _is_full(ctx: Context, team: str, customer: int | None) -> bool:
    """Whether no seat is free, nor one taken that would give way to the caller."""
    seats = teams.seats(team)
    return claims.left(ctx, seats) == 0 and not claims.given_way(ctx, seats, customer)


def _of_customer(ctx: Context, customer: int, line: QuoteLine) -> list[Problem]:
    """Exact while the customer's row is held, as it is when an order is placed. What guests ordered
    of his phone without paying does not count against him who is signed in."""
    campaign, team = line.offer["campaign"], line.offer["team"]
    inside = db.rows(IS_IN, team, customer, ctx.code) if team else []
    if inside and {row[0] for row in inside} - set(identity.giving_way(ctx, customer)):
        return [Problem("group_buy_already_in", line.index, 409)]
    [_, most] = db.row(CAMPAIGN, campaign, ctx.code) or (0, None)
    if most is None:
        return []
    units = dict(db.rows(HAVE, customer, campaign, ctx.code))
    have = sum(units.values()) + line.quantity
    if have > most:
        have -= sum(units.get(order, 0) for order in identity.giving_way(ctx, customer))
    if have <= most:
        return []
    return [Problem("over_limit", line.index, facts={"limit": most, "have": have})]


def make_way(ctx: Context, campaign: int, order: OrderView) -> None:
    """Within `order_placing`: what guests ordered of the owner's phone goes, the newest first, as far
    as it would take him above the campaign's limit."""
    [_, most] = db.row(CAMPAIGN, campaign, ctx.code) or (0, None)
    if most is None:
        return
    units = dict(db.rows(HAVE, order.customer_id, campaign, ctx.code))
    over = sum(units.values()) + sum(line.quantity for line in order.lines) - most
    gone = []
    for other in identity.giving_way(ctx, order.customer_id) if over > 0 else ():
        if over > 0 and other in units:
            over -= units[other]
            gone.append(other)
    identity.give_way(ctx, gone)


def _why_not(ctx: Context, line: QuoteLine) -> Problem:
    """There is no such campaign or team, it has not begun or is over, or sells other goods."""
    option, place = line.options[NAME], _places(ctx, [line.options[NAME]])
    if place:
        return Problem("group_buy_not_of_this", line.index, facts={"sku": line.sku})
    if "join" in option:
        known = db.row(TEAM, option["join"], ctx.code)
        if known is None:
            return Problem("group_buy_unknown_team", line.index)
        return Problem("group_buy_team_over", line.index, 409)
    known = db.row(CAMPAIGN, option["open"], ctx.code)
    if known is None:
        return Problem("group_buy_unknown_campaign", line.index)
    if known[0] > ctx.now_us:
        return Problem("not_started", line.index, facts={"starts": rfc3339(known[0])})
    return Problem("group_buy_over", line.index, 409)
