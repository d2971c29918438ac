"""What the database says and what the model says, in the same words."""

from shop import db
from shop.ledger import ledger
from shop.orders import order_view
from shop.payments import dues
from tests.model.plugins import POINTS, SEATS

STOCK = """
SELECT v.sku, s.pool, s.on_hand, s.closed_at IS NOT NULL
FROM stock s JOIN variant v ON v.id = s.variant_id WHERE s.store = ?"""
PRICES = "SELECT sku, price FROM variant WHERE store = ?"
EVENTS = "SELECT order_id, kind FROM event WHERE store = ? AND order_id IS NOT NULL ORDER BY id"
PAYMENTS = """
SELECT order_id, method, amount FROM payment WHERE store = ? AND state = 'accepted' ORDER BY id"""
REFUNDS = "SELECT id, order_id, amount, restock, state FROM refund WHERE store = ? ORDER BY id"
ROWS = """
SELECT refund_id, COALESCE(line_id, 0), COALESCE(adjustment_id, 0), COALESCE(charge_id, 0), units,
  amount FROM refund_row ORDER BY id"""
PARTS = """
SELECT r.refund_id, p.method, p.amount, r.amount, r.state
FROM refund_part r JOIN payment p ON p.id = r.payment_id ORDER BY r.id"""
SUSPENSE = """
SELECT id, order_id, reason, method, amount, refund_amount, applied, refunded, state
FROM suspense WHERE store = ? ORDER BY id"""
COUNTERS = """
SELECT n.name, n.cap, n.used, c.order_id FROM counter n
LEFT JOIN claim c ON c.counter_id = n.id AND c.released_at IS NULL
WHERE n.store = ? ORDER BY n.id, c.order_id"""
CUSTOMERS = """
SELECT id, CASE WHEN erased_at IS NULL THEN phone ELSE '' END FROM customer
WHERE store = ? ORDER BY id"""


def in_shop(ctx):
    """The database, as plain data."""
    ids = [row[0] for row in db.rows("SELECT id FROM orders WHERE store = ? ORDER BY id", ctx.code)]
    events = {}
    for order_id, kind in db.rows(EVENTS, ctx.code):
        if kind.startswith("order."):
            events.setdefault(order_id, []).append(kind.removeprefix("order."))
    customers = db.rows(CUSTOMERS, ctx.code)
    return {
        "stock": {(sku, pool): (n, bool(shut)) for sku, pool, n, shut in db.rows(STOCK, ctx.code)},
        "prices": dict(db.rows(PRICES, ctx.code)),
        "orders": {order.id: _order(order) for order in order_view.load_many(ctx, ids)},
        "events": events,
        "payments": db.rows(PAYMENTS, ctx.code),
        "refunds": _refunds(ctx),
        "suspense": db.rows(SUSPENSE, ctx.code),
        "counters": _counters(ctx),
        "customers": customers,
        "points": {number: ledger.balance(ctx, POINTS, number) for number, _ in customers},
        "dues": {due["id"]: due["open"] for due in dues.show(ctx, limit=1000)["items"]},
    }


def _order(order):
    return {
        "customer": (order.customer_id, order.contact_phone.partition("-")[0]),
        "state": (order.state, order.cancel_reason),
        "money": (order.total, order.paid, order.refunded, order.balance),
        "pay": (order.method, order.pay_by),
        "window": order.window_id,
        "holds": [hold["by"] for hold in order.holds],
        "lines": [
            (
                line.id, line.sku, line.pool, line.quantity, line.unit_price, line.discount,
                line.spend, line.handed_out, line.refunded, line.withdrawn, line.returned,
                line.refunded_amount,
            )
            for line in order.lines
        ],
        "adjustments": [(a.kind, a.source, a.amount, a.refunded_amount) for a in order.adjustments],
        "charges": [(c.id, c.key, c.amount, c.refunded_amount) for c in order.charges],
    }  # fmt: skip


def _refunds(ctx):
    found = {number: (*facts, [], []) for number, *facts in db.rows(REFUNDS, ctx.code)}
    for number, line, adjustment, charge, *facts in db.rows(ROWS):
        found[number][-2].append((line, adjustment, charge, *facts))
    for number, *facts in db.rows(PARTS):
        found[number][-1].append(tuple(facts))
    return {
        number: (*facts, sorted(rows), parts) for number, (*facts, rows, parts) in found.items()
    }


def _counters(ctx):
    found = {}
    for name, cap, used, order_id in db.rows(COUNTERS, ctx.code):
        found.setdefault(name, (cap, used, []))[2].extend([order_id] if order_id else [])
    return found


def in_model(world):
    """The model, in the form of `in_shop`."""
    return {
        "stock": {
            (sku, pool): (units, pool in variant.closed)
            for sku, variant in world.variants.items()
            for pool, units in variant.pools.items()
        },
        "prices": {sku: variant.price for sku, variant in world.variants.items()},
        "orders": {order.id: _expected(order) for order in world.orders},
        "events": {order.id: order.events for order in world.orders},
        "payments": [(o.id, method, amount) for o, method, amount in world.received],
        "refunds": dict(
            sorted(
                (refund.id, _expected_refund(order, refund))
                for order in world.orders
                for refund in order.refunds
            )
        ),
        "suspense": [
            (s.id, s.order.id, s.reason, s.method, s.amount, s.back, s.applied, s.refunded, s.state)
            for s in world.suspense
        ],
        "counters": {
            f"pickup_window:{window.id}": _counter(window.cap, window.orders)
            for window in world.windows
        }
        | {SEATS: _counter(world.seats.cap, world.seats.orders)},
        "customers": [(c.id, "" if c.erased else c.phone) for c in world.customers],
        "points": {c.id: world.points(c) for c in world.customers},
        "dues": {
            charge.id: owed
            for order in world.orders
            if order.state != "cancelled"
            for charge, owed in zip(order.charges, order.dues(), strict=True)
            if owed
        },
    }


def _counter(cap, orders):
    return cap, len(orders), sorted(order.id for order in orders)


def _expected(order):
    return {
        "customer": (order.customer.id, "erased" if order.customer.erased else order.phone),
        "state": (order.state, order.reason),
        "money": (order.total, order.paid, order.refunded, order.balance),
        "pay": (order.method, order.pay_by),
        "window": order.window.id if order.window else None,
        "holds": ["perks"] if order.hold else [],
        "lines": [
            (
                line.id, line.sku, line.pool, line.quantity, line.unit_price, line.discount,
                line.spend, line.out, line.refunded, line.withdrawn, line.returned,
                line.refunded_amount,
            )
            for line in order.lines
        ],
        "adjustments": [(a.kind, a.source, a.amount, a.refunded) for a in order.adjustments],
        "charges": [(c.id, c.key, c.amount, c.refunded) for c in order.charges],
    }  # fmt: skip


def _expected_refund(order, refund):
    places = {"line": (0, order.lines), "adjustment": (1, order.adjustments),
              "charge": (2, order.charges)}  # fmt: skip
    rows = []
    for kind, place, units, amount in refund.rows:
        at, of = places[kind]
        named = [0, 0, 0]
        named[at] = of[place].id
        rows.append((*named, units, amount))
    parts = []
    for place, amount, state in refund.parts:
        payment = order.payments[place]
        parts.append((payment.method, payment.amount, amount, state))
    return order.id, refund.amount, refund.restock, refund.state, sorted(rows), parts


def differences(shop, model, path=""):
    """{where: (in the shop, in the model)}; empty when both say the same."""
    if isinstance(shop, dict) and isinstance(model, dict):
        found = {}
        for name in shop.keys() | model.keys():
            found |= differences(shop.get(name), model.get(name), f"{path}/{name}")
        return found
    return {} if shop == model else {path: (shop, model)}
