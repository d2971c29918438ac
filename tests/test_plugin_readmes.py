"""The README of each bundled plugin names its settings with their defaults, and only commands and
addresses that there are; its blocks are read, and those in bash are run against a demo."""

import json
import re
import tomllib

import click
import pytest

from shop.cli import main
from shop.loading import discovery
from shop.testing.contract.sources import says
from tests.pages import ROOT, Demo, blocks, fences, prose, table, text_of

FOLDERS = sorted(path.parent for path in (ROOT / "plugins").glob("*/plugin.py"))
ELSEWHERE = {"sandbox_pay": "/control/"}
"""addresses of a process of the plugin's own"""
ADDRESS = re.compile(r"\b(GET|POST|PATCH|PUT|DELETE) (?:/api/v1/\w+)?(/[\w{}/.-]*)")
LINES = re.compile(r"^(?: {4}|\$ )?shop ([a-z].*)$", re.M)
"""a command on a line of its own"""


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request):
    return request.param


@pytest.fixture
def readme(folder):
    return folder / "README.md"


@pytest.fixture
def plugin(folder):
    discovery.namespace()
    return discovery.of_folder(folder)


def settings_of(readme):
    """{setting: what its row says of the default} of the table that begins with `Setting`."""
    [text] = re.findall(r"^\| Setting \|.*\n(?:\|.*\n?)+", text_of(readme), flags=re.M) or [""]
    return {row[0].strip("`"): row[1] for row in table(text)}


def test_every_setting_is_there_with_its_default_and_no_other(readme, plugin):
    fields = plugin.Settings().fields
    said = settings_of(readme)
    assert sorted(said) == sorted(fields)
    for name, field in fields.items():
        default = field.load_default() if callable(field.load_default) else field.load_default
        assert says(said[name], default), f"{name}: {said[name]}"


def test_every_command_is_there(readme, plugin):
    named = re.findall(r"`shop ([a-z][^`]*)`", prose(readme)) + LINES.findall(text_of(readme))
    own = {command.name: command for command in plugin.commands}
    for words in named:
        command, names = main, words.split()
        while names and isinstance(command, click.Group):
            if names[0] == "…":
                break
            name = names.pop(0)
            found = command.get_command(click.Context(command), name)
            command = found or (own.get(name) if command is main else None)
            assert command is not None, f"shop {words}"
        options = {name for option in command.params for name in option.opts}
        used = {name.partition("=")[0] for name in names if name.startswith("--")}
        assert used <= options, f"shop {words}"


def test_its_own_commands_are_mentioned(readme, plugin):
    for command in plugin.commands:
        assert f"shop {command.name}" in text_of(readme)


@pytest.mark.sqlite_only
def test_every_address_is_there(readme, folder, client):
    known = {
        f"{method.upper()} {nameless(path.removeprefix('/api/v1/{store}'))}"
        for path, methods in client.get("/api/v1/openapi.json").json["paths"].items()
        for method in methods
    }
    for method, path in ADDRESS.findall(text_of(readme)):
        if not path.startswith(ELSEWHERE.get(folder.name, "-")):
            assert f"{method} {nameless(path)}" in known, f"{method} {path}"


def nameless(path):
    """A path with its parameters, `{id}` or `NUMBER`, called nothing."""
    return re.sub(r"\{[^}]*\}|\b[A-Z]{2,}\b", "{}", path)


def test_its_blocks_can_be_read(readme, plugin):
    for language, block in fences(readme):
        if language == "json":
            json.loads(block)
        elif language == "python":
            compile(block, str(readme), "exec")
        elif language == "toml":
            for store in tomllib.loads(block)["stores"].values():
                plugin.Settings().load(store["plugins"][plugin.name])
        else:
            assert language in ("bash", "text", "")


def test_its_bash_runs_in_a_demo(readme, tmp_path):
    script = "".join(blocks(readme, "bash"))
    if script:
        with Demo(tmp_path) as demo:
            demo.env["SHOP_CONFIG"] = "var/demo/shop.toml"
            demo.run(script)


def test_every_link_leads_somewhere(readme):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", prose(readme)):
        assert target.startswith("http") or (readme.parent / target).exists(), target


def test_the_first_page_links_every_plugin():
    for page in ("README.md", "docs/owner.md"):
        for folder in FOLDERS:
            assert f"plugins/{folder.name}/README.md)" in text_of(ROOT / page), page
