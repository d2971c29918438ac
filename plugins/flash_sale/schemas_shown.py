"""The documents that customers see, and the report."""

from __future__ import annotations

import marshmallow as ma

from shop import Amount, Instant, Schema

from .schemas import Titled


class Item(Schema):
    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    price = Amount(required=True)
    compare_at = Amount(
        required=True, allow_none=True,
        metadata={"help": "the normal price, as far as it may be struck through"},
    )  # fmt: skip
    quantity = ma.fields.Integer(required=True, metadata={"help": "units of the sale in all"})
    left = ma.fields.Integer(required=True, metadata={"help": "exact, at `now`"})
    sold = ma.fields.Integer(required=True, metadata={"help": "units that orders hold"})


class Sale(Schema):
    id = ma.fields.Integer(required=True)
    name = ma.fields.String(required=True)
    state = ma.fields.String(required=True, metadata={"help": "scheduled, running or ended"})
    starts = Instant(required=True)
    ends = Instant(required=True)
    limit = ma.fields.Integer(
        required=True, allow_none=True, metadata={"help": "units per customer; null: none"}
    )
    per_order = ma.fields.Integer(required=True, allow_none=True)
    you_may_buy = ma.fields.Integer(
        required=True, allow_none=True,
        metadata={"help": "units left of the limit of the customer who asks"},
    )  # fmt: skip
    when_sold_out = ma.fields.String(required=True)
    prepay = ma.fields.Boolean(required=True)
    items = ma.fields.List(ma.fields.Nested(Item), required=True)


class SaleNow(Sale):
    now = Instant(required=True, metadata={"help": "the shop's clock, for countdowns"})


class SalePage(Schema):
    items = ma.fields.List(ma.fields.Nested(Sale), required=True)
    next = ma.fields.String(required=True, allow_none=True)
    now = Instant(required=True, metadata={"help": "the shop's clock, for countdowns"})


class Earned(Titled):
    set_apart = ma.fields.Integer(required=True)
    left = ma.fields.Integer(required=True)
    ordered = ma.fields.Integer(required=True)
    cancelled = ma.fields.Integer(required=True)
    refunded = ma.fields.Integer(required=True)
    unpaid = ma.fields.Integer(required=True)
    sold = ma.fields.Integer(required=True, metadata={"help": "paid and not refunded"})
    lost = ma.fields.Integer(required=True, metadata={"help": "refunded and not back in stock"})
    revenue = Amount(required=True, metadata={"help": "goods money kept of `sold`"})
    awaited = Amount(required=True, metadata={"help": "goods money of `unpaid`"})
    cost = Amount(required=True, allow_none=True, metadata={"help": "null: not known of all"})
    cost_unknown = ma.fields.Integer(required=True, metadata={"help": "units without a cost"})
    earned = ma.fields.Integer(required=True, allow_none=True, metadata={"unit": "money"})
    normal = Amount(required=True, metadata={"help": "`sold` at the normal price"})
    given_up = ma.fields.Integer(required=True, metadata={"unit": "money"})
    normal_earned = ma.fields.Integer(required=True, allow_none=True, metadata={"unit": "money"})


class EarnedItem(Earned):
    sku = ma.fields.String(required=True)
    price = Amount(required=True)


class Report(Titled):
    sale = ma.fields.Integer(required=True)
    name = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    currency = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Nested(EarnedItem), required=True)
    total = ma.fields.Nested(Earned, required=True)
    customers = ma.fields.Integer(required=True)
    sold_out_at = Instant(required=True, allow_none=True)
    sold_out_after = ma.fields.Integer(
        required=True, allow_none=True, metadata={"unit": "seconds", "help": "after the start"}
    )
