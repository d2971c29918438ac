"""What the owner writes under `[stores.<code>.plugins.trial_then_buy]`, and what a customer sends."""

from __future__ import annotations

from marshmallow import fields, validate

from shop import Schema, Text

NAME = "trial_then_buy"
OVERDUE, LOSS_CHECK = ("remind", "charge"), ("warn", "refuse")


def _whole(default: int, least: int, most: int, title: str, text: str, unit: str) -> fields.Integer:
    return fields.Integer(
        strict=True,
        load_default=default,
        validate=validate.Range(least, most),
        metadata={"title": title, "help": text, "unit": unit},
    )


def _one_of(default: str, choices: tuple[str, ...], title: str, text: str) -> fields.String:
    return fields.String(
        load_default=default,
        validate=validate.OneOf(choices),
        metadata={"title": title, "help": text},
    )


class TrialThenBuySettings(Schema):
    days = _whole(7, 1, 365, "Days", "that a trial lasts, unless its offer says otherwise", "days")
    fee_counts = fields.Boolean(
        load_default=True,
        metadata={"title": "The fee counts", "help": "towards the price of who buys"},
    )
    overdue = _one_of("remind", OVERDUE, "Overdue", "remind, or charge the price")
    unpaid_minutes = _whole(
        15, 1, 1440, "Unpaid", "minutes that an order keeps its goods unpaid", "minutes"
    )
    pay_days = _whole(7, 0, 90, "Time to pay", "for what is charged", "days")
    loss_check = _one_of(
        "warn", LOSS_CHECK, "Loss check", "what becomes of an offer whose fee is too low"
    )
    loss_prior = _whole(
        5, 0, 100, "Expected loss", "of trials, until 20 of them have ended", "percent"
    )


class TrialThenBuyOptions(Schema):
    """`options.trial_then_buy` of a line: the offer, and the version of its terms that the customer
    agrees to."""

    offer = fields.Integer(
        strict=True, required=True, validate=validate.Range(1, 2**63 - 1),
        metadata={"title": "Offer"},
    )  # fmt: skip
    accept = Text(32, 1, metadata={"title": "Terms", "help": "the version that was shown"})
