"""Days and instants that a caller names, on every route of the core and of every plugin."""

import re

import pytest

from tests.live import key
from tests.tools.operations import operations

ENDS = ("0001-01-01", "1969-12-31", "3000-01-01", "9999-12-31")
PLACE = re.compile(r"\{\w+\}")

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def enabled(migrated):
    return {name: {} for name in migrated}


@pytest.fixture
def refused(shop, client):
    """Whether an operation says no to what is asked, and that it is for this field."""
    owner = shop.bearer()

    def ask(operation, name, query=None, body=None):
        answer = client.open(
            shop.url(PLACE.sub("1", operation.path)), method=operation.method.upper(),
            query_string=query, json=body, headers={**key(), "If-Match": "*", **owner},
        )  # fmt: skip
        told = [error["path"] for error in answer.json.get("errors", ())]
        return (answer.status_code, answer.json["code"]) == (422, "invalid") and name in told

    return ask


@pytest.mark.parametrize("day", ENDS)
def test_no_day_is_taken_from_which_none_can_be_reckoned(client, refused, day):
    """Before 1970 and after 2999: in some zone, or with some days more, it would be none."""
    days = [(operation, name) for operation in operations(client) for name in operation.dates]
    assert len(days) > 6
    for operation, name in days:
        assert refused(operation, name, {name: day}), (operation.id, name)


@pytest.mark.parametrize("day", ENDS)
def test_nor_is_an_instant(client, refused, day):
    times = [(operation, name) for operation in operations(client) for name in operation.times]
    assert len(times) > 6
    for operation, name in times:
        body = {name: f"{day}T00:00:00Z"}
        assert refused(operation, name, body=body), (operation.id, name)
