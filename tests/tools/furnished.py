"""A store with a row of every kind that an address can name, each text carrying a mark."""

from dataclasses import dataclass, field
from typing import Any

from shop import db
from shop.catalog import categories, products
from shop.jobs import jobs
from shop.ledger import ledger
from shop.payments import dues, payments, refunds
from shop.people import auth, staff, tokens
from shop.pickup import points, timetable
from shop.testing import Shop
from tests.live import key

PHONE = "+8613000000001"
HOUR = 3_600_000_000


@dataclass
class Furnished:
    """`ids` are by the names that the API's paths give them; `tokens` by role."""

    store: str
    mark: str
    ids: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"/api/v1/{self.store}"

    def bearer(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[role]}"}


def furnish(shop: Shop, store: str, mark: str, phone: str = PHONE) -> Furnished:
    """APPLE, the point `gate`, the phone and the names of staff are the same in every store."""
    made = Furnished(store, mark)
    _goods(shop, made)
    _people(shop, made)
    _order(shop, made, phone)
    _money(shop, made)
    return made


def _goods(shop: Shop, made: Furnished) -> None:
    ctx, mark = shop.context(store=made.store), made.mark
    made.ids["category_id"] = categories.create(ctx, {"title": mark, "handle": f"{mark}-fruit"})
    for sku, handle, title in (
        ("APPLE", "apple", f"苹果 {mark}"),
        (f"{mark}-ONLY", f"{mark}-only", f"香梨 {mark}"),
    ):
        facts = {"title": title, "handle": handle, "status": "published"}
        facts["categories"] = [f"{mark}-fruit"]
        variants = [{"sku": sku, "price": 1000, "stock": 10}]
        made.ids["product_id"] = products.create(ctx, facts | {"variants": variants})
    made.ids |= {"handle": f"{mark}-only", "sku": f"{mark}-ONLY"}
    for code in ("gate", f"{mark}-point"):
        point = points.create(ctx, code, {"name": f"东门 {mark}"})
        starts = ctx.now_us + 24 * HOUR
        window = timetable.create(ctx, point.id, starts, starts + HOUR, starts, 9)
        made.ids.setdefault("gate_window", window["id"])
    made.ids |= {"point_id": point.id, "point": point.code, "window_id": window["id"]}


def _people(shop: Shop, made: Furnished) -> None:
    ctx = shop.context(store=made.store)
    for role in ("owner", "clerk"):
        person = staff.create(ctx, role, role, [made.ids["point"]] if role == "clerk" else [])
        made.tokens[role] = tokens.create(ctx, role, label=f"{role} {made.mark}")
        made.ids["staff_id"] = person["id"]
    staff.create(ctx, f"{made.mark}-helper", "clerk")
    hashed = auth.hashed(made.tokens["clerk"])
    made.ids["token_id"] = db.value("SELECT id FROM token WHERE hash = ?", hashed)


def _order(shop: Shop, made: Furnished, phone: str) -> None:
    """A cart of the customer's, and an order of a guest with the customer's phone."""
    ctx, client = shop.context(store=made.store), shop.client
    wanted = {
        "lines": [{"sku": "APPLE", "quantity": 2}],
        "contact": {"name": f"王 {made.mark}", "phone": phone},
        "pickup": {"point": made.ids["point"], "window": made.ids["window_id"]},
        "payment": {"method": "transfer"},
    }
    order = client.post(f"{made.url}/orders", json=wanted, headers=key()).json
    made.tokens["guest"] = order["token"]
    made.ids |= {"number": order["number"], "code": order["pickup"]["code"]}
    row = db.row("SELECT id, customer_id FROM orders WHERE number = ?", order["number"])
    made.ids["order_id"], made.ids["customer_id"] = row
    made.ids["order_line"] = order["lines"][0]["id"]
    scopes = auth.CUSTOMER_SCOPES
    made.tokens["customer"] = auth.issue(ctx, customer=made.ids["customer_id"], scopes=scopes)
    mine = made.bearer("customer")
    cart = client.post(f"{made.url}/carts", json={}, headers=mine).json["id"]
    line = {"sku": "APPLE", "quantity": 1}
    filled = client.post(f"{made.url}/carts/{cart}/lines", json=line, headers=mine).json
    made.ids |= {"cart_id": cart, "line": filled["lines"][0]["id"]}


def _money(shop: Shop, made: Furnished) -> None:
    """Paid with more than was asked for, a unit refunded, a due, points and a job."""
    ctx, order_id = shop.context(store=made.store), made.ids["order_id"]
    paid = payments.record(ctx, order_id, "manual", "transfer", 2500)
    made.ids["suspense_id"] = paid["suspense"]["id"]
    lines = {made.ids["order_line"]: 1}
    made.ids["refund_id"] = refunds.refund(ctx, order_id, "one", lines=lines, reason=made.mark)
    dues.charge(ctx, order_id, "late", "test", f"迟还 {made.mark}", 300, ctx.now_us)
    ledger.grant(ctx, "points", made.ids["customer_id"], 50, f"test:{made.mark}", "test")
    jobs.schedule(ctx, jobs.CORE, "no_show", made.mark, ctx.now_us + 9000 * HOUR)
    made.ids["job_id"] = db.value("SELECT id FROM job WHERE key = ?", made.mark)


def rows_of(store: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a store holds, by table."""
    found = {}
    for table in db.database.get_tables():
        names = [column.name for column in db.database.get_columns(table)]
        if "store" in names:
            found[table] = sorted(
                map(repr, db.rows(f'SELECT * FROM "{table}" WHERE store = ?', store))
            )
    return found
