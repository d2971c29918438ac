"""docs/operations.md names commands, keys and paths that exist."""

import re
from pathlib import Path

import click
import pytest

from shop import config
from shop.cli import main

PAGE = (Path(__file__).parent.parent / "docs" / "operations.md").read_text("utf-8")
KEYS = {
    "shop": "[shop]",
    "shop.limits": "[shop.limits]",
    "stores.<code>": "[stores.CODE]",
    "stores.<code>.orders": "[stores.CODE.orders]",
}


@pytest.mark.parametrize(
    "words", sorted(set(re.findall(r"^\$ shop (.+)$|`shop ([^`]+)`", PAGE, re.M)))
)
def test_every_command_exists_with_its_options(words):
    at: click.Command = main
    for word in "".join(words).split():
        if isinstance(at, click.Group):
            assert word in at.commands, word
            at = at.commands[word]
        elif word.startswith("--"):
            assert any(word in parameter.opts for parameter in at.params), word


@pytest.mark.parametrize("table, title", KEYS.items())
def test_every_key_is_explained_in_its_table(table, title):
    section = PAGE.split(f"### {title}\n")[1].split("\n### ")[0]
    cells = re.findall(r"^\| (`.+?) \|", section, re.M)
    assert set(re.findall(r"`(\w+)`", " ".join(cells))) == set(config.known_keys()[table])


@pytest.mark.sqlite_only
@pytest.mark.parametrize("path", re.findall(r"^\| `(/\w+)` \|", PAGE, re.M))
def test_every_path_answers(client, path):
    assert client.get(path).status_code == 200
