"""What a real server writes down of an hour in which every secret of the shop goes through it."""

import os
import signal

import pytest

from shop import db
from shop.catalog import products
from shop.people import login, staff
from shop.testing.settings import SECRET
from tests.live import Live, key, wanted

PASSWORD = "two pears, one jam"


@pytest.fixture
def served(shop, tmp_path, database_url, migrated):
    variant = {"sku": "APPLE", "price": 1000, "stock": 50}
    products.create(shop.ctx, {"title": "Apple", "status": "published", "variants": [variant]})
    staff.create(shop.ctx, "anna", "owner", password=PASSWORD)
    on = "".join(f"[stores.orchard.plugins.{name}]\n" for name in migrated)
    live = Live(tmp_path, database_url, stores_toml=on).start()
    yield live
    live.stop()


def test_no_secret_stands_in_the_log_or_the_metrics_of_a_server(shop, served):
    secrets = {"the shop's": SECRET, "a password": PASSWORD}
    with served.client() as client:
        client.post("/admin/login", json={"name": "anna", "password": "a wrong password"})
        signed_in = client.post("/admin/login", json={"name": "anna", "password": PASSWORD})
        secrets["an owner's token"] = token = signed_in.json()["token"]
        owner = {"Authorization": f"Bearer {token}"}
        seed = client.post("/admin/totp", json={"password": PASSWORD}, headers=owner).json()
        secrets["a seed"] = seed["secret"]
        order = client.post("/orders", json=wanted("APPLE"), headers=key()).json()
        secrets["an order's token"] = order["token"]
        for query in (f"?token={order['token']}", f"?token={order['token']}&x=1"):
            client.get(f"/orders/{order['number']}{query}")
        client.get("/me", headers={"Authorization": f"Bearer {order['token']}x"})
        client.post("/admin/password", json={"old": PASSWORD, "new": PASSWORD * 9}, headers=owner)
        client.post("/admin/tokens", content=b"{" + PASSWORD.encode(), headers=owner)
        made = client.post("/admin/tokens", json={"label": "till", "scopes": []}, headers=owner)
        secrets["a made token"] = made.json().get("token", "") or token
        secrets["a customer's token"] = sign_in(shop, client)
        if client.get("/admin/webhooks/endpoints", headers=owner).status_code == 200:
            there = {"url": "https://erp.invalid/hook"}
            hook = client.post("/admin/webhooks/endpoints", json=there, headers=owner).json()
            secrets["a webhook's"] = hook["secret"]
        told = client.get(f"{served.address}/metrics").text
    os.kill(served.workers()[0], signal.SIGABRT)  # Python tells where it was
    served.stop()
    text = served.output() + told
    assert '"event":"request"' in text
    for whose, secret in secrets.items():
        assert len(secret) >= 16, whose
        assert secret not in text, f"{whose} stands in the log"
        assert secret[8:40] not in text, f"most of {whose} stands in the log"


def sign_in(shop, client):
    """A customer's token; the code itself is told in the log of a shop without a channel, as its
    owner was told."""
    client.post("/login/code", json={"phone": "+8613000000001"})

    seed = db.value("SELECT seed FROM login_code ORDER BY id DESC LIMIT 1")
    code = login._code(shop.ctx, "+8613000000001", seed)
    return client.post("/login", json={"phone": "+8613000000001", "code": code}).json()["token"]
