"""The docs say what the code does."""

import inspect
import re
from pathlib import Path

import pytest

from shop.hooks import Hooks
from shop.registry import StorePlugins

DOCS = Path(__file__).parent.parent / "docs"
HOOKS = {name: hook for name, hook in vars(Hooks).items() if not name.startswith("_")}


def sections(page):
    """{title: text} of the second-level headings."""
    parts = re.split(r"^## (.+)$", page.read_text("utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_hook_has_its_section_and_no_section_is_left_over():
    assert list(sections(DOCS / "hooks.md")) == list(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hooks_section_begins_with_its_exact_signature(name):
    signature = inspect.signature(HOOKS[name])
    arguments = [argument for argument in signature.parameters if argument != "self"]
    expected = f"`{name}({', '.join(arguments)}) -> {signature.return_annotation}`"
    assert sections(DOCS / "hooks.md")[name].strip().splitlines()[0] == expected


def blocks(page):
    return re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), flags=re.M | re.S)


def test_the_example_of_the_hooks_page_is_a_plugin_that_loads():
    [block] = blocks(DOCS / "hooks.md")
    space: dict = {}
    exec(block, space)
    plugins = StorePlugins([space["HappyHour"]()])
    assert [name for name, _ in plugins.calls("price_lines")] == ["happy_hour"]
