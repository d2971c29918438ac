"""The documents of the API."""

from __future__ import annotations

from marshmallow import fields, validate

from shop import Amount, Instant, Page, Quantity, Text, Titled

from .settings import OVERDUE
from .shown import STATES

Restock = validate.OneOf(["restore", "write_off"])


def money(text: str = "", **options: object) -> fields.Integer:
    return Amount(required=True, metadata={"help": text, "unit": "money"}, **options)


def count(text: str = "", unit: str = "", **options: object) -> fields.Integer:
    return fields.Integer(required=True, metadata={"help": text, "unit": unit}, **options)


def word(text: str = "", **options: object) -> fields.String:
    return fields.String(required=True, metadata={"help": text}, **options)


def instant(text: str = "") -> fields.String:
    metadata = {"help": text, "unit": "time"}
    return fields.String(required=True, allow_none=True, metadata=metadata)


class Terms(Titled):
    offer = count("its number")
    fee, deposit, full = money("of one unit"), money("of one unit"), money("the price of who buys")
    days = count("from the hand-out", "days")
    fee_counts = fields.Boolean(required=True, metadata={"help": "towards the price of who buys"})
    overdue = word("what happens to who does not come", validate=validate.OneOf(OVERDUE))
    version = word("what a customer sends back as `accept`")


class Branch(Titled):
    more = money("still to be paid")
    back = money("given back")
    total = money("paid in all")


class Branches(Titled):
    pay_now = money("fee and deposit")
    bought, returned, damaged, not_returned = (
        fields.Nested(Branch, required=True, metadata={"help": text})
        for text in ("kept", "brought back whole", "brought back, at worst", "not brought back")
    )


class Offer(Titled):
    id = count()
    sku = word()
    units = count("at most, of one trial", "units")
    currency = word()
    terms = fields.Nested(Terms, required=True)
    branches = fields.Nested(Branches, required=True, metadata={"help": "of one unit"})


class Offers(Titled):
    items = fields.List(fields.Nested(Offer), required=True)
    next = fields.String(required=True, allow_none=True)


class Trial(Titled):
    id = count()
    order, sku, title = word("its number"), word(), word()
    units = count("", "units")
    state = word("", validate=validate.OneOf(STATES))
    started_at, due_at, closed_at = instant(), instant("to be brought back"), instant()
    charged = fields.Boolean(required=True, metadata={"help": "because it was overdue"})
    damage = money("kept of the deposit")
    note = word("of its condition")
    terms = fields.Nested(Terms, required=True)
    branches = fields.Nested(Branches, required=True)


class Trials(Titled):
    items = fields.List(fields.Nested(Trial), required=True)
    next = fields.String(required=True, allow_none=True)


# -- for staff -----------------------------------------------------------------------------------


class NewOffer(Titled):
    sku = Text(64, 1, required=True, metadata={"unit": "sku"})
    fee, deposit = Amount(required=True, metadata={}), Amount(required=True, metadata={})
    price = Amount(allow_none=True, metadata={"help": "of who buys; the catalogue's if left out"})
    days = fields.Integer(strict=True, validate=validate.Range(1, 365), metadata={"unit": "days"})
    units = Quantity(metadata={"help": "at most, of one trial"})
    starts, ends = Instant(metadata={}), Instant(allow_none=True, metadata={})


class OfferChanges(Titled):
    fee, deposit = Amount(metadata={}), Amount(metadata={})
    price = Amount(allow_none=True, metadata={"help": "of who buys; null: the catalogue's"})
    days = fields.Integer(strict=True, validate=validate.Range(1, 365), metadata={"unit": "days"})
    units = Quantity(metadata={"help": "at most, of one trial"})
    ends = Instant(allow_none=True, metadata={})


class StaffOffer(Titled):
    id = count()
    sku = word()
    fee, deposit = money(), money()
    price = fields.Integer(
        required=True, allow_none=True, metadata={"help": "null: the catalogue's", "unit": "money"}
    )
    days, units = count("", "days"), count("at most, of one trial", "units")
    starts, ends = instant(), instant()
    open = fields.Boolean(required=True)
    problem = word("its goods were deleted", allow_none=True)
    version = count("for If-Match")
    expected_loss = fields.Integer(
        required=True, allow_none=True,
        metadata={"help": "of one trial; null: no cost is known", "unit": "money"},
    )  # fmt: skip
    covered = fields.Boolean(
        required=True, allow_none=True, metadata={"help": "whether the fee pays for that"}
    )


class StaffOffers(Titled):
    items = fields.List(fields.Nested(StaffOffer), required=True)
    next = fields.String(required=True, allow_none=True)


class TrialQuery(Page):
    state = fields.String(
        load_default="", validate=validate.OneOf(["", *STATES]), metadata={"title": "State"}
    )


class Return(Titled):
    note = Text(500, load_default="", metadata={"help": "of its condition"})


class Settle(Titled):
    damage = Amount(load_default=0, metadata={"help": "kept of the deposit"})
    restock = fields.String(load_default="restore", validate=Restock, metadata={})
    reason = Text(200, load_default="", metadata={})


class Figures(Titled):
    offer, sku = count("its number"), word()
    trials, running, bought, returned = (count("", "units") for _ in range(4))
    damage = money("kept of deposits")
    lost = money("cost of what was written off")
    fees = money("kept")
    conversion = count("bought, of those that ended", "percent", allow_none=True)
    expected_loss = count("of one trial", "money", allow_none=True)
    covered = fields.Boolean(required=True, metadata={"help": "whether the fees pay for the loss"})


class Report(Titled):
    items = fields.List(fields.Nested(Figures), required=True)
    currency = word()
