"""`shop init`, `check`, `config`, `db`, `doctor` and `demo`, as an owner types them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from shop import config, db
from shop.cli import main
from tests.tools.waiting import PATIENCE


@pytest.fixture
def shop_command(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words, **options):
        result = CliRunner().invoke(main, [str(word) for word in words], **options)
        assert not (result.exception and not isinstance(result.exception, SystemExit)), result
        return result

    yield call
    if db.database.obj is not None:
        db.database.close()


@pytest.fixture
def made(shop_command, tmp_path):
    """The shop.toml of a new instance."""
    words = ("--store", "orchard", "--name", "果园", "--locale", "zh_Hans")
    assert shop_command("init", tmp_path / "shop", *words).exit_code == 0
    return tmp_path / "shop" / "shop.toml"


def test_a_new_shop_is_three_commands_away(shop_command, made):
    assert config.load(made).stores["orchard"].name == "果园"
    assert shop_command("--config", made, "db", "status").exit_code == 1
    assert "ran core 0001_initial" in shop_command("--config", made, "db", "migrate").stdout
    assert shop_command("--config", made, "db", "status").exit_code == 0
    assert "nothing to do" in shop_command("--config", made, "db", "migrate").stdout
    assert "the file is good" in shop_command("--config", made, "check").stdout
    assert "all have run" in shop_command("--config", made, "doctor").stdout
    undone = shop_command("--config", made, "db", "rollback", "core", input="y\n")
    assert "undid core 0001_initial" in undone.stdout
    assert "will be lost" in undone.stdout


def test_the_only_store_need_not_be_named(shop_command, made):
    shop_command("--config", made, "db", "migrate")
    made_by = ("--config", made, "token", "create", "--role", "owner", "--name", "anna")
    assert shop_command(*made_by).exit_code == 0
    assert "anna" in shop_command("--config", made, "staff", "list").stdout
    one = made.read_text("utf-8")
    made.write_text(one + one[one.index("[stores.") :].replace("orchard", "bakery"), "utf-8")
    which = shop_command("--config", made, "staff", "list")
    assert which.exit_code == 2
    assert "--store is one of orchard, bakery" in which.stderr
    assert "anna" in shop_command("--config", made, "staff", "list", "--store", "orchard").stdout
    for command in (("staff", "list"), ("fsck",), ("jobs", "list")):
        wrong = shop_command("--config", made, *command, "--store", "orchid")
        assert wrong.exit_code == 2
        assert "did you mean orchard?" in wrong.stderr
    assert "2 stores" in shop_command("--config", made, "fsck").stdout


def test_a_refusal_is_said_in_words_with_its_code(shop_command, made):
    shop_command("--config", made, "db", "migrate")
    words = ("token", "create", "--role", "clerk", "--name", "ben", "--point", "east")
    refused = shop_command("--config", made, *words)
    assert refused.exit_code == 1
    assert refused.stderr == (
        "Error: There is no pickup point with the code east. (unknown_pickup_point)\n"
    )


def test_a_problem_stays_on_its_line_however_long(shop_command, made, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    made.write_text(made.read_text("utf-8").replace("currency", "currncy"), "utf-8")
    checked = shop_command("--config", made, "check")
    assert "  stores.orchard.currncy: unknown, did you mean currency?\n" in checked.stderr
    served = shop_command("--config", made, "serve")
    assert f"{made} cannot be served:\n" in served.stderr
    assert "  stores.orchard.currncy: unknown, did you mean currency?\n" in served.stderr


def test_init_overwrites_nothing(shop_command, made):
    before = made.read_bytes()
    again = shop_command("init", made.parent)
    assert again.exit_code == 1
    assert "there already" in again.stderr
    assert made.read_bytes() == before


def test_check_names_every_mistake(shop_command, made):
    made.write_text(made.read_text("utf-8").replace("currency", "currncy"), "utf-8")
    result = shop_command("--config", made, "check")
    assert result.exit_code == 2
    assert "stores.orchard.currncy: unknown, did you mean currency?" in result.stderr
    assert "stores.orchard.currency: missing" in result.stderr


def test_config_changes_a_line_and_refuses_a_mistake(shop_command, made):
    done = shop_command("--config", made, "config", "set", "stores.orchard.name", "新果园")
    assert done.stdout.strip() == 'stores.orchard.name: "果园" -> "新果园"'
    refused = shop_command("--config", made, "config", "set", "shop.workers", "0")
    assert refused.exit_code == 2
    assert "shop.workers: must be from 1 to 64" in refused.stderr
    assert config.load(made).workers == 2
    shop_command("--config", made, "config", "set", "shop.workers", "3")
    gone = shop_command("--config", made, "config", "unset", "shop.workers")
    assert gone.stdout.strip() == "shop.workers: 3 -> (not set)"


def test_secrets_are_long_and_never_the_same(shop_command):
    one, two = (shop_command("secret").stdout.strip() for _ in range(2))
    assert one != two
    assert len(one) == len(two) == 64


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def demo(folder, port):
    """The demo in a process of its own, and its words up to the ready line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "shop.cli", "demo", "--dir", str(folder), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    words = []
    for line in process.stdout:
        words.append(line)
        if line.startswith("ready: "):
            return process, "".join(words)
    raise AssertionError("".join(words))


def test_a_port_that_is_taken_is_told_before_anything_is_made(shop_command, made, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo = shop_command("demo", "--dir", tmp_path / "demo", "--port", port)
        shop_command("--config", made, "db", "migrate")
        served = shop_command("--config", made, "serve", "--port", port)
    for result in (demo, served):
        assert result.exit_code == 1
        assert f"cannot listen at 127.0.0.1:{port}: Address already in use" in result.stderr
    assert not (tmp_path / "demo").exists()
    assert not (made.parent / "metrics").exists()
    assert shop_command("demo", "--dir", tmp_path / "demo", "--host", "192.0.2.1").exit_code == 1


@pytest.mark.slow
def test_the_demo_is_made_once_served_and_stopped_cleanly(tmp_path):
    tokens = set()
    for port in (free_port(), free_port()):
        began = time.monotonic()
        process, words = demo(tmp_path / "demo", port)
        started = time.monotonic() - began
        try:
            keys = json.loads((tmp_path / "demo" / "keys.json").read_text())
            assert keys["url"] == f"http://127.0.0.1:{port}"
            assert words.endswith(f"ready: {keys['url']}\n")
            assert keys["owner_token"] in words
            assert len(keys["customers"]) == 3
            tokens.add((keys["owner_token"], keys["clerk_token"]))
            base = f"{keys['url']}/api/v1/{keys['store']}"
            with urlopen(f"{base}/products?limit=100") as answer:
                products = json.load(answer)["items"]
            assert len(products) >= 40
            with urlopen(f"{base}/pickup-points") as answer:
                points = json.load(answer)["items"]
            assert len(points) == 2
            assert all(point["windows"] for point in points)
            with urlopen(keys["url"] + products[0]["images"][0]["src"]) as answer:
                assert answer.headers["Content-Type"].startswith("image/svg")
        finally:
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            assert process.wait(PATIENCE) == 0
            process.stdout.close()
        assert time.monotonic() - began < max(20, 5 * started)
    assert len(tokens) == 1
    for name in (".env", "keys.json"):
        assert (tmp_path / "demo" / name).stat().st_mode & 0o777 == 0o600
    assert re.search(r'mode = "demo"', (tmp_path / "demo" / "shop.toml").read_text("utf-8"))
