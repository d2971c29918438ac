"""The API against its own OpenAPI description: whatever is sent, answers are as described."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shop.people import auth, staff
from shop.pickup import points
from tests.live import Live

ROOT = Path(__file__).parent.parent.parent
RULES = '["2xx", "400", "401", "403", "404", "409", "412", "422", "428", "429"]'
"""what well-formed input may be answered with: the rules of a shop do not stand in a schema"""
REFUSED = '["4xx"]'
BUYING = "^(list_products|create_cart|create_order)$"
ENDS_TOKENS = "admin_revoke_token|admin_change_staff|log_out|password|totp"


@pytest.fixture
def owner(shop):
    boss = staff.create(shop.ctx, "boss", "owner", password="correct horse battery")
    points.create(shop.ctx, "gate", {"name": "Gate"})
    return auth.issue(shop.ctx, staff=boss["id"], scopes=auth.OWNER_SCOPES)


def violations(live, token, *options):
    """What the tool says after thousands of requests, good and bad; "" if all is as described."""
    config = live.folder / "schemathesis.toml"
    config.write_text(
        f"[checks]\npositive_data_acceptance.expected-statuses = {RULES}\n"
        f"negative_data_rejection.expected-statuses = {REFUSED}\n"
        f"missing_required_header.expected-statuses = {REFUSED}\n"
    )
    tool = Path(sys.executable).parent / "st"
    run = subprocess.run(
        [tool, "--config-file", config, "run", f"{live.url}/openapi.json",
         "-H", f"Authorization: Bearer {token}", "--phases", "examples,coverage,fuzzing",
         "-n", "4", "--continue-on-failure", "--seed", "1", *options],
        cwd=live.folder,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.api.described", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )  # fmt: skip
    return "" if run.returncode == 0 else run.stdout + run.stderr


@pytest.mark.sqlite_only
def test_buying_answers_as_described(shop, live, owner):
    """The short form of the next one."""
    found = violations(live, owner, "--include-operation-id-regex", BUYING, "-n", "1")
    if found:
        pytest.fail(found, pytrace=False)


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_what_the_description_does_not_say_is_found(shop, live, owner, monkeypatch):
    """The control: a server that knows a rule more than its description."""
    live.stop()
    live.start("tests.stricter")
    found = violations(live, owner, "--include-operation-id-regex", "^list_products$")
    assert "the description allows it, the shop does not" in found


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.parametrize("which", ["--exclude-operation-id-regex", "--include-operation-id-regex"])
def test_every_operation_answers_as_described(shop, live, owner, which):
    found = violations(live, owner, which, ENDS_TOKENS)
    if found:
        pytest.fail(found, pytrace=False)
    assert '"status":500' not in live.output()


@pytest.fixture
def with_plugins(shop, tmp_path, database_url, migrated):
    """A real server with every plugin on."""
    on = "".join(f"[stores.orchard.plugins.{name}]\n" for name in migrated)
    server = Live(tmp_path, database_url, stores_toml=on).start()
    yield server
    server.stop()


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_every_operation_of_plugins_answers_as_described(shop, with_plugins, owner, migrated):
    names = "|".join(name.replace("_", "[-_]") for name in migrated) or "nothing"
    found = violations(with_plugins, owner, "--include-path-regex", f"/(admin/)?({names})/")
    if found:
        pytest.fail(found, pytrace=False)
    assert '"status":500' not in with_plugins.output()
    assert not migrated or with_plugins.output().count('"event":"request"') > 500
