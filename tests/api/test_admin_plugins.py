"""What is on, how it is set, and how the shop is doing, for its owner alone."""

import marshmallow as ma
import pytest

from shop import Plugin


class Signed(Plugin):
    """Has a secret."""

    name = "signed"

    class Settings(ma.Schema):
        key = ma.fields.String(load_default="", metadata={"help": "signs", "unit": "secret"})
        days = ma.fields.Integer(load_default=3, metadata={"help": "how long", "unit": "days"})


@pytest.fixture
def plugins():
    return (Signed,)


@pytest.fixture
def enabled():
    return {"signed": {"key": "hush-hush-hush"}}


def test_each_setting_has_the_line_that_sets_it_and_no_secret_is_told(shop):
    answer = shop.client.get(shop.url("/admin/plugins"), headers=shop.bearer())
    [mine] = [one for one in answer.json["items"] if one["name"] == "signed"]
    assert (mine["on"], mine["place"], mine["about"]) == (True, 1, "Has a secret.")
    key, days = mine["settings"]
    assert days["line"] == "[stores.orchard.plugins.signed]\ndays = 3"
    assert key["value"] == '"…"'
    assert "hush" not in answer.text


def test_the_doctor_says_what_the_command_says(shop):
    found = shop.client.get(shop.url("/admin/doctor"), headers=shop.bearer()).json["items"]
    assert {"database", "migrations", "plugins"} <= {sign["what"] for sign in found}
    assert {sign["state"] for sign in found} <= {"good", "warn", "bad"}


def test_a_clerk_is_told_neither(shop):
    for path in ("plugins", "doctor"):
        url = shop.url(f"/admin/{path}")
        assert shop.client.get(url, headers=shop.bearer("clerk")).status_code == 403
        assert shop.client.get(url).status_code == 401
