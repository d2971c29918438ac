"""`shop plugins new` writes a plugin that works, in a folder or as a package of its own."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from shop import scaffolding
from shop.errors import ShopError
from tests.tools.waiting import PATIENCE

ROOT = Path(__file__).parent.parent
LONG = "a_rather_long_name_x"


def run(folder, *words, path=""):
    """What a command said in `folder`, where nothing but Minishop is installed."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (path, str(ROOT))))}
    env.pop("SHOP_CONFIG", None)
    command = [sys.executable, "-m", *words]
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=5 * PATIENCE
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shop(folder, *words, path=""):
    return run(folder, "shop.cli", *words, path=path)


# -- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, why",
    [
        ("Gift", "a-z"),
        ("gift-wrap", "a-z"),
        ("gift__wrap", "a-z"),
        ("_gift", "a-z"),
        ("2gift", "a-z"),
        ("g", "2-32"),
        ("g" * 33, "2-32"),
        ("../gift", "a-z"),
        ("lambda", "Python"),
        ("match", "Python"),
        ("core", "core's"),
        ("orders", "core's"),
        ("admin", "core's"),
        ("stock", "core's"),
        ("products", "core's"),
    ],
)
def test_a_name_that_cannot_be_a_plugins_is_refused(tmp_path, name, why):
    with pytest.raises(ShopError, match=why):
        scaffolding.create(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path):
    scaffolding.create("gift_wrap", tmp_path)
    (tmp_path / "gift_wrap" / "plugin.py").write_text("mine")
    with pytest.raises(ShopError, match="there already"):
        scaffolding.create("gift_wrap", tmp_path)
    assert (tmp_path / "gift_wrap" / "plugin.py").read_text() == "mine"


def test_nothing_of_the_scaffolds_name_is_left(tmp_path):
    for path in scaffolding.create("gift_wrap", tmp_path, package=True):
        text = f"{path.relative_to(tmp_path)} {path.read_text('utf-8')}".lower()
        assert not [word for word in ("your_plugin", "your-plugin", "yourplugin") if word in text]


@pytest.mark.parametrize("name", ["ab", LONG])
def test_what_is_written_is_clean(tmp_path, name):
    scaffolding.create(name, tmp_path)
    chosen = "E,F,W,UP,B,C4,SIM,RUF,PT,PERF,RET"
    ignored = "E501,RUF001,RUF002,RUF003,RUF012,RET505"
    style = ("--isolated", "--line-length", "100")
    run(tmp_path, "ruff", "check", *style, "--select", chosen, "--ignore", ignored, name)
    run(tmp_path, "ruff", "format", *style, "--check", name)


@pytest.mark.slow
def test_what_is_written_has_sound_types(tmp_path):
    scaffolding.create("gift_wrap", tmp_path)
    (tmp_path / "gift_wrap" / "__init__.py").touch()
    options = ("--ignore-missing-imports", "--check-untyped-defs", "--exclude", "tests|migrations")
    run(tmp_path, "mypy", *options, "gift_wrap", path=str(ROOT))


# -- in a folder -----------------------------------------------------------------------------


def test_the_tests_of_several_plugins_run_in_an_owners_folder(tmp_path):
    """With no configuration and no conftest, one rule of each; test_contract_of_plugins tries the
    rest."""
    for name in ("gift_wrap", "thank_you"):
        scaffolding.create(name, tmp_path / "plugins")
    few = ("-k", "small_order", "-p", "no:cacheprovider")
    said = run(tmp_path, "pytest", "-q", "-W", "error", *few)
    assert " passed" in said
    for name in ("gift_wrap", "thank_you"):
        assert (tmp_path / "plugins" / name / "plugin.py").is_file()


@pytest.mark.slow
def test_all_tests_of_a_new_plugin_pass(tmp_path):
    scaffolding.create(LONG, tmp_path / "plugins")
    assert " passed" in run(tmp_path, "pytest", "-q", "-W", "error", f"plugins/{LONG}")


@pytest.mark.slow
def test_a_new_plugin_is_switched_on_and_serves(tmp_path):
    shop(tmp_path, "init", ".", "--store", "orchard")
    said = shop(tmp_path, "plugins", "new", "gift_wrap")
    steps = re.findall(r"^  \d\. shop (.*)$", said, re.M)
    assert steps == [
        "config set shop.plugins '[\"plugins\"]'",
        "plugins enable gift_wrap --migrate",
    ]
    for step in steps:
        shop(tmp_path, *shlex.split(step))
    shop(tmp_path, "check")
    assert served(tmp_path, "/gift-wrap/rule")["free_from"] == 3000


def served(folder, address, path=""):
    """What a server on the shop of `folder` answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (path, str(ROOT))))}
    command = [sys.executable, "-m", "shop.cli", "serve", "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            assert server.poll() is None, (folder / "server.log").read_text()
            assert time.monotonic() < deadline, (folder / "server.log").read_text()
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/orchard{address}")
                assert answer.status_code == 200, answer.text
                return answer.json()
            except httpx.TransportError:
                time.sleep(0.1)
    finally:
        server.terminate()
        server.wait(PATIENCE)


# -- as a package ----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_plugin_that_is_a_package_is_found_by_its_entry_point(tmp_path):
    site, owner = tmp_path / "site", tmp_path / "owner"
    owner.mkdir()
    shop(tmp_path, "plugins", "new", "gift_wrap", "--dir", "source", "--package")
    run(
        tmp_path, "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index",
        "--no-build-isolation", "--no-deps", "--target", str(site), "source/gift_wrap",
    )  # fmt: skip
    assert not (owner / "plugins").exists()
    shop(owner, "init", ".", "--store", "orchard", path=str(site))
    shop(owner, "plugins", "enable", "gift_wrap", path=str(site))
    shop(owner, "db", "migrate", path=str(site))
    assert served(owner, "/gift-wrap/rule", path=str(site))["fee"] == 300
    code = (
        "import json, pathlib; from shop import config; from shop.loading import discovery;"
        "found = discovery.find(config.load(pathlib.Path('shop.toml')));"
        "print(json.dumps([found.origin['gift_wrap'], sorted(found.broken)]))"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(site), str(ROOT)))}
    said = subprocess.check_output([sys.executable, "-c", code], cwd=owner, env=env)
    origin, broken = json.loads(said)
    assert origin.startswith("package ")
    assert broken == []
    tests = site / "shop_plugins" / "gift_wrap"
    few = ("-k", "small_order", "-p", "no:cacheprovider")
    assert " passed" in run(owner, "pytest", "-q", "-W", "error", *few, str(tests), path=str(site))
