"""Limits of traffic: by the real peer, with a Retry-After, in two sizes or off."""

from dataclasses import replace

import pytest

from shop.app import create_app
from shop.config import Limits

pytestmark = pytest.mark.sqlite_only
SMALL = Limits(requests_per_minute=5, writes_per_minute=2)


@pytest.fixture
def limited(shop):
    def make(**changes):
        config = replace(shop.config, rate_limits="on", limits=SMALL, **changes)
        return create_app(config, clock=shop.clock).test_client()

    return make


def statuses(client, times, method="GET", path="/api/v1/orchard/", forwarded=None, **options):
    headers = options.pop("headers", {})
    found = []
    for number in range(times):
        if forwarded:
            headers = {"X-Forwarded-For": forwarded.format(number)}
        found.append(client.open(path, method=method, headers=headers, **options).status_code)
    return found


def test_too_many_requests_are_refused_as_a_problem_that_says_when_to_come_again(limited):
    client = limited()
    assert statuses(client, 7) == [200] * 5 + [429] * 2
    answer = client.get("/api/v1/orchard/")
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == "too_many_requests"
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert statuses(client, 3, path="/healthz") == [200] * 3


def test_writes_have_a_limit_of_their_own(limited):
    client = limited()
    assert statuses(client, 3, method="POST", path="/api/v1/orchard/carts", json={}) == [
        201,
        201,
        429,
    ]
    assert statuses(client, 1) == [200]


def test_wrong_tokens_are_counted_too(limited):
    found = statuses(limited(), 6, headers={"Authorization": "Bearer st_wrong"})
    assert found == [401] * 5 + [429]


def test_case_45_a_forged_x_forwarded_for_changes_nothing(limited):
    assert statuses(limited(), 6, forwarded="10.0.0.{}") == [200] * 5 + [429]
    behind = limited(trusted_proxies=1)
    assert statuses(behind, 6, forwarded="10.0.0.{}") == [200] * 6
    assert statuses(behind, 6, forwarded="6.6.6.{}, 10.9.9.9") == [200] * 5 + [429]


def test_the_demo_is_generous_and_off_is_off(shop):
    generous = create_app(
        replace(shop.config, rate_limits="generous", limits=SMALL), clock=shop.clock
    ).test_client()
    assert set(statuses(generous, 50)) == {200}
    assert set(statuses(shop.client, 50)) == {200}


def test_an_ipv6_network_has_catalogue_pages_built_as_often_as_one_address(limited):
    def asked(peer):
        client = limited()
        return [
            client.get(
                f"/api/v1/orchard/products?limit={number + 1}",
                environ_base={"REMOTE_ADDR": peer.format(number)},
            ).status_code
            for number in range(14)
        ]

    assert asked("2001:db8:1:2::{:x}") == asked("203.0.113.7")
    assert 429 in asked("203.0.113.7")
    assert set(asked("203.0.113.{}")) == {200}
