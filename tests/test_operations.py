"""docs/operations.md says what the settings are: every key, its default and its bounds."""

import dataclasses
import re
import tomllib

import marshmallow as ma
import pytest

from shop import config, server
from shop.people import login, staff
from shop.pickup import pickup_codes
from tests.pages import DOCS, sections, table, text_of

PAGE = DOCS / "operations.md"
PARTS = {
    "shop": ("[shop]", config.Config, config.ShopSchema),
    "shop.limits": ("[shop.limits]", config.Limits, config.LimitsSchema),
    "stores.<code>": ("[stores.CODE]", config.StoreConfig, config.StoreSchema),
    "stores.<code>.orders": ("[stores.CODE.orders]", config.Orders, config.OrdersSchema),
}


def rows(part):
    """{key: (default, allowed)} as the page has them."""
    found = table(sections(PAGE, "###")[PARTS[part][0]])
    return {key.strip("`"): (default.strip("`"), allowed) for key, default, allowed, _ in found}


def default_of(field):
    if field.default is not dataclasses.MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else None


@pytest.mark.parametrize("part", PARTS)
def test_every_key_stands_in_its_table_in_the_order_of_the_code(part):
    assert list(rows(part)) == config.known_keys()[part]


@pytest.mark.parametrize("part", PARTS)
def test_every_default_is_the_codes(part):
    fields = {field.name: field for field in dataclasses.fields(PARTS[part][1])}
    for key, (shown, _) in rows(part).items():
        stated = tomllib.loads(f"x = {shown}")["x"] if shown else None
        stated = tuple(stated) if isinstance(stated, list) else stated
        assert stated == default_of(fields[key]), key


@pytest.mark.parametrize("part", PARTS)
def test_every_bound_is_the_codes(part):
    fields = PARTS[part][2]().fields
    for key, (_, allowed) in rows(part).items():
        [check] = fields[key].validators[:1] or [None]
        if isinstance(check, ma.validate.Range):
            assert allowed == f"{check.min}–{check.max}", key
        elif isinstance(check, ma.validate.OneOf):
            assert allowed == ", ".join(check.choices), key


@pytest.mark.sqlite_only
@pytest.mark.parametrize("path", re.findall(r"^\| `(/\w+)` \|", text_of(PAGE), re.M))
def test_every_path_answers(client, path):
    assert client.get(path).status_code == 200


@pytest.mark.sqlite_only
def test_every_metric_is_there(client):
    client.get("/healthz")
    shown = client.get("/metrics").text
    named = re.findall(r"^\| `(shop_\w+)`", text_of(PAGE), re.M)
    assert len(named) == 3
    assert all(f"# HELP {name}" in shown for name in named)


def doubled(first, last):
    """Pauses, each twice the one before: 1, 2, 4 and 8."""
    pauses = [first]
    while pauses[-1] < last:
        pauses.append(2 * pauses[-1])
    return f"{', '.join(map(str, pauses[:-1]))} and {pauses[-1]}"


def test_the_bounds_that_no_key_changes_are_the_codes():
    bounds = dict(table(sections(PAGE)["Limits"]))
    for bound, said in {
        "codes sent to a phone": f"{login.CODES} for one network and {login.CODES_PER_PHONE} for all "
        f"without a pause, then after pauses of {doubled(login.PAUSE // 60, login.LONGEST // 60)} "
        "minutes; an hour without one starts anew",
        "codes asked for by a network": f"{login.CODES_PER_PEER} an hour",
        "tries of a login code": f"{login.TRIES} from the network that asked for it; {login.TRIES} from "
        f"another, {login.STRANGERS_TRIES} from all others; a code is good for {login.MINUTES} minutes",
        "passwords of a member of staff": f"{staff.FREE} of a name from one network without a pause, "
        f"{staff.FREE_FOR_PEER} of one network, then after pauses of 1, 2, 4 seconds, up to "
        f"{staff.PAUSES[1] // 60} minutes; after {staff.FREE_FOR_NAME} of a name from all networks pauses of "
        f"at most {staff.BRIEF[1]} seconds. A browser where that person signed in before has "
        f"{staff.FREE} tries of its own. An hour without a try starts anew",
        "wrong pickup codes of a member of staff, and at a point": f"{pickup_codes.WRONG} in "
        f"{pickup_codes.WRONG_SECONDS // 60} minutes",
    }.items():
        assert bounds[bound] == said
    serve = dict(row[:2] for row in table(sections(PAGE)["Serve"]))
    assert serve["graceful timeout"] == f"{server.GRACE} s"
