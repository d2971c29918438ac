"""Commands of plugins stand beside the core's."""

import pytest
from click.testing import CliRunner

from shop import db
from shop.cli import main

COMMANDS = '''
import click
from shop.cli.base import guarded, open_instance, store_option

@click.group("cli-greeter")
def group():
    """Greets."""

@group.command()
@store_option
@click.pass_context
@guarded
def hello(context, store):
    """Says hello."""
    click.echo(f"hello from {open_instance(context).context(store).store.name}")
'''
PLUGIN = """
from shop.plugin import Plugin
from .cli import group

class Greeter(Plugin):
    name, commands = "cli_greeter", (group,)
"""


@pytest.fixture
def shop_toml(tmp_path):
    made = CliRunner().invoke(main, ["init", str(tmp_path / "shop"), "--name", "果园"])
    assert made.exit_code == 0
    path = tmp_path / "shop" / "shop.toml"
    (path.parent / "mine" / "cli_greeter").mkdir(parents=True)
    (path.parent / "mine" / "cli_greeter" / "plugin.py").write_text(PLUGIN, "utf-8")
    (path.parent / "mine" / "cli_greeter" / "cli.py").write_text(COMMANDS, "utf-8")
    text = path.read_text("utf-8").replace("[shop]", '[shop]\nplugins = ["mine"]')
    path.write_text(text, "utf-8")
    yield path
    if db.database.obj is not None:
        db.database.close()


def run(path, *words):
    return CliRunner().invoke(main, ["--config", str(path), *words])


def test_a_command_of_a_plugin_is_listed_and_runs_in_its_store(shop_toml):
    listed = run(shop_toml, "--help").stdout
    assert listed.index("worker") < listed.index("cli-greeter")
    assert run(shop_toml, "cli-greeter", "hello").stdout == "hello from 果园\n"


def test_where_there_is_no_shop_there_are_no_commands_of_plugins(tmp_path):
    assert "cli-greeter" not in run(tmp_path / "none.toml", "--help").stdout
    missing = run(tmp_path / "none.toml", "cli-greeter", "hello")
    assert (missing.exit_code, "No such command" in missing.stderr) == (2, True)


def test_a_plugin_that_is_broken_leaves_the_commands_of_the_core(shop_toml):
    (shop_toml.parent / "mine" / "cli_greeter" / "plugin.py").write_text("1 / 0", "utf-8")
    assert "worker" in run(shop_toml, "--help").stdout
