"""Who is believed: signatures, time, keys; and where the plugin may run at all."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from shop import ProviderAway, Reject
from shop.config import parse
from shop.errors import ConfigError
from shop.loading.registry import Registry
from shop.payments import payments, providers
from shop_plugins.sandbox_pay import signing
from shop_plugins.sandbox_pay.provider import SandboxPayProvider
from shop_plugins.sandbox_pay.settings import NOTICES, REQUESTS, key

pytestmark = pytest.mark.both_databases

KEY = "k" * 32
BODY = b'{"amount": 1000}'
PATH = "/v1/payments/10000001/1"
PAYING = {"provider": "sandbox_pay", "method": "card"}


def verified(now=1000, method="PUT", path=PATH, body=BODY, key=KEY, **headers):
    given = signing.headers(KEY, "PUT", PATH, BODY, 1000, "orchard") | headers
    return signing.verify(key, method, path, given, body, now)


def test_what_was_signed_is_believed_for_five_minutes():
    assert verified()
    assert verified(now=1300)
    assert verified(now=700)
    assert not verified(now=1301)
    assert not verified(now=699)


def test_nothing_of_it_can_be_another():
    assert not verified(method="GET")
    assert not verified(path=PATH + "0")
    assert not verified(body=BODY + b" ")
    assert not verified(key="l" * 32)


@pytest.mark.parametrize(
    "name, values",
    [
        ("X-Sandbox-Time", ("", "1001", "1e3", "-1", "１０００", "9" * 30)),
        ("X-Sandbox-Nonce", ("", "short", "n" * 65, "0123456789\nabcdef")),
        ("X-Sandbox-Signature", ("", "0" * 64, "é")),
    ],
)
def test_headers_that_are_missing_or_odd_are_not_believed(name, values):
    for value in values:
        assert not verified(**{name: value})


def test_the_keys_of_requests_notices_and_stores_are_all_different():
    defaults = Registry(parse(LIVE.replace("live", "test"))).stores["orchard"]
    settings = defaults.settings["sandbox_pay"]
    secrets = [
        key("s" * 40, store, settings, what) for store in ("a", "b") for what in (REQUESTS, NOTICES)
    ]
    assert len(set(secrets)) == 4
    own = replace(settings, request_key="r" * 32)
    assert key("s" * 40, "a", own, REQUESTS) == "r" * 32


LIVE = f"""
[shop]
database = "sqlite:///x.db"
secret = "{"0123456789" * 4}"
mode = "live"
[stores.orchard]
name = "O"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "en"
[stores.orchard.plugins.sandbox_pay]
"""


def test_a_shop_that_takes_real_money_is_refused():
    with pytest.raises(ConfigError, match="only for shops in mode demo or test, not live"):
        Registry(parse(LIVE))
    for mode in ("demo", "test"):
        Registry(parse(LIVE.replace("live", mode)))


class Sent:
    """A notice as Flask would show it."""

    method, path = "POST", "/api/v1/orchard/payments/sandbox_pay/notify"

    def __init__(self, ctx, body, what=NOTICES):
        self.body = json.dumps(body).encode()
        secret = key(ctx.config.secret, ctx.code, ctx.settings("sandbox_pay"), what)
        now = ctx.now_us // 1_000_000
        self.headers = signing.headers(secret, self.method, self.path, self.body, now, "orchard")

    def get_data(self):
        return self.body


def test_a_shop_that_became_a_live_one_believes_no_notice_of_its_demo(shop):
    order = shop.order(payment=PAYING)
    body = {
        "event": "e", "kind": "paid", "payment": None, "order": order.number, "amount": 1000,
        "currency": "CNY", "at": shop.ctx.now_us, "reference": "sp_1",
    }  # fmt: skip
    notice = Sent(shop.ctx, body)
    assert SandboxPayProvider().read_notice(shop.ctx, notice).amount == 1000
    live = replace(shop.ctx, config=replace(shop.config, mode="live"))
    with pytest.raises(Reject, match="unauthorized"):
        SandboxPayProvider().read_notice(live, notice)
    with pytest.raises(Reject, match="unauthorized"):
        SandboxPayProvider().read_notice(shop.ctx, Sent(shop.ctx, body, REQUESTS))


# -- the emulator, asked as strangers and as the shop ask it ---------------------------------


@pytest.fixture
def begun(shop, emulator):
    """(the order, its payment as the provider sees it, the answer for the client)"""
    order = shop.order(payment=PAYING)
    answer = payments.start(shop.ctx, order.id, "sandbox_pay", "card")
    return order, providers.payment(shop.ctx, answer["id"]), answer


def signed(ctx, method, path, body=b"", **changed):
    secret = key(ctx.config.secret, "orchard", ctx.settings("sandbox_pay"), REQUESTS)
    now = ctx.now_us // 1_000_000
    return signing.headers(secret, method, path, body, now, "orchard") | changed


def test_the_emulator_answers_the_shop_alone_lately_and_once(shop, emulator, begun):
    order, payment, _ = begun
    path = f"/v1/payments/{order.number}/{payment.id}"
    url = emulator.address + path
    good = signed(shop.ctx, "GET", path)
    assert httpx.get(url, headers=good).status_code == 200
    assert httpx.get(url, headers=good).status_code == 401
    for bad in (
        {},
        signed(shop.ctx, "POST", path),
        signed(shop.ctx, "GET", path, **{"X-Sandbox-Account": "another"}),
        signed(shop.ctx.at(shop.ctx.now.replace(year=2020)), "GET", path),
    ):
        assert httpx.get(url, headers=bad).status_code == 401
    refund = httpx.post(f"{emulator.address}/v1/refunds", json={"amount": 1})
    assert refund.status_code == 401


def test_the_control_is_for_this_machine_and_for_no_page_of_another_site(emulator):
    url = f"{emulator.address}/control/orchard/"
    assert httpx.get(url).status_code == 200
    assert httpx.get(url, headers={"Host": "evil.example"}).status_code == 403
    assert httpx.put(f"{url}faults", data={"silent": "true"}).status_code == 415
    assert httpx.put(f"{url}faults", json={"silennt": True}).status_code == 422
    assert httpx.get(url.replace("orchard", "nowhere")).status_code == 404


def test_a_payment_begun_again_is_the_same_one_and_on_other_terms_is_refused(shop, begun):
    _, payment, answer = begun
    provider, ctx = SandboxPayProvider(), shop.ctx
    assert provider.start(ctx, payment) == answer["data"]
    with pytest.raises(Exception, match="409 this payment was begun on other terms"):
        provider.start(ctx, replace(payment, amount=999))


def test_a_refund_is_done_once_per_key_and_never_above_what_was_paid(shop, emulator, begun):
    _, payment, answer = begun
    provider, ctx = SandboxPayProvider(), shop.ctx
    with pytest.raises(Exception, match="409"):
        provider.refund(ctx, payment, 1, "too early")
    emulator.pay(answer)
    assert provider.query(ctx, payment).amount == 1000
    assert [provider.refund(ctx, payment, 600, "one") for _ in range(3)] == [True] * 3
    with pytest.raises(Exception, match="409"):
        provider.refund(ctx, payment, 500, "one")
    with pytest.raises(Exception, match="409"):
        provider.refund(ctx, payment, 401, "two")
    assert provider.refund(ctx, payment, 400, "two")
    assert [refund["amount"] for refund in emulator.knows()["refunds"]] == [600, 400]


def test_money_of_a_database_that_was_made_anew_belongs_to_no_payment(shop, emulator, begun):
    _, payment, answer = begun
    emulator.pay(answer)
    [notice] = emulator.knows()["notices"]
    body = json.loads(notice["body"])
    read = SandboxPayProvider().read_notice
    assert read(shop.ctx, Sent(shop.ctx, body)).payment == payment.id
    other = body | {"order": "00000000"}
    assert read(shop.ctx, Sent(shop.ctx, other)).payment is None


def test_a_shop_beside_which_no_emulator_ever_ran_says_so(shop):
    order = shop.order(payment=PAYING)
    with pytest.raises(ProviderAway, match="shop sandbox-pay serve"):
        payments.start(shop.ctx, order.id, "sandbox_pay", "card")


def test_what_is_left_to_do_is_told_before_it_is_switched_off(shop, emulator):
    plugin = shop.ctx.plugins.by_name["sandbox_pay"]
    assert plugin.open_work(shop.ctx) == []
    order = shop.order(payment=PAYING)
    payments.start(shop.ctx, order.id, "sandbox_pay", "card")
    assert plugin.open_work(shop.ctx) == ["1 unpaid orders that may be paid by sandbox_pay"]


def test_a_payment_is_paid_once_however_often_the_button_is_pressed(emulator, begun):
    _, _, answer = begun
    with ThreadPoolExecutor(8) as people:
        list(people.map(lambda _: emulator.pay(answer), range(8)))
    emulator.pay(answer, action="decline")
    known = emulator.knows()
    assert [payment["state"] for payment in known["payments"]] == ["paid"]
    assert len(known["notices"]) == 1


def test_the_page_takes_nothing_odd_and_leads_nowhere_else(emulator, begun):
    _, _, answer = begun
    url = answer["data"]["pay_url"]
    assert httpx.get(f"{url}x").status_code == 404
    assert httpx.post(url, data={"action": "steal"}).status_code == 422
    assert httpx.post(url, data={"how": "evil"}).status_code == 422
    home = emulator.live.address
    assert f'href="{home}/orders/1"' in httpx.get(url, params={"back": f"{home}/orders/1"}).text
    for back in ("https://evil.example", "//evil.example", "javascript:alert(1)", f"{home}.evil"):
        assert "evil" not in httpx.get(url, params={"back": back}).text
        assert "alert" not in httpx.get(url, params={"back": back}).text
    policy = httpx.get(url).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
