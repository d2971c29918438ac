"""What the owner may write, and what is refused with words."""

import pytest
from marshmallow import ValidationError

from shop.clock import DAY
from shop_plugins.price_history.settings import PriceHistorySettings, Rules, rules


class Given:
    def __init__(self, **given):
        self.__dict__.update(PriceHistorySettings().load(given))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, Rules(7, 7 * DAY, DAY, False)),
        ({"profile": "EU"}, Rules(30, 30 * DAY, 30 * DAY, False)),
        ({"days": 14}, Rules(14, 14 * DAY, DAY, False)),
        ({"least_days": 0}, Rules(7, 7 * DAY, 0, False)),
        ({"profile": "EU", "days": 60}, Rules(60, 60 * DAY, 30 * DAY, False)),
        (
            {"profile": "EU", "least_days": 7, "progressive": True},
            Rules(30, 30 * DAY, 7 * DAY, True),
        ),
    ],
)
def test_what_the_settings_come_to(given, wanted):
    assert rules(Given(**given)) == wanted


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"profile": "US"}, "profile"),
        ({"days": 6}, "days"),
        ({"profile": "EU", "days": 29}, "days"),
        ({"days": 366}, "days"),
        ({"days": 7.5}, "days"),
        ({"least_days": 8}, "least_days"),
        ({"least_days": -1}, "least_days"),
        ({"progressive": True}, "progressive"),
        ({"dayz": 7}, "dayz"),
    ],
)
def test_what_no_law_allows_is_refused_by_name(given, field):
    with pytest.raises(ValidationError) as refused:
        PriceHistorySettings().load(given)
    assert list(refused.value.messages) == [field]
