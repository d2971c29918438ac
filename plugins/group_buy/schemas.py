"""The documents of the API."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from shop import Amount, Instant, Name, Page, Quantity, Schema, Text, Titled, i18n

from .campaigns import STATES

MEMBERS, TIERS = 100, 10


def money(text: str, required: bool = True, least: int = 0) -> fields.Integer:
    return Amount(least, required=required, metadata={"help": text, "unit": "money"})


def count(text: str, unit: str = "", **options: Any) -> fields.Integer:
    options = {"required": True} | options
    return fields.Integer(metadata={"help": text, "unit": unit}, **options)


def word(text: str, **options: Any) -> fields.String:
    return fields.String(required=True, metadata={"help": text}, **options)


def time(text: str, **options: Any) -> fields.String:
    return fields.String(required=True, metadata={"help": text, "unit": "time"}, **options)


def flag(text: str) -> fields.Boolean:
    return fields.Boolean(required=True, metadata={"help": text})


# -- what is sent --------------------------------------------------------------------------------


class Tier(Titled):
    units = Quantity(required=True, metadata={"help": "paid in the whole campaign"})
    price = money("of a unit from then on", least=1)


class NewItem(Titled):
    sku = Text(64, 1, required=True, metadata={"help": "of the variant", "unit": "sku"})
    price = money("of a unit in a team", least=1)
    tiers = fields.List(
        fields.Nested(Tier),
        load_default=list,
        validate=validate.Length(max=TIERS),
        metadata={"help": "the more are paid, the lower; the difference goes back at the end"},
    )


def _size(**options: Any) -> fields.Integer:
    return fields.Integer(
        strict=True,
        validate=validate.Range(2, MEMBERS),
        metadata={"help": "members who make a team complete"},
        **options,
    )


def _limit(text: str) -> fields.Integer:
    return fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(1, 10**9),
        metadata={"help": text},
    )


class CampaignWords(Titled):
    name = Name(255)


class CampaignChanges(Titled):
    name = Name(255, 1)
    translations = fields.Dict(
        keys=fields.String(validate=validate.OneOf(i18n.LOCALES)),
        values=fields.Nested(CampaignWords),
        metadata={"title": "In other languages"},
    )
    items = fields.List(fields.Nested(NewItem), validate=validate.Length(1, 100))
    size = _size()
    hours = fields.Integer(
        strict=True,
        validate=validate.Range(1, 1440),
        metadata={"help": "that a team has", "unit": "hours"},
    )
    teams = _limit("the most teams; empty: no limit")
    per_customer = _limit("the most units of a customer; empty: no limit")
    starts = Instant(metadata={"help": "at once, if left out", "unit": "time"})
    ends = Instant(metadata={"help": "no team outlives it", "unit": "time"})


class NewCampaign(CampaignChanges):
    name = Name(255, 1, required=True)
    items = fields.List(fields.Nested(NewItem), required=True, validate=validate.Length(1, 100))
    size = _size(required=True)
    ends = Instant(required=True, metadata={"help": "no team outlives it", "unit": "time"})


class TeamQuery(Schema):
    campaign = fields.Integer(validate=validate.Range(1, 2**63 - 1), load_default=None)
    limit = fields.Integer(validate=validate.Range(1, 100), load_default=20)


class StaffTeamQuery(Page):
    campaign = fields.Integer(validate=validate.Range(1, 2**63 - 1))
    state = fields.String(validate=validate.OneOf(["", "open", "complete", "failed"]))


# -- what is shown -------------------------------------------------------------------------------


class Item(Titled):
    sku = word("of the variant")
    title = word("of the product")
    price = money("of a unit in a team")
    normal_price = money("of a unit bought without a team")
    tiers = fields.List(fields.Nested(Tier), required=True)


class Campaign(Titled):
    id = count("its number, for `open`")
    name = word("in the caller's language")
    state = word("", validate=validate.OneOf(STATES))
    size = count("members who make a team complete")
    hours = count("that a team has", "hours")
    per_customer = count("the most units of a customer", allow_none=True)
    starts, ends = time("of the campaign"), time("of the campaign")
    currency = word("of its prices")
    items = fields.List(fields.Nested(Item), required=True)


class Campaigns(Schema):
    items = fields.List(fields.Nested(Campaign), required=True)
    next = fields.String(required=True, allow_none=True)


class Member(Titled):
    name = word("masked, but for staff")
    paid = flag("only who has paid counts")
    opener = flag("who opened the team, or the next member after that one left")


class Team(Titled):
    code = word("for `join`")
    state = word("", validate=validate.OneOf(["open", "complete", "failed"]))
    size = count("members who make it complete")
    paid = count("members who have paid")
    left = count("seats that can be taken now")
    missing = count("who must still pay")
    early = flag("completed by the owner with the members it had")
    deadline, now = time("it has failed then"), time("of this answer, for a countdown")
    link = word("to its page; empty where the shop has none")
    members = fields.List(fields.Nested(Member), required=True)
    campaign = fields.Nested(Campaign, required=True)


class Teams(Schema):
    items = fields.List(fields.Nested(Team), required=True)


class Mine(Team):
    order = word("its number")
    member = word("", validate=validate.OneOf(["held", "paid", "left"]))


class MyTeams(Schema):
    items = fields.List(fields.Nested(Mine), required=True)
    next = fields.String(required=True, allow_none=True)


class StaffCampaign(Campaign):
    translations = fields.Dict(required=True, metadata={"help": "{locale: {name}}"})
    teams = count("the most teams", allow_none=True)
    problem = word("goods of it that were deleted", allow_none=True)
    closed_at = time("when all of it was over", allow_none=True)
    units = count("that decided the price of the ladder", allow_none=True)
    version = count("for If-Match")


class StaffCampaigns(Schema):
    items = fields.List(fields.Nested(StaffCampaign), required=True)
    next = fields.String(required=True, allow_none=True)


class StaffTeams(Schema):
    items = fields.List(fields.Nested(Team), required=True)
    next = fields.String(required=True, allow_none=True)


class Figures(Titled):
    campaign = count("its number")
    name = word("")
    state = word("", validate=validate.OneOf(STATES))
    open, complete, failed = count("teams"), count("teams"), count("teams")
    members = count("who have paid and are in")
    units = count("of goods they have")
    revenue = fields.Integer(required=True, metadata={"help": "goods money kept", "unit": "money"})
    normal = money("what the goods cost without a team")
    given_up = fields.Integer(
        required=True, metadata={"help": "below the normal price", "unit": "money"}
    )
    laddered = money("given back by the ladder")
    cost = money("of the goods, where it is known")
    earned = fields.Integer(required=True, metadata={"help": "above cost", "unit": "money"})
    new_customers = count("whose first order it was")


class Report(Titled):
    currency = word("of the money")
    items = fields.List(fields.Nested(Figures), required=True)
