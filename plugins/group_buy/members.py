"""An order in a team: it takes a seat, counts once it is paid, and goes as the team goes."""

from __future__ import annotations

from typing import Any

from shop import Conflict, Context, OrderView, Problem, Reject, db, i18n
from shop.clock import to_us
from shop.jobs import jobs
from shop.orders import holds, order_view, orders
from shop.orders.order_view import LineView
from shop.stock import claims

from . import ordering, teams
from .models import Member, Team
from .settings import NAME

MOVE = "UPDATE group_buy_member SET state = ? WHERE id = ? AND store = ? AND state = ?"
OF_TEAM = """
SELECT m.order_id FROM group_buy_member m JOIN group_buy_team t ON t.id = m.team_id
WHERE t.code = ? AND m.store || '' = ? AND m.state <> 'left' ORDER BY m.id"""


def join(ctx: Context, order: OrderView) -> None:
    """Within `order_placing`: a seat for the order, kept until it is paid or its time is up.

    409 `team_full`, `already_claimed`, `group_buy_team_over`; 422 `group_buy_window`; and those of
    `teams.open_team`.
    """
    mine = [line for line in order.lines if line.source == NAME]
    if not mine:
        return
    [line] = mine
    orders.prepay(ctx, order, ctx.settings(NAME).unpaid_minutes)
    ordering.make_way(ctx, line.offer["campaign"], order)
    option = line.options[NAME]
    team = (
        teams.find(ctx, option["join"])
        if "join" in option
        else teams.open_team(ctx, option["open"], order)
    )
    # the seat before the team's row: who leaves takes them in this order too
    claims.claim(
        ctx, teams.seats(team.code), _key(order), order_id=order.id,
        who=f"customer:{order.customer_id}", customer=order.customer_id, code="team_full",
    )  # fmt: skip
    held = teams.hold(ctx, team.code)
    if not teams.is_open(ctx, held):
        raise Conflict("group_buy_team_over")
    for problem in teams.window_problems(held, order.window_cut_off):
        raise Reject(problem.code, problem.status, **problem.facts)
    Member.create(
        store=ctx.code, team=team.id, campaign=team.campaign_id, order=order.id, line=line.id,
        customer=order.customer_id, state="held", joined_at=ctx.now,
    )  # fmt: skip
    holds.hold(ctx, order.id, NAME, i18n.say("group_buy_waiting", ctx.store.locale))


def of_order(ctx: Context, order_id: int) -> Member | None:
    found: Member | None = Member.get_or_none(
        (Member.order == order_id) & (Member.store == ctx.code)
    )
    return found


def line_of(order: OrderView, member: Member) -> LineView:
    return next(line for line in order.lines if line.id == member.line_id)


def settle(ctx: Context, order: OrderView) -> None:
    """Bring the member to what its order says."""
    if not any(line.source == NAME for line in order.lines):
        return
    member = of_order(ctx, order.id)
    if member is None or member.state == "left":
        return
    line = line_of(order, member)
    if order.state == "cancelled" or not line.units_kept:
        if _takes_goods(order, line, member.team):
            orders.cancel(ctx, order.id, f"{NAME}_left")  # which comes back here
            return
        claims.release(ctx, teams.seats(member.team.code), _key(order))
        holds.release(ctx, order.id, NAME)
        _move(ctx, order, member, "left")
    elif order.paid_at is not None and member.state == "held":
        if _too_late(member.team, order.paid_at):
            orders.cancel(ctx, order.id, f"{NAME}_failed")
        else:
            _move(ctx, order, member, "paid")


def _takes_goods(order: OrderView, line: LineView, team: Team) -> bool:
    """Whether who got all the money back by amount would still get goods at a team's price, though
    the team is not complete without him. Before the team's row is held: it gives stock back."""
    waits = order.state == "paid" and line.waiting > 0 and not line.handed_out
    return waits and team.state != "complete"


def check_cancel(ctx: Context, order: OrderView) -> list[Problem]:
    """From the moment that the team is complete it is for the owner to cancel."""
    if not any(line.source == NAME for line in order.lines):
        return []
    member = of_order(ctx, order.id)
    if member is None or member.team.state != "complete":
        return []
    return [Problem("group_buy_complete", status=409)]


@jobs.atomic
def refuse(ctx: Context, data: dict[str, Any]) -> None:
    """Money that came when the team was just over goes back."""
    with db.transaction():
        order = order_view.lock(ctx, data["order"])
        member = of_order(ctx, order.id)
        if member is not None and member.state == "held" and order.state == "paid":
            orders.cancel(ctx, order.id, f"{NAME}_failed")


def release_all(ctx: Context, data: dict[str, Any]) -> None:
    """The team is complete: what its members paid for can be handed out."""
    for (order_id,) in db.rows(OF_TEAM, data["team"], ctx.code):
        with db.transaction():
            _release(ctx, order_view.lock(ctx, order_id))


def cancel_all(ctx: Context, data: dict[str, Any]) -> None:
    """The team has failed: each order is cancelled, and its money goes back once. What was handed
    out nevertheless, for somebody released it, is left to the owner."""
    for (order_id,) in db.rows(OF_TEAM, data["team"], ctx.code):
        with db.transaction():
            order = order_view.lock(ctx, order_id)
            untouched = not any(line.handed_out for line in order.lines)
            if order.state in ("pending", "paid") and untouched:
                orders.cancel(ctx, order_id, f"{NAME}_failed")
                tell(ctx, order, "failed")


def tell(ctx: Context, order: OrderView, what: str, amount: int = 0) -> None:
    data = {"order": order.id, "what": what, "amount": amount}
    jobs.schedule(ctx, NAME, "tell", f"order:{order.id}:{what}", ctx.now_us, data)


def _too_late(team: Team, paid_at: int) -> bool:
    """For certain, without its row: what a team that is over has, and its deadline, do not change."""
    if team.state == "open":
        return to_us(team.deadline) <= paid_at
    return team.state == "failed" or not team.early


def _move(ctx: Context, order: OrderView, member: Member, now: str) -> None:
    team = teams.hold(ctx, member.team.code)
    if now == "paid" and _too_late(team, order.paid_at or 0):
        # its row is held: the order's goods must not be waited for as well
        jobs.schedule(ctx, NAME, "refuse", f"order:{order.id}", ctx.now_us, {"order": order.id})
        return
    if not db.change(MOVE, now, member.id, ctx.code, member.state):
        return
    if teams.recount(ctx, team) and now == "paid":
        _release(ctx, order)


def _release(ctx: Context, order: OrderView) -> None:
    """Its hold, once it is paid; who has a seat and has not paid waits."""
    if order.paid_at is not None and holds.release(ctx, order.id, NAME):
        tell(ctx, order, "complete")


def _key(order: OrderView) -> str:
    return f"order:{order.id}"
