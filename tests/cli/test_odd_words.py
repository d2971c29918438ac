"""Words that no command expects: each is told so in words of ours, and none ends in a traceback."""

import traceback

import click
import pytest
from click.testing import CliRunner

from shop import cli
from tests.cli.test_commands import commands

ODD = ("9" * 25, "💥")
MORE = (
    "x",
    ".",
    "0001-01-01",
    "",
    "-1",
    "9" * 5000,
    "no/../where",
    "9999-12-31T00:00:00Z",
    "<b>",
    "a=b",
    "1",
    "a" * 300,
)
SERVING = ("serve", "worker", "demo", "reload")
"""they do not end, or wait for one who does not"""


@pytest.fixture
def folder(tmp_path, monkeypatch, migrated):
    """A shop with every plugin on, migrated, to be spoilt."""
    monkeypatch.chdir(tmp_path)
    run("init", "own", "--store", "orchard")
    with (tmp_path / "own" / "shop.toml").open("a") as file:
        file.writelines(f"\n[stores.orchard.plugins.{name}]\n" for name in migrated)
    run("--config", "own/shop.toml", "db", "migrate")
    return tmp_path


def run(*words):
    return CliRunner().invoke(cli.main, words, input="n\n" * 5)


@pytest.mark.parametrize(
    "odd", [*ODD, *(pytest.param(odd, marks=pytest.mark.slow) for odd in MORE)], ids=range(14)
)
def test_no_command_ends_in_a_traceback(folder, migrated, odd):
    bundled = [command for plugin in migrated.values() for command in plugin.commands]
    found = [*commands(cli.main), *(pair for one in bundled for pair in commands(one, (one.name,)))]
    config = folder / "own" / "shop.toml"
    text = config.read_text("utf-8")
    for words, command in found:
        if words[0] in SERVING:
            continue
        given = [
            part
            for option in command.params
            if isinstance(option, click.Option) and not option.is_flag and option.name != "store"
            for part in (option.opts[0], odd)
        ]
        arguments = [odd for it in command.params if isinstance(it, click.Argument)]
        for options in ([], given):
            config.write_text(text, "utf-8")  # a command may have spoilt it
            done = run("--config", "own/shop.toml", *words, *options, "--", *arguments)
            told = "".join(traceback.format_exception(done.exception)) if done.exception else ""
            assert done.exception is None or isinstance(done.exception, SystemExit), told
