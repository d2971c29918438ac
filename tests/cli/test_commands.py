"""Where each command stands, so that running one imports no other's file."""

import pkgutil
import subprocess
import sys
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from shop import cli


def test_each_file_exports_the_commands_that_it_is_said_to():
    exported = {}
    for module in pkgutil.iter_modules(cli.__path__):
        if module.name != "__main__":
            found = getattr(import_module(f"shop.cli.{module.name}"), "commands", ())
            if found:
                exported[module.name] = tuple(sorted(command.name for command in found))
    assert exported == cli.FILES


@pytest.mark.parametrize("command", ["check", "jobs"])
def test_a_small_command_loads_no_server(command, tmp_path):
    code = f"""
import sys
from shop.cli import main
try:
    main(["--config", "none.toml", "{command}", "--help"])
finally:
    print("gunicorn" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.stdout.endswith("False\n"), run.stderr


def commands(command, words=()):
    if not isinstance(command, click.Group):
        yield words, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        if found is not None:
            yield from commands(found, (*words, name))


def test_the_help_lists_what_importing_every_command_would(tmp_path, migrated):
    assert CliRunner().invoke(cli.main, ["init", str(tmp_path / "own")]).exit_code == 0
    config = str(tmp_path / "own" / "shop.toml")
    listed = CliRunner().invoke(cli.main, ["--config", config, "--help"], terminal_width=200).stdout
    expected = [command for plugin in migrated.values() for command in plugin.commands]
    for file, names in cli.FILES.items():
        expected += import_module(f"shop.cli.{file}").commands
        assert set(names) == {command.name for command in expected[-len(names) :]}
    for command in expected:
        assert f"{command.name} " in listed
        assert " ".join(command.help.split()).partition(". ")[0] in listed


def test_help_imports_no_command(tmp_path):
    code = """
import sys
from shop.cli import main
try:
    main(["--help"])
finally:
    print(*{"peewee", "flask", "marshmallow", "rich"} & set(sys.modules), file=sys.stderr)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert ("Commands:" in run.stdout, run.stderr) == (True, "\n")


def test_no_command_takes_a_number_without_bounds(migrated):
    """One that a database cannot hold would end in a traceback."""
    bundled = [command for plugin in migrated.values() for command in plugin.commands]
    found = [*commands(cli.main), *(pair for one in bundled for pair in commands(one, (one.name,)))]
    assert len(found) > 60
    plain = [(words, it.name) for words, it_ in found for it in it_.params if it.type is click.INT]
    assert plain == []
