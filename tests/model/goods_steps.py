"""What the owner does: goods, prices, pools, windows and seats."""

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule

from shop import db
from shop.catalog import categories, prices, products
from shop.people import login
from shop.pickup import timetable
from shop.stock import claims, stock
from tests.model.both import Both
from tests.model.chances import cap, cost, pick, units
from tests.model.goods import HOUR, Variant, Window
from tests.model.plugins import SEATS


def gone_product(ctx):
    made = products.create(ctx, {"title": "Gone", "variants": [{"sku": "GONE", "price": 1}]})
    products.delete(ctx, made)
    return made


def gone_category(ctx):
    made = categories.create(ctx, {"title": "Gone"})
    categories.delete(ctx, made)
    return made


def gone_login_code(ctx):
    """As erasing its customer takes it away; its job stays."""
    login.request_code(ctx, "+8613099999999")
    made = db.value("SELECT MAX(id) FROM login_code")
    db.run("DELETE FROM login_code WHERE id = ?", made)
    db.run("DELETE FROM attempt WHERE who LIKE '+8613099999999%'")
    return made


GONE = {"product": gone_product, "category": gone_category, "login_code": gone_login_code}
"""Makes the newest row of a table and deletes it; its number."""


class GoodsSteps(Both):
    @rule(table=st.sampled_from(sorted(GONE)))
    def come_and_go(self, table):
        """The number of a deleted row is never that of another."""
        number = GONE[table](self.ctx)
        assert number > self.gone.get(table, 0)
        self.gone[table] = number

    @rule(price=cost, units=st.integers(0, 9), tracked=st.sampled_from([True, True, False]))
    def new_product(self, price, units, tracked):
        if len(self.skus) < 6:
            sku = f"SKU-{len(self.skus)}"
            products.create(self.ctx, {"title": sku, "status": "published",
                                       "variants": [self._variant(sku, price, units, tracked)]})  # fmt: skip
            self._known(sku)

    @rule(number=pick, price=cost, units=st.integers(0, 9))
    def new_variant(self, number, price, units):
        if len(self.skus) < 6:
            product = db.value("SELECT product_id FROM variant WHERE id = ?",
                               self.variant(number)[1])  # fmt: skip
            sku = f"SKU-{len(self.skus)}"
            first = products.get(self.ctx, product)["variants"]
            named = [{"sku": v["sku"], "options": [v["sku"]]} for v in first]
            added = self._variant(sku, price, units, True) | {"options": [sku]}
            sizes = [{"name": "size", "values": [*(v["sku"] for v in first), sku]}]
            products.update(self.ctx, product, {"options": sizes, "variants": [*named, added]})
            self._known(sku)

    def _variant(self, sku, price, units, tracked):
        self.world.variants[sku] = Variant(sku, price, tracked, {"main": units if tracked else 0})
        stocked = {"stock": units} if tracked else {"tracked": False}
        return {"sku": sku, "price": price} | stocked

    def _known(self, sku):
        self.skus[sku], product = db.row("SELECT id, product_id FROM variant WHERE sku = ?", sku)
        assert product != self.gone.get("product")

    @rule(number=pick, delta=st.integers(-4, 9))
    def change_stock(self, number, delta):
        sku, _ = self.variant(number)
        self.both(
            lambda: self.world.variants[sku].change(delta),
            lambda: stock.adjust(self.ctx, sku, delta, "counted"),
        )

    @rule(number=pick, price=cost)
    def change_price(self, number, price):
        sku, variant = self.variant(number)
        prices.set_catalogue_price(self.ctx, variant, price)
        self.world.variants[sku].price = price

    @rule(number=pick, pool=st.sampled_from("ab"), units=units)
    def open_pool(self, number, pool, units):
        sku, variant = self.variant(number)
        self.both(
            lambda: self.world.variants[sku].open_pool(f"deal:{pool}", units),
            lambda: stock.open_pool(self.ctx, f"deal:{pool}", {variant: units}),
        )

    @rule(pool=st.sampled_from("ab"))
    def close_pool(self, pool):
        stock.close_pool(self.ctx, f"deal:{pool}")
        for variant in self.world.variants.values():
            variant.close_pool(f"deal:{pool}")

    @rule(cap=cap)
    def new_window(self, cap):
        now = self.world.now
        window = Window("gate", now + 5 * HOUR, now + 7 * HOUR, now + 3 * HOUR, cap)
        point = db.value("SELECT id FROM pickup_point WHERE code = 'gate'")
        made = timetable.create(self.ctx, point, window.starts, window.ends, window.cut_off, cap)
        window.id = made["id"]
        self.world.windows.append(window)

    @precondition(lambda self: self.world.windows)
    @rule(number=pick, cap=cap, retire=st.booleans())
    def change_window(self, number, cap, retire):
        window = self.world.windows[-1 - number % len(self.world.windows)]
        if retire:
            timetable.retire(self.ctx, window.id, window.version)
            window.retired = True
        else:
            timetable.change(self.ctx, window.id, window.version, {"capacity": cap})
            window.cap = cap
        window.version += 1

    @rule(cap=st.integers(0, 3))
    def change_seats(self, cap):
        claims.set_cap(self.ctx, SEATS, cap)
        self.world.seats.cap = cap
