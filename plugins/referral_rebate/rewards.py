"""What an order earns who invited its customer, and the newcomer: begun when it completes, then always
what the order deserves.

Whoever changes a reward holds the row of the customer who gets it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from shop import Conflict, Context, NotFound, OrderView, Reject, db, money
from shop.clock import DAY, from_us, to_us
from shop.jobs import events, jobs
from shop.ledger import ledger
from shop.orders import order_view
from shop.people import audit, identity

from . import accounts, bindings, rates
from .models import Binding, Reward
from .settings import NAME, UNIT

FIRST = """
UPDATE referral_rebate_binding SET first_order_id = ?
WHERE id = ? AND store = ? AND first_order_id IS NULL"""
TAKEN = """
SELECT COALESCE(SUM(amount), 0) FROM referral_rebate_reward
WHERE customer_id = ? AND month = ? AND kind = 'referrer' AND store || '' = ?"""
SAME_PAYER = """
SELECT 1 FROM payment p JOIN payment q ON q.payer = p.payer AND q.store = p.store
JOIN orders o ON o.id = q.order_id
WHERE p.order_id = ? AND p.store || '' = ? AND p.payer <> '' AND o.customer_id = ? LIMIT 1"""
Part = dict[str, Any]


def settle(ctx: Context, order: OrderView, kind: str) -> None:
    """After every change of an order: what it earned, and what it is being paid back itself."""
    found = of_order(ctx, order.id)
    if not found and kind == "completed" and NAME in ctx.plugins.by_name:
        found = begin(ctx, order)
    for reward in found:
        book(ctx, reward.id, order)
    accounts.shrink(ctx, order)


def of_order(ctx: Context, order_id: int) -> list[Reward]:
    where = (Reward.order == order_id) & (Reward.store == ctx.code)
    return list(Reward.select().where(where).order_by(Reward.id))


def get(ctx: Context, reward_id: int) -> Reward:
    found: Reward | None = Reward.get_or_none((Reward.id == reward_id) & (Reward.store == ctx.code))
    if found is None:
        raise NotFound
    return found


# -- begun ---------------------------------------------------------------------------------------


def begin(ctx: Context, order: OrderView) -> list[Reward]:
    """The rewards of an order that has just been completed, for the first time."""
    if not order.is_paid_for:  # all went back before it was handed out: nothing was bought
        return []
    binding = bindings.of_invitee(ctx, order.customer_id)
    if binding is None or not bindings.alive(ctx, binding, order):
        return []
    for customer in sorted((binding.referrer_id, binding.invitee_id)):
        db.lock_row("customer", customer)
    first = bool(db.change(FIRST, order.id, binding.id, ctx.code))
    first = first and identity.once(ctx, f"{NAME}:first", binding.invitee_id)
    settings = ctx.settings(NAME)
    made = []
    if first or not settings.first_only:
        made += _of_referrer(ctx, order, binding)
    if first and settings.newcomer and order.goods_kept >= max(1, settings.newcomer_least):
        amount = min(settings.newcomer, order.goods_kept)
        parts = _parts(order, {})
        _share(parts, amount)
        made.append(_write(ctx, order, binding, "newcomer", parts, {}))
    return made


def _of_referrer(ctx: Context, order: OrderView, binding: Binding) -> list[Reward]:
    settings = ctx.settings(NAME)
    parts = _parts(order, rates.of_lines(ctx, order.lines))
    raw = _sum(parts)
    if not raw:
        return []
    if db.row(SAME_PAYER, order.id, ctx.code, binding.referrer_id):
        _share(parts, 0)
        return [_write(ctx, order, binding, "referrer", parts, {"payer": raw}, refused="payer")]
    total, cuts = raw, {}
    if settings.per_order and total > settings.per_order:
        cuts["order"] = total - settings.per_order
        total = settings.per_order
    if settings.per_month:
        taken = db.value(TAKEN, binding.referrer_id, _month(ctx, order), ctx.code)
        room = max(0, settings.per_month - taken)
        if total > room:
            cuts["month"] = total - room
            total = room
    if not settings.until_principal:
        _share(parts, total)
        return [_write(ctx, order, binding, "referrer", parts, cuts)]
    return _into_accounts(ctx, order, binding, parts, total, cuts)


def _into_accounts(
    ctx: Context, order: OrderView, binding: Binding, parts: list[Part], total: int,
    cuts: dict[str, int],
) -> list[Reward]:  # fmt: skip
    """Into what the referrer has bought, the oldest first, as far as there is room."""
    made = []
    for account, room in accounts.open_ones(ctx, binding.referrer_id):
        amount = min(room, total)
        if not amount:
            break
        some = [dict(part) for part in parts]
        _share(some, amount)
        made.append(_write(ctx, order, binding, "referrer", some, {}, account=account))
        total -= amount
    if total:
        cuts["principal"] = total
    if made:
        made[0].cuts = cuts
        made[0].save()
        return made
    _share(parts, 0)
    return [_write(ctx, order, binding, "referrer", parts, cuts)]


def _parts(order: OrderView, rate_of: Mapping[int, int]) -> list[Part]:
    return [
        {"line": line.id, "sku": line.sku, "title": line.title, "base": line.kept,
         "rate": rate_of.get(line.id, 0), "amount": line.kept * rate_of.get(line.id, 0) // 100}
        for line in order.lines if line.kept
    ]  # fmt: skip


def _share(parts: list[Part], total: int) -> None:
    """`total` over the parts: by what each would have earned, or by its money where none has a rate."""
    weights = [part["amount"] or 0 for part in parts]
    if not any(weights):
        weights = [part["base"] for part in parts]
    for part, amount in zip(parts, money.allocate(total, weights), strict=True):
        part["amount"] = amount


def _write(
    ctx: Context, order: OrderView, binding: Binding, kind: str, parts: list[Part],
    cuts: dict[str, int], account: int | None = None, refused: str = "",
) -> Reward:  # fmt: skip
    settings, since = ctx.settings(NAME), order.completed_at or ctx.now_us
    amount = _sum(parts)
    reward: Reward = Reward.create(
        store=ctx.code, binding=binding.id, order=order.id, account=account, kind=kind,
        customer=binding.referrer_id if kind == "referrer" else binding.invitee_id,
        state="refused" if refused else "granted", reason=refused, month=_month(ctx, order),
        version=rates.version(settings), parts=parts, cuts=cuts, amount=amount, most=amount,
        available_at=from_us(since + settings.pending_days * DAY),
        expires_at=from_us(since + settings.expires_days * DAY), created_at=ctx.now,
    )  # fmt: skip
    return reward


def _month(ctx: Context, order: OrderView) -> str:
    at = from_us(order.completed_at or ctx.now_us)
    return at.astimezone(ZoneInfo(ctx.store.timezone)).strftime("%Y-%m")


# -- booked --------------------------------------------------------------------------------------


def book(ctx: Context, reward_id: int, order: OrderView) -> None:
    """Bring the ledger to what the reward deserves now."""
    db.lock_row("customer", get(ctx, reward_id).customer_id)
    reward = get(ctx, reward_id)
    want, have = deserved(reward, order), reward.granted - reward.taken
    if want < have:
        take(ctx, reward, have - want)
    elif want > have == 0:
        _grant(ctx, reward, want)


def deserved(reward: Reward, order: OrderView) -> int:
    """In minor units: of each line its part, in the share of its money that the shop still keeps."""
    if reward.state != "granted" or order.state != "completed":
        return 0
    kept = {line.id: line.kept for line in order.lines}
    parts = (part["amount"] * kept[part["line"]] // part["base"] for part in reward.parts)
    return min(int(reward.most), sum(parts))


def take(ctx: Context, reward: Reward, amount: int) -> None:
    """What is there no more becomes a debt, that the next reward pays first."""
    reward.taken += amount
    reward.save()
    ledger.claw_back(ctx, _key(reward), reward.taken, NAME)
    events.record(ctx, f"{NAME}.taken_back", reward.order_id, reward.customer_id, amount=amount)


def _grant(ctx: Context, reward: Reward, amount: int) -> None:
    reward.round += 1
    reward.granted, reward.taken = amount, 0
    reward.save()
    ledger.grant(
        ctx, UNIT, reward.customer_id, amount, _key(reward), NAME, order_id=reward.order_id,
        available_at=to_us(reward.available_at), expires_at=to_us(reward.expires_at),
    )  # fmt: skip
    events.record(ctx, f"{NAME}.earned", reward.order_id, reward.customer_id, amount=amount)
    if reward.round == 1:
        data = {"reward": reward.id}
        key = f"order:{reward.order_id}:{reward.kind}:{reward.account_id or 0}"
        jobs.schedule(ctx, NAME, "tell", key, ctx.now_us, data)


def _key(reward: Reward) -> str:
    """Of the ledger: by orders, whose numbers are never used again."""
    parts = (reward.order_id, reward.kind, reward.account_id or 0, reward.round)
    return ":".join(map(str, (f"{NAME}:order", *parts)))


# -- judged --------------------------------------------------------------------------------------


def judge(ctx: Context, reward_id: int, to: str, reason: str = "") -> Reward:
    """The owner looks into it: "held" takes it back for now, "granted" gives it again, "void" takes it
    back for good. 409 `referral_rebate_available` once it can be spent, `referral_rebate_over` for
    one that is void or was refused."""
    with db.transaction():
        order = order_view.lock(ctx, get(ctx, reward_id).order_id)
        db.lock_row("customer", get(ctx, reward_id).customer_id)
        reward = get(ctx, reward_id)
        if reward.state in ("void", "refused"):
            raise Conflict("referral_rebate_over", state=reward.state)
        if reward.state == "granted" and reward.available_at <= ctx.now:
            raise Conflict("referral_rebate_available")
        if not reason and to != "granted":
            raise Reject("referral_rebate_reason")
        reward.state, reward.reason = to, reason[:255]
        reward.available_at = max(reward.available_at, ctx.now)
        reward.save()
        book(ctx, reward_id, order)
        audit.record(ctx, f"{NAME}.{to}", f"order:{order.number}", reward=reward_id, reason=reason)
        return get(ctx, reward_id)


def _sum(parts: Iterable[Part]) -> int:
    return sum(part["amount"] for part in parts)
