"""What the owner may write."""

import pytest
from marshmallow import ValidationError

from shop_plugins.points.settings import PointsSettings


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"earn_per_unit": -1}, "earn_per_unit"),
        ({"earn_per_unit": 1.5}, "earn_per_unit"),
        ({"earn_per_unit": "2"}, None),
        ({"earn_unit": 0}, "earn_unit"),
        ({"greatest_share": 101}, "greatest_share"),
        ({"least_share": 60}, "least_share"),
        ({"expires_days": 7}, "expires_days"),
        ({"earn_per_unit": 101}, "earn_per_unit"),
        ({"notice_hour": 24}, "notice_hour"),
        ({"earns": 1}, "earns"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, field):
    with pytest.raises(ValidationError) as refused:
        PointsSettings().load(wrong)
    assert field is None or field in refused.value.messages


def test_points_need_not_expire():
    assert PointsSettings().load({"expires_days": 0, "available_days": 30})["expires_days"] == 0
