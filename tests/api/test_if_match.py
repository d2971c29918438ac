"""A change that wants `If-Match` says so in the description, and no other does."""

import pytest

from shop import Plugin
from shop.api.base import PUBLIC, Blueprint, check_match
from tests.live import key
from tests.tools.furnished import furnish
from tests.tools.operations import operations

pytestmark = pytest.mark.sqlite_only

blp = Blueprint("careless", __name__)


@blp.patch("/careless/things", needs=PUBLIC)
@blp.response(204)
def change_careless_things():
    """Forget to say that If-Match is wanted"""
    check_match(1)


class Careless(Plugin):
    name, blueprints = "careless", (blp,)


@pytest.fixture
def plugins():
    return (Careless,)


@pytest.fixture
def enabled(migrated):
    return {name: {} for name in (*migrated, "careless")}


def test_who_answers_428_without_if_match_declares_it_and_nobody_else(shop, client):
    filled = furnish(shop, "orchard", "matchword")
    paths = client.get(shop.url("/openapi.json")).json["paths"]
    wanting = set()
    for one in operations(client):
        declared = paths[one.path][one.method]
        named = [p for p in declared.get("parameters", ()) if p.get("name") == "If-Match"]
        assert (
            ("428" in declared["responses"]) == ("412" in declared["responses"]) == bool(named)
        ), one.id
        if one.method == "get" or one.id in ("log_out", "admin_log_out"):
            continue
        places = dict.fromkeys(one.params, "1") | {"provider": "manual"} | filled.ids
        answer = client.open(
            shop.url(one.path.format(**places)), method=one.method.upper(),
            json=one.body, headers={**key(), **filled.bearer("owner")},
        )  # fmt: skip
        assert (answer.status_code == 428) == bool(named), (one.id, answer.text[:200])
        wanting |= {one.id} if named else set()
    assert {"admin_update_product", "admin_delete_pickup_point"} <= wanting or len(wanting) > 8, (
        wanting
    )


def test_a_route_that_forgets_to_declare_it_does_not_work(client):
    answer = client.patch("/api/v1/orchard/careless/things", headers={"If-Match": '"1"'})
    assert answer.status_code == 500
