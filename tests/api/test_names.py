"""A name can be seen, and reads as what it is, wherever it is given."""

import pytest

from shop import letters
from shop.testing.live import key
from tests.api.test_login import BASE

pytestmark = pytest.mark.sqlite_only
UNSEEN = ["   ", "\u200b", "\u200e\u200f", "\u202e", "\u2066\u2069", "\ufeff", "\u3164", "\u115f\u1160",
          "\u2800", "\u00a0\u3000", "\u200d", "\uffa0", "\u0301", "\u00ad"]  # fmt: skip
NAMED = {
    "/admin/staff": {"name": None, "role": "clerk"},
    "/admin/products": {"title": None, "variants": [{"sku": "A", "price": 1}]},
    "/admin/categories": {"title": None, "handle": "a"},
    "/admin/pickup-points": {"code": "a", "name": None},
}


@pytest.mark.parametrize("name", UNSEEN)
def test_a_contact_whose_name_shows_nothing_is_refused(shop, client, name):
    apple = shop.product(1000, 5)
    contact = {"name": name, "phone": "13800138000"}
    body = {"lines": [{"sku": apple.sku, "quantity": 1}], "contact": contact}
    refused = client.post(f"{BASE}/orders", json=body, headers=key())
    assert (refused.status_code, refused.json["code"]) == (422, "invalid")
    assert refused.json["errors"][0]["path"] == "contact.name"


@pytest.mark.parametrize("path", NAMED)
def test_whatever_has_a_name_has_one_that_can_be_seen(shop, client, path):
    for name in UNSEEN:
        body = {field: name if value is None else value for field, value in NAMED[path].items()}
        refused = client.post(BASE + path, json=body, headers=shop.bearer() | key())
        assert (refused.status_code, refused.json["code"]) == (422, "invalid"), ascii(name)


def test_marks_that_turn_a_name_round_are_taken_out(shop, client):
    body = {"name": " an\u202ena\u200b ", "role": "clerk"}
    made = client.post(f"{BASE}/admin/staff", json=body, headers=shop.bearer() | key())
    assert (made.status_code, made.json["name"]) == (201, "anna")


@pytest.mark.parametrize(
    "name", ["李", "Zoë", "نیلوفر\u200cها", "👩\u200d🌾", "O'Neil", "田 中", "1"]
)
def test_names_of_all_scripts_stay_as_they_are(name):
    assert letters.is_seen(name)
    assert letters.tidied(name) == name
