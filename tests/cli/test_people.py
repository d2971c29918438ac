"""`shop token`, `shop staff`, `shop jobs` and `shop worker`, on a file as an owner has it."""

import os
import re
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from shop import db
from shop.cli import main
from shop.jobs import jobs
from shop.people import staff
from shop.testing import CONFIG, SECRET
from tests.tools.waiting import PATIENCE, wait_for


@pytest.fixture
def config_file(shop, database_url, tmp_path):
    path = tmp_path / "shop.toml"
    path.write_text(CONFIG.format(database=database_url, secret=SECRET, stores=""))
    return path


@pytest.fixture
def run(shop, config_file, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words, **options):
        result = CliRunner().invoke(main, ["--config", str(config_file), *words], **options)
        db.database.initialize(shop.instance.database)
        assert not (result.exception and not isinstance(result.exception, SystemExit)), result
        return result

    return call


def test_a_token_is_printed_alone_and_works(shop, run):
    result = run("token", "create", "--store", "orchard", "--role", "owner", "--name", "anna")
    assert result.exit_code == 0
    token = result.stdout.strip()
    assert re.fullmatch(r"st_[\w-]{43}", token)
    headers = {"Authorization": f"Bearer {token}"}
    assert shop.client.get("/api/v1/orchard/admin/staff", headers=headers).status_code == 200


def test_a_clerks_token_is_bound_to_a_point_that_exists(shop, run):
    words = ("token", "create", "--store", "orchard", "--role", "clerk", "--name", "ben")
    assert run(*words, "--point", "east").exit_code == 1
    db.run(
        "INSERT INTO pickup_point (store, code, name, address, instructions, opening_hours,"
        " translations, version) VALUES ('orchard', 'east', '', '', '', '', '{}', 1)"
    )
    assert run(*words).exit_code == 0
    assert run(*words, "--point", "east").exit_code == 0
    assert staff.named(shop.ctx, "ben")["points"] == ["east"]
    result = run("token", "create", "--store", "orchard", "--role", "owner", "--name", "ben")
    assert result.exit_code == 1
    assert "ben is clerk, not owner" in result.output


def test_staff_are_added_listed_and_given_passwords(shop, run):
    typed = "correct horse\ncorrect horse\n"
    words = ("staff", "add", "--store", "orchard", "--role", "owner", "anna", "--password")
    assert run(*words, input=typed).exit_code == 0
    assert "anna" in run("staff", "list", "--store", "orchard").output
    short = run("staff", "password", "--store", "orchard", "anna", input="short\nshort\n")
    assert short.exit_code == 1
    typed = "another horse\nanother horse\n"
    assert run("staff", "password", "--store", "orchard", "anna", input=typed).exit_code == 0
    assert staff.login(shop.ctx, "anna", "another horse")[1]["name"] == "anna"
    assert run("staff", "totp", "--store", "orchard", "anna", "--off").exit_code == 0


@pytest.mark.sqlite_only
def test_a_member_of_staff_has_a_name_that_can_be_seen(shop, run):
    for words in (("staff", "add"), ("token", "create", "--name")):
        refused = run(*words, "\u200b\u3164", "--store", "orchard", "--role", "owner")
        assert (refused.exit_code, "can be seen" in refused.stderr) == (2, True)
    added = run("staff", "add", " mei\u202e ", "--store", "orchard", "--role", "owner")
    assert added.stdout.strip() == "mei is owner of orchard now"


def test_jobs_are_listed_run_skipped_and_retried(shop, run):
    jobs.schedule(shop.ctx, "core", "no_such_job", "one", shop.ctx.now_us)
    number = str(db.value("SELECT id FROM job WHERE name = 'no_such_job'"))
    assert "core/no_such_job" in run("jobs", "list", "--store", "orchard").output
    assert "jobs ran" in run("jobs", "run").output
    assert db.value("SELECT tries FROM job WHERE id = ?", int(number)) == 1
    assert run("jobs", "retry", "--store", "orchard", number).exit_code == 0
    assert run("jobs", "skip", "--store", "orchard", number).exit_code == 0
    assert run("jobs", "retry", "--store", "orchard", number).exit_code == 1


def test_a_worker_runs_jobs_until_it_is_told_to_stop(shop, config_file):
    words = [sys.executable, "-m", "shop.cli", "--config", str(config_file), "worker"]
    worker = subprocess.Popen(words, stdout=subprocess.PIPE, env=os.environ)
    try:
        assert b"running jobs" in worker.stdout.readline()
        wait_for(lambda: db.value("SELECT 1 FROM job WHERE state = 'done' LIMIT 1"))
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()
