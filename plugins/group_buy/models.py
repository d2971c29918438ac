"""Campaigns, what they sell, their teams, and who is in them."""

from peewee import BigAutoField, BooleanField, CharField, ForeignKeyField
from peewee import IntegerField as Int

from shop.models import (
    Code,
    Customer,
    JsonField,
    Money,
    Order,
    OrderLine,
    StoreRow,
    UtcField,
    Variant,
)
from shop.models.base import at_least_zero


class Campaign(StoreRow):
    """`size` members make a team complete, within `hours`. `teams` is the most that may be open or
    complete, `per_customer` the most units of one customer; null: no limit. `shown`: the catalogue
    knows that it runs. `closed_at`: all is over and `units`, paid in complete teams, decide the
    prices of the ladder."""

    id = BigAutoField()
    name = CharField()
    translations = JsonField(default=dict)
    size = Int()
    hours = Int()
    teams = Int(null=True)
    per_customer = Int(null=True)
    starts = UtcField()
    ends = UtcField()
    shown = BooleanField()
    closed_at = UtcField(null=True)
    units = Int(null=True)
    created_at = UtcField()
    version = Int(default=1)

    class Meta:
        table_name = "group_buy_campaign"
        indexes = ((("store", "id"), False), (("store", "ends"), False))


class Item(StoreRow):
    """`tiers` is [{units, price}]: from so many units on, everyone pays that."""

    id = BigAutoField()
    campaign = ForeignKeyField(Campaign, index=False)
    variant = ForeignKeyField(Variant, index=False)
    price = Money(constraints=[at_least_zero("price")])
    tiers = JsonField(default=list)

    class Meta:
        table_name = "group_buy_item"
        indexes = ((("campaign", "variant"), True), (("variant", "campaign"), False))


class Team(StoreRow):
    """open -> complete, or open -> failed. `paid` counts its members who have paid; `early`: the
    owner completed it with those it had. `opened_by` is history: after that member left, the one who
    is in it longest stands for the team."""

    id = BigAutoField()
    campaign = ForeignKeyField(Campaign)
    code = Code(max_length=32, unique=True)
    state = Code()
    size = Int()
    paid = Int(default=0, constraints=[at_least_zero("paid")])
    early = BooleanField(default=False)
    opened_by = ForeignKeyField(Customer, index=False)
    opened_at = UtcField()
    deadline = UtcField()
    closed_at = UtcField(null=True)

    class Meta:
        table_name = "group_buy_team"
        indexes = ((("store", "id"), False), (("store", "state", "deadline"), False))


class Member(StoreRow):
    """An order in a team: held (not paid yet) -> paid, or left. `laddered`: what the ladder gave
    back, null before."""

    id = BigAutoField()
    team = ForeignKeyField(Team)
    campaign = ForeignKeyField(Campaign)
    order = ForeignKeyField(Order, unique=True)
    line = ForeignKeyField(OrderLine, unique=True)
    customer = ForeignKeyField(Customer, index=False)
    state = Code()
    laddered = Money(null=True)
    joined_at = UtcField()

    class Meta:
        table_name = "group_buy_member"
        indexes = ((("store", "id"), False), (("customer", "campaign"), False))
