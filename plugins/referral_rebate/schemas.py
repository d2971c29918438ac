"""The documents of the API."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from shop import Page, Schema, Text, Titled

STATES = ("pending", "available", "taken_back", "held", "void", "refused")


def money(text: str = "") -> fields.Integer:
    return fields.Integer(required=True, metadata={"help": text, "unit": "money"})


def count(text: str = "", unit: str = "", **options: Any) -> fields.Integer:
    return fields.Integer(required=True, metadata={"help": text, "unit": unit}, **options)


def word(text: str = "", **options: Any) -> fields.String:
    return fields.String(required=True, metadata={"help": text}, **options)


def time(text: str = "", **options: Any) -> fields.String:
    return fields.String(required=True, metadata={"help": text, "unit": "time"}, **options)


def flag(text: str) -> fields.Boolean:
    return fields.Boolean(required=True, metadata={"help": text})


def listed(of: type[Schema], text: str = "") -> fields.List:
    return fields.List(fields.Nested(of), required=True, metadata={"help": text})


class Rules(Titled):
    rate = count("of the goods money kept of a friend's order", "percent")
    rates = fields.Dict(required=True, metadata={"help": "of some products", "unit": "percent"})
    first_only = flag("only the first order that a friend completes")
    bind_days = count("that an invitation lasts", "days")
    per_order, per_month = money("the most; 0: no limit"), money("the most; 0: no limit")
    newcomer = money("the newcomer's own, for the first order")
    newcomer_least = money("goods money that this order needs")
    pending_days = count("until it can be spent", "days")
    expires_days = count("from the completion", "days")
    greatest_share = count("of an order's goods that credit may pay", "percent")
    until_principal = flag("friends' orders pay back what one has bought oneself")
    currency, version = word("of the amounts"), word("of these rules")


class Invite(Titled):
    code = word("for `options.referral_rebate.code`")
    link = word("to share; empty where the shop has none")


class Known(Titled):
    code = word("as it is kept")
    name = word("of who invites, masked")


class Held(Titled):
    available, pending = money("can be spent now"), money("cannot be spent yet")
    debt = money("the next reward pays it first")
    next_expiry = time("of some of it", allow_none=True)


class Balance(Held):
    currency = word("of the amounts")


class Movement(Titled):
    id = count("its number")
    at = time("of the movement")
    kind = word("grant, claw_back, spend, give_back, expire or undo")
    amount = money("the change, a debt's included")
    debt = money("what of it was owed")
    order = word("its number, where it is the customer's own", allow_none=True)
    words = word("what it was")


class History(Schema):
    items = listed(Movement)
    next = fields.String(required=True, allow_none=True)


class Invited(Titled):
    id = count("of the binding")
    name = word("masked, but for staff")
    source = word("where the link was found")
    state = word("", validate=validate.OneOf(["bound", "over", "removed"]))
    orders = count("that were completed")
    earned = money("by these, and not taken back")
    at, until = time("of the first touch"), time("that orders count")
    removed_by = word("invitee, referrer or staff; empty: nobody")


class InvitedPage(Schema):
    items = listed(Invited)
    next = fields.String(required=True, allow_none=True)


class StaffBinding(Invited):
    customer, referrer = count("the newcomer's number"), count("the referrer's number")
    phone, referrer_name, referrer_phone = word(), word(), word()


class Bindings(Schema):
    items = listed(StaffBinding)
    next = fields.String(required=True, allow_none=True)


class Part(Titled):
    line = count("of the order")
    sku, title = word("of the line"), word("of the line")
    base, kept = money("goods money at the completion"), money("and now")
    rate = count("0 for a newcomer's own", "percent")
    amount = money("of this line, after the limits")
    words = word("the sum in words")


class Reward(Titled):
    id = count("its number")
    kind = word("", validate=validate.OneOf(["referrer", "newcomer"]))
    state = word("", validate=validate.OneOf(STATES))
    reason = word("why it is held, void or refused")
    order = word("the number of one's own order; null for a friend's", allow_none=True)
    friend = word("masked, but for staff")
    account = word("the purchase that it pays back", allow_none=True)
    parts = listed(Part)
    cut_by_order, cut_by_month = money("by the limit of an order"), money("by that of a month")
    cut_by_principal = money("nothing was left to pay back")
    amount, booked = money("after the limits"), money("of it, and not taken back")
    rules = word("the version of the rules")
    available_at, expires_at, at = time(), time(), time()


class Sums(Titled):
    rewards, taken_back = money("given"), money("for refunds")
    spent, returned = money("at checkouts"), money("of that, with refunds")
    expired, other = money(), money("given or taken by others")


class Account(Titled):
    order = word("its number")
    principal = money("goods money that is still in it")
    back = money("of it that has come back")
    closed = flag("all of it has")


class Explanation(Titled):
    items = listed(Reward)
    next = fields.String(required=True, allow_none=True)
    sums = fields.Nested(Sums, required=True)
    balance = fields.Nested(Held, required=True)
    accounts = listed(Account)
    currency = word("of the amounts")


class Source(Titled):
    source = word("as the links say it")
    invited, bought, orders = count("customers"), count("of them"), count("of these")
    sales = money("goods money kept")


class Sources(Schema):
    items = listed(Source)


class Place(Titled):
    place = count("from 1")
    name = word("masked, but for staff")
    count = count("net sales in minor units, or first orders")


class Leaderboard(Schema):
    items = listed(Place)


class LeaderboardQuery(Schema):
    by = fields.String(validate=validate.OneOf(["sales", "orders"]), load_default="sales")
    days = fields.Integer(validate=validate.Range(1, 3650), load_default=30)
    limit = fields.Integer(validate=validate.Range(1, 100), load_default=20)


class RewardQuery(Page):
    state = fields.String(
        validate=validate.OneOf(["", "granted", "held", "void", "refused"]), load_default=""
    )


class StaffReward(Reward):
    customer = count("who gets it")
    flags = fields.List(
        fields.String(),
        required=True,
        metadata={"help": "payer, name, address, many, quick or refunded: to be looked at"},
    )


class StaffRewards(Schema):
    items = listed(StaffReward)
    next = fields.String(required=True, allow_none=True)


class Judge(Titled):
    reason = Text(255, load_default="", metadata={"help": "stands in the audit"})


class Report(Titled):
    invited, bought, removed = count("customers"), count("of them"), count("of the bindings")
    orders = count("of invited customers")
    sales, cost = money("goods money kept"), money("of the goods, where it is known")
    referrers, newcomers = money("credit of referrers that stands"), money("of newcomers")
    taken_back, spent, expired = money(), money(), money()
    outstanding = money("credit that can still be spent")
    held, void, refused = count("rewards"), count("rewards"), count("rewards")
    earned = money("sales less cost less credit that stands")
    currency = word("of the amounts")
