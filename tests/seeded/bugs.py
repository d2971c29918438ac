"""Bugs of kinds that real shops had. Each is planted alone, and the suite has to notice."""

from pathlib import Path
from runpy import run_path
from typing import NamedTuple

FOLDER = Path(__file__).parent.parent.parent


class Bug(NamedTuple):
    """`old` of `file` becomes `new`; the tests `by` must fail then."""

    name: str
    file: str
    old: str
    new: str
    by: str

    @property
    def path(self):
        return FOLDER / self.file

    def plant(self, source):
        assert source.count(self.old) == 1, f"{self.name}: {self.file} has changed, mend the list"
        return source.replace(self.old, self.new)


CORE = [
    Bug(
        "the last unit is sold to everyone who asks",
        "shop/stock/stock.py",
        "WHERE store = ? AND variant_id = ? AND pool = ? AND on_hand >= ? RETURNING on_hand",
        "WHERE store = ? AND variant_id = ? AND pool = ? AND ? > 0 RETURNING on_hand",
        "tests/domain/test_stock.py",
    ),
    Bug(
        "stock is put back that was never booked",
        "shop/stock/stock.py",
        '            moves.append((variant, there, count))\n        book(ctx, moves, kind',
        '            moves.append((variant, there, count + 1))\n        book(ctx, moves, kind',
        "tests/model/test_stories.py",
    ),
    Bug(
        "one cent is lost when a discount is split over lines",
        "shop/money.py",
        "    for i in by_remainder[: units - sum(parts)]:",
        "    for i in by_remainder[: max(0, units - sum(parts) - 1)]:",
        "tests/test_money.py",
    ),
    Bug(
        "more is refunded than was bought",
        "shop/payments/refunds.py",
        "        if type(units) is not int or not 0 < units <= left:",
        "        if type(units) is not int or not 0 < units <= left + 1:",
        "tests/domain/test_refunds.py",
    ),
    Bug(
        "units that are refunded one by one are not worth the line",
        "shop/orders/order_view.py",
        "money.share(self.kept, self.quantity - self.refunded, 0, units)",
        "min(self.net // self.quantity * units, self.kept)",
        "tests/domain/test_refunds.py",
    ),
    Bug(
        "a unit is refunded at its full price after an amount of its line",
        "shop/orders/order_view.py",
        "money.share(self.kept, self.quantity - self.refunded, 0, units)",
        "min(self.kept, money.share(self.net, self.quantity, self.refunded, self.refunded + units))",
        "tests/domain/test_refunds.py",
    ),
    Bug(
        "a payment notice that comes twice pays twice",
        "shop/payments/notices.py",
        '        if come:\n            return "repeated"',
        '        if come and held is not None:\n            return "repeated"',
        "tests/domain/test_notices.py",
    ),
    Bug(
        "any amount makes the order paid",
        "shop/payments/notices.py",
        'order.state != "cancelled" and notice.amount == order.balance:',
        'order.state != "cancelled" and notice.amount > 0:',
        "tests/domain/test_notices.py",
    ),
    Bug(
        "a payment begins for an order that is cancelled",
        "shop/payments/payments.py",
        '        if order.state == "cancelled":\n            raise Conflict("order_cancelled")',
        "",
        "tests/domain/test_payments.py",
    ),
    Bug(
        "the body under a key is not looked at",
        "shop/jobs/idempotency.py",
        "    if body_hash != digest:",
        "    if not body_hash:",
        "tests/domain/test_idempotency.py",
    ),
    Bug(
        "a key of one customer answers another",
        "shop/jobs/idempotency.py",
        'return "guest" if caller.id is None else f"{caller.role}:{caller.id}"',
        'return "guest" if caller.id is None else caller.role',
        "tests/domain/test_idempotency.py",
    ),
    Bug(
        "a limit is looked at, not counted",
        "shop/stock/claims.py",
        "AND (cap IS NULL OR used + ? <= cap) RETURNING id",
        "AND (cap IS NULL OR used + 0 * ? <= cap) RETURNING id",
        "tests/domain/test_claims.py",
    ),
    Bug(
        "what was claimed is not free again after a cancel",
        "shop/orders/orders.py",
        "        claims.release_order(ctx, order_id)\n",
        "",
        "tests/domain/test_orders.py tests/domain/test_order_placing.py",
    ),
    Bug(
        "an order that was paid in time expires",
        "shop/orders/orders.py",
        'if order.state == "pending" and order.pay_by is not None and order.pay_by <= ctx.now_us:',
        'if order.state != "cancelled" and (order.pay_by or 0) <= ctx.now_us:',
        "tests/domain/test_orders.py",
    ),
    Bug(
        "goods on hold are handed out",
        "shop/pickup/pickup.py",
        "    if order.holds:",
        "    if order.holds and order.balance:",
        "tests/domain/test_pickup.py",
    ),
    Bug(
        "two clerks hand out the same units",
        "shop/pickup/pickup.py",
        "WHERE id = ? AND order_id = ? AND quantity - handed_out - withdrawn >= ?",
        "WHERE id = ? AND order_id = ? AND quantity >= ?",
        "tests/domain/test_pickup.py tests/model",
    ),
    Bug(
        "what was spent comes back more than once",
        "shop/ledger/ledger.py",
        "        left = min(total, back - sum(leg.amount for leg in out)) - back",
        "        left = min(total, back - sum(leg.amount for leg in out))",
        "tests/domain/test_ledger.py tests/domain/test_ledger_model.py",
    ),
    Bug(
        "points that expire last are spent first",
        "shop/ledger/lots.py",
        "ORDER BY CASE WHEN expires_at IS NULL THEN 1 ELSE 0 END, expires_at, id",
        "ORDER BY CASE WHEN expires_at IS NULL THEN 0 ELSE 1 END, expires_at DESC, id",
        "tests/domain/test_ledger.py tests/domain/test_ledger_model.py",
    ),
    Bug(
        "a login code is good twice",
        "shop/people/login.py",
        "SET used_at = ? WHERE id = ? AND used_at IS NULL",
        "SET used_at = ? WHERE id = ?",
        "tests/api/test_login.py",
    ),
    Bug(
        "any token opens a guest's order",
        "shop/orders/order_access.py",
        "    if given and hmac.compare_digest(given.encode(), token(ctx, number).encode()):",
        "    if given.startswith(PREFIX):",
        "tests/api/test_orders.py tests/api/test_other_people.py",
    ),
    Bug(
        "a clerk sees every pickup point",
        "shop/pickup/points.py",
        "    return ctx.caller.points is None or point_id in ctx.caller.points",
        "    return True",
        "tests/domain/test_pickup.py tests/api/test_pickups.py",
    ),
    Bug(
        "a cell of an export runs as a formula",
        "shop/data/spreadsheet.py",
        "[=+\\-@＝＋－＠]",
        "[=]",
        "tests/domain/test_exporting.py",
    ),
    Bug(
        "a description is shown as somebody wrote it into the table",
        "shop/catalog/descriptions.py",
        '    return html if "<" not in BARE.sub("", html) else _cleaned(html)',
        "    return html",
        "tests/domain/test_products.py",
    ),
    Bug(
        "the address that a client claims is believed",
        "shop/app.py",
        "    if config.trusted_proxies:\n        count = config.trusted_proxies",
        "    if True:\n        count = config.trusted_proxies or 1",
        "tests/api/test_limiting.py",
    ),
    Bug(
        "a personal answer is kept for everyone",
        "shop/api/catalogue_cache.py",
        'NAMED = frozenset({"HTTP_AUTHORIZATION", CONTEXT})',
        "NAMED = frozenset({CONTEXT})",
        "tests/api/test_catalogue_cache.py",
    ),
    Bug(
        "a dead worker keeps its jobs when the clock is set back",
        "shop/jobs/leases.py",
        "LONGEST = 3600",
        "LONGEST = 10**9",
        "tests/domain/test_runner.py",
    ),
    Bug(
        "a job that failed is tried for ever at once",
        "shop/jobs/leases.py",
        "    again = now_us + BACK_OFF * 3 ** (job.tries - 1) * SECOND",
        "    again = now_us",
        "tests/domain/test_runner.py tests/domain/test_jobs.py",
    ),
    Bug(
        "a percent sign in a search finds everyone",
        "shop/people/accounts.py",
        'text.replace("!", "!!").replace("%", "!%").replace("_", "!_")',
        "text",
        "tests/domain/test_accounts.py tests/api/test_admin_people.py tests/api/test_odd_requests.py",
    ),
]  # fmt: skip


def bugs():
    """{name: Bug} of the core, and of the plugins that are there (`BUGS` in `tests/seeded.py`)."""
    found = list(CORE)
    for path in sorted((FOLDER / "plugins").glob("*/tests/seeded.py")):
        plugin = path.parent.parent.name
        for name, file, *more in run_path(str(path))["BUGS"]:
            found.append(Bug(name, f"plugins/{plugin}/{file}", *more))
    return {bug.name: bug for bug in found}
