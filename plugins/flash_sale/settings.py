"""What the owner may write under `[stores.<code>.plugins.flash_sale]`."""

from marshmallow import fields, validate

from shop import Schema

NAME = "flash_sale"
SOLD_OUT = ("refuse", "normal_price")


class FlashSaleSettings(Schema):
    unpaid_minutes = fields.Integer(
        strict=True,
        load_default=5,
        validate=validate.Range(1, 1440),
        metadata={"help": "minutes that an order with prepay keeps its units unpaid"},
    )
    prepay = fields.Boolean(
        load_default=True, metadata={"help": "whether a new sale wants the money first"}
    )
    when_sold_out = fields.String(
        load_default="refuse",
        validate=validate.OneOf(SOLD_OUT),
        metadata={"help": "what a new sale does then: refuse, or sell at the normal price"},
    )
    announce_hours = fields.Integer(
        strict=True,
        load_default=24,
        validate=validate.Range(0, 720),
        metadata={"help": "hours before its start that a sale is announced"},
    )
    slot_hours = fields.Integer(
        strict=True,
        load_default=24,
        validate=validate.Range(1, 720),
        metadata={"help": "hours before its start that a slot of a series sets its units apart"},
    )
    link = fields.String(
        load_default="",
        validate=validate.Length(max=500),
        metadata={"help": "where a sale is seen, for the announcement; {sale} is its number"},
    )
