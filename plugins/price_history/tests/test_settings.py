"""What the owner may write, and what is refused with words."""

from dataclasses import replace

import pytest
from marshmallow import ValidationError

from shop.clock import DAY
from shop.config import Orders
from shop_plugins.price_history.plugin import PriceHistory
from shop_plugins.price_history.settings import PriceHistorySettings, Rules, rules


class Given:
    def __init__(self, **given):
        self.__dict__.update(PriceHistorySettings().load(given))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, Rules(7, 7 * DAY, DAY, False, "CN")),
        ({"profile": "EU"}, Rules(30, 30 * DAY, 30 * DAY, False, "EU")),
        ({"days": 14}, Rules(14, 14 * DAY, DAY, False, "CN")),
        ({"least_days": 0}, Rules(7, 7 * DAY, 0, False, "CN")),
        ({"profile": "EU", "days": 60}, Rules(60, 60 * DAY, 30 * DAY, False, "EU")),
        (
            {"profile": "EU", "least_days": 7, "progressive": True},
            Rules(30, 30 * DAY, 7 * DAY, True, "EU"),
        ),
    ],
)
def test_what_the_settings_come_to(given, wanted):
    assert rules(Given(**given), "CN") == wanted


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"profile": "US"}, "profile"),
        ({"profile": "CN", "days": 6}, "days"),
        ({"profile": "EU", "days": 29}, "days"),
        ({"days": 366}, "days"),
        ({"days": 7.5}, "days"),
        ({"profile": "CN", "least_days": 8}, "least_days"),
        ({"least_days": -1}, "least_days"),
        ({"profile": "CN", "progressive": True}, "progressive"),
        ({"dayz": 7}, "dayz"),
    ],
)
def test_what_no_law_allows_is_refused_by_name(given, field):
    with pytest.raises(ValidationError) as refused:
        PriceHistorySettings().load(given)
    assert list(refused.value.messages) == [field]


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("timezone", "default_country", "profile", "says"),
    [
        ("Asia/Shanghai", "CN", "CN", "for CN"),
        ("Asia/Chongqing", "CN", "CN", "for CN"),
        ("Europe/Berlin", "CN", "EU", "for DE"),
        ("UTC", "CN", "CN", "for CN"),
        ("UTC", "FR", "EU", "for FR"),
        ("Asia/Shanghai", "IT", "EU", "for IT"),
        ("America/New_York", "CN", "EU", "the strictest, for US"),
    ],
)
def test_the_profile_follows_the_stores_country_unless_set(
    shop, timezone, default_country, profile, says
):
    store = replace(
        shop.ctx.store, timezone=timezone, orders=Orders(default_country=default_country)
    )
    left_out = Given()
    assert rules(left_out, store.country).profile == profile
    [note] = PriceHistory(left_out).notes(store)
    assert note.startswith(f"profile {profile}, ")
    assert says in note
    assert rules(Given(profile="CN"), store.country).profile == "CN"


@pytest.mark.sqlite_only
@pytest.mark.parametrize("given, key", [
    ({"days": 14}, "days"), ({"least_days": 31}, "least_days"), ({"progressive": True}, None),
])  # fmt: skip
def test_what_does_not_go_with_the_countrys_profile_refuses_the_start(shop, given, key):
    berlin = replace(shop.ctx.store, timezone="Europe/Berlin")
    found = PriceHistory(Given(**given)).check(berlin)
    assert [line.partition(":")[0] for line in found] == ([key] if key else [])
