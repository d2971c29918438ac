"""Where each command stands, so that running one imports no other's file."""

import pkgutil
import subprocess
import sys
from importlib import import_module

import click
import pytest

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


def test_no_command_takes_a_number_without_bounds(migrated):
    """One that a database cannot hold would end in a traceback."""
    bundled = [command for plugin in migrated.values() for command in plugin.commands]
    found = [*commands(cli.main), *(pair for one in bundled for pair in commands(one, (one.name,)))]
    assert len(found) > 60
    plain = [(words, it.name) for words, it_ in found for it in it_.params if it.type is click.INT]
    assert plain == []
