"""Two plugins that use every primitive an order offers, steered by the options of the order."""

from marshmallow import Schema, fields, validate

from shop import Adjustment, LinePrice, Plugin, Reject, hookimpl
from shop.ledger import ledger
from shop.orders import holds, orders
from shop.stock import claims

POINTS, WORTH, JOINING, RATE = "points", 10, 50, 100
"""unit; minor units that a point pays; points for joining; goods money that earns a point"""
SEATS = "perks:seats"
HOUR = 3_600_000_000
DUE, LASTS = 2 * HOUR, 60 * HOUR


def amount():
    return fields.Integer(validate=validate.Range(0, 100_000))


class DealLine(Schema):
    pool = fields.String(validate=validate.OneOf(["a", "b"]))


class DealOrder(Schema):
    off, first_off, voucher, fee, deposit = (amount() for _ in range(5))


class PerksOrder(Schema):
    points, prepay = amount(), amount()
    member, hold, seat = fields.Boolean(), fields.Boolean(), fields.Boolean()


class Deal(Plugin):
    """Half price from a pool; discounts, a voucher, a fee and a deposit of any amount."""

    name = "deal"
    LineOptions, OrderOptions = DealLine, DealOrder

    @hookimpl
    def price_lines(self, lines):
        pools = {line.index: line.options.get("deal", {}).get("pool") for line in lines}
        return {
            line.index: LinePrice(line.unit_price // 2, "half", f"deal:{pools[line.index]}")
            for line in lines
            if pools[line.index]
        }

    @hookimpl
    def adjust_quote(self, quote, lane):
        asked = quote.options.get("deal", {})
        if lane == "discount":
            return [
                Adjustment("discount", -asked.get("off", 0), "off"),
                Adjustment("discount", -asked.get("first_off", 0), "first", lines=(0,)),
            ]
        if lane == "spend":
            return [Adjustment("spend", -asked.get("voucher", 0), "voucher")]
        return [Adjustment(kind, asked.get(kind, 0), kind) for kind in ("fee", "deposit")]


class Perks(Plugin):
    """A tenth off, points to spend and to earn; a hold, a seat, money first. `broken` makes the
    next reaction fail after it has written."""

    name = "perks"
    OrderOptions = PerksOrder
    broken = False

    @hookimpl
    def adjust_quote(self, quote, lane):
        asked = quote.options.get("perks", {})
        if lane == "discount" and asked.get("member"):
            return [Adjustment("discount", -(quote.total // 10), "member")]
        if lane == "spend" and asked.get("points"):
            worth = min(asked["points"] * WORTH, quote.left() // WORTH * WORTH)
            return [Adjustment("spend", -worth, "points")]
        return []

    @hookimpl
    def order_placing(self, ctx, order):
        asked = order.options.get("perks", {})
        if asked.get("hold"):
            holds.hold(ctx, order.id, self.name, "wait")
        if asked.get("seat"):
            who = f"customer:{order.customer_id}"
            claims.claim(ctx, SEATS, f"order:{order.id}", order_id=order.id, who=who)
        if asked.get("prepay"):
            orders.prepay(ctx, order, asked["prepay"])
        if points := spent(order):
            ledger.spend(
                ctx, POINTS, order.customer_id, points, f"perks:spend:{order.id}", self.name
            )
        if order.note == "refuse me":
            raise Reject("refused_by_perks")

    @hookimpl
    def customer_joined(self, ctx, customer):
        ledger.grant(ctx, POINTS, customer, JOINING, f"perks:join:{customer}", self.name)

    @hookimpl
    def order_changed(self, ctx, order):
        if points := spent(order):
            ledger.give_back(ctx, f"perks:spend:{order.id}", to_return(order, points), self.name)
        settle_earnings(ctx, order)
        if type(self).broken:
            type(self).broken = False
            raise RuntimeError("broken")


def spent(order):
    mine = (item for item in order.adjustments if (item.source, item.kind) == ("perks", "spend"))
    return -sum(item.amount for item in mine) // WORTH


def to_return(order, points):
    """All of a cancelled order's, else by units refunded."""
    if order.state == "cancelled":
        return points
    refunded = sum(line.refunded for line in order.lines)
    return points * refunded // sum(line.quantity for line in order.lines)


def settle_earnings(ctx, order):
    """Book what the order deserves less what is booked; what goes back is taken of the last grant
    first."""
    deserved = order.goods_kept // RATE if order.state == "completed" else 0
    key = f"perks:earn:{order.id}"
    history = ledger.history(ctx, order.customer_id, POINTS, limit=1000)["items"]
    grants = {item["key"]: item for item in reversed(history) if _is_grant(item, key)}
    kept = {
        name: sum(i["wallet"] + i["debt"] for i in history if f"{i['key']}:".startswith(f"{name}:"))
        for name in grants
    }
    missing = deserved - sum(kept.values())
    if missing > 0:
        ledger.grant(
            ctx, POINTS, order.customer_id, missing, f"{key}:{len(grants)}", "perks",
            order_id=order.id, available_at=ctx.now_us + DUE, expires_at=ctx.now_us + LASTS,
        )  # fmt: skip
    for name in reversed(grants):
        if missing < 0 and kept[name]:
            less = min(-missing, kept[name])
            granted = grants[name]["wallet"] + grants[name]["debt"]
            ledger.claw_back(ctx, name, granted - kept[name] + less, "perks")
            missing += less


def _is_grant(item, key):
    return item["kind"] == "grant" and item["key"].startswith(f"{key}:")
