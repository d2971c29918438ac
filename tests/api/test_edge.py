"""What every answer has, whoever made it."""

import json
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from shop import logs
from shop.app import create_app

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
PAGE = "https://front.example.org"


@pytest.mark.sqlite_only
@pytest.mark.parametrize("path", ["/api/v1/orchard/", "/nowhere", "/api/v1/nowhere/", "/healthz"])
def test_every_answer_has_the_security_headers_and_an_id(client, path):
    answer = client.get(path)
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY
    assert len(answer.headers["X-Request-Id"]) == 16
    if answer.status_code == 404:
        assert answer.json["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.sqlite_only
def test_a_request_id_is_taken_over_if_it_is_harmless(client):
    taken = client.get("/healthz", headers={"X-Request-Id": "web-1.42_a"})
    assert taken.headers["X-Request-Id"] == "web-1.42_a"
    for bad in ("a" * 65, "a b", 'x"}', "é"):
        made = client.get("/healthz", headers={"X-Request-Id": bad.encode().decode("latin-1")})
        assert made.headers["X-Request-Id"] != bad


@pytest.mark.sqlite_only
def test_what_is_private_is_not_kept_by_anyone(client, shop):
    assert client.get("/api/v1/orchard/").headers["Cache-Control"] == "no-store"
    mine = client.get("/api/v1/orchard/admin/audit", headers=shop.bearer())
    assert mine.headers["Cache-Control"] == "no-store"


@pytest.fixture
def fronted(shop):
    """A client of the same shop with CORS for one page."""
    return create_app(replace(shop.config, cors=(PAGE,)), clock=shop.clock).test_client()


@pytest.mark.sqlite_only
def test_a_page_of_the_config_may_call_and_no_other(fronted, client):
    answer = fronted.get("/api/v1/orchard/", headers={"Origin": PAGE})
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "Origin" in answer.headers["Vary"]
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    for origin in ("https://evil.example.org", PAGE + ".evil.org", "null"):
        other = fronted.get("/api/v1/orchard/", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in other.headers
    assert (
        "Access-Control-Allow-Origin"
        not in client.get("/api/v1/orchard/", headers={"Origin": PAGE}).headers
    )


@pytest.mark.sqlite_only
def test_a_preflight_allows_the_headers_that_the_api_reads(fronted):
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    answer = fronted.options("/api/v1/orchard/orders", headers=asked)
    assert answer.status_code == 204
    for name in ("Authorization", "Idempotency-Key", "If-Match"):
        assert name in answer.headers["Access-Control-Allow-Headers"]
    refused = fronted.options(
        "/api/v1/orchard/orders", headers=asked | {"Origin": "https://evil.example.org"}
    )
    assert "Access-Control-Allow-Origin" not in refused.headers


@pytest.mark.sqlite_only
def test_a_request_is_one_line_of_json_without_its_secrets(client, capsys):
    logs.setup("info")
    token = "or_0123456789abcdefghijklmnop"
    client.get(f"/api/v1/orchard/orders/ABC?token={token}", headers={"X-Request-Id": "one"})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    [line] = [line for line in lines if line["event"] == "request"]
    assert line["method"] == "GET"
    assert line["path"].startswith("/api/v1/<string:store>/orders/<")
    assert line["request_id"] == "one"
    assert line["status"] in (401, 404)
    assert line["ms"] > 0
    assert token not in json.dumps(lines)


@pytest.mark.sqlite_only
def test_requests_are_counted_by_route_and_status(client):
    labels = {"method": "GET", "route": "/api/v1/<string:store>/", "status": "200"}
    before = REGISTRY.get_sample_value("shop_request_seconds_count", labels) or 0
    client.get("/api/v1/orchard/")
    assert REGISTRY.get_sample_value("shop_request_seconds_count", labels) == before + 1
    client.open("/nowhere/at/all", method="BREW")
    strange = {"method": "other", "route": "(none)", "status": "404"}
    assert REGISTRY.get_sample_value("shop_request_seconds_count", strange) >= 1


@pytest.fixture(autouse=True)
def quiet_again():
    """Leave the loggers as they were."""
    import logging

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
