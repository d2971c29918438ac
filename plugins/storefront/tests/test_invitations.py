"""A friend's link that no plugin can use, and the cookie that one has left."""

import re

import pytest

from shop import Plugin, Schema, Text
from shop.people import login

PHONE = "+8613000000056"


class Code(Schema):
    code = Text(8, 1)


class Friends(Plugin):
    """Takes the code of a friend."""

    name, OrderOptions = "friends", Code


@pytest.fixture
def plugins():
    return (Friends,)


@pytest.fixture
def enabled():
    return {"storefront": {}, "friends": {}}


@pytest.fixture
def sign_in(shop, client, own, monkeypatch):
    """`sign_in(cookie)` is the answer to the right code, of a browser that kept an invitation."""
    sent = []
    monkeypatch.setattr(login.channels, "send", lambda ctx, message: sent.append(message.text))

    def signed_in(kept):
        client.set_cookie("orchard-invitation", kept)
        client.post("/orchard/sign-in", data={"phone": PHONE}, headers=own)
        shop.run_jobs()
        form = {"phone": PHONE, "code": re.findall(r"\d{6}", sent[-1])[0]}
        return client.post("/orchard/sign-in/code", data=form, headers=own)

    return signed_in


@pytest.mark.parametrize(
    "kept",
    ["friends.code=much-too-long-a-code", "friends.other=x", "friends=x", "nobody.code=x", "=", "friends.code=",
     "storefront.code=x", "friends.code.code=x", "x" * 200],
)  # fmt: skip
@pytest.mark.sqlite_only
def test_sign_in_works_with_a_stale_invitation_and_drops_it(sign_in, client, kept):
    answer = sign_in(kept)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/orchard/me")
    assert client.get("/orchard/me").status_code == 200
    assert client.get_cookie("orchard-invitation") is None


def test_sign_in_passes_on_an_invitation_that_is_of_use(sign_in, monkeypatch):
    passed = []
    inside = login.accounts.find_or_make
    monkeypatch.setattr(
        login.accounts,
        "find_or_make",
        lambda *given, **more: [passed.append(given[-1]), inside(*given, **more)][1],
    )
    assert sign_in("friends.code=MIA").status_code == 303
    assert passed == [{"friends": {"code": "MIA"}}]


@pytest.mark.sqlite_only
def test_a_link_of_nonsense_leaves_what_was_kept(client):
    client.get("/orchard/invited/friends/code/MIA")
    for path in (
        "friends/code/much-too-long",
        "friends/other/x",
        "nobody/code/x",
        "friends/code/%ff%00",
    ):
        assert client.get(f"/orchard/invited/{path}").status_code in (303, 404)
        assert client.get_cookie("orchard-invitation").value == "friends.code=MIA", path
