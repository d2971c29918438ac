"""Honest former prices as a part of any history of a whole shop."""

import hypothesis.strategies as st
from hypothesis.stateful import rule

from shop import db
from shop.catalog import catalog_view, products

VARIANTS = "SELECT id FROM variant ORDER BY id"
JAM = "SELECT product_id FROM variant WHERE sku = 'JAM'"
PRICES = "SELECT amount FROM price WHERE variant_id = ? AND starts <= ?"


class Together:
    settings_price_history = {"profile": "CN", "least_days": 0}

    @rule(price=st.sampled_from([990, 890, 1090]))
    def the_owner_changes_a_price(self, price):
        changes = {"variants": [{"sku": "JAM", "price": price, "compare_at": 1200}]}
        products.update(self.ctx, db.value(JAM), changes)

    def holds_price_history(self):
        """Whatever may be struck through was a price that everyone could have once."""
        found = [row[0] for row in db.rows(VARIANTS)]
        for variant, ceiling in catalog_view.reference_prices(self.ctx, found).items():
            prices = [row[0] for row in db.rows(PRICES, variant, self.ctx.now_us)]
            assert ceiling is None or ceiling in prices
