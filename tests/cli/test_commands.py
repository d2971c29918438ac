"""Where each command stands, so that running one imports no other's file."""

import pkgutil
import subprocess
import sys
from importlib import import_module

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
