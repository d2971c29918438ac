"""The machine: the shop, and a part for every plugin that brings one in `tests/together.py`."""

from importlib import import_module
from pathlib import Path

from tests.together.books import Books

PLUGINS = Path(__file__).parent.parent.parent / "plugins"


def parts():
    """{plugin: its class Together}: rules, invariants `holds_<plugin>`, options of a checkout
    `checkout_<plugin>`, what is there from the beginning `begin_<plugin>`, a row that is made and
    deleted, with its number, `gone_<plugin>`, what is true at the end
    `ends_<plugin>`, the `settings_<plugin>` it is switched on with, and what must have happened in
    many histories, `often_<plugin>`."""
    found = {}
    for path in sorted(PLUGINS.glob("*/tests/together.py")):
        name = path.parent.parent.name
        found[name] = import_module(f"shop_plugins.{name}.tests.together").Together
    return found


def machine(shop):
    kinds = tuple(parts().values())
    return type("Together", (*kinds, Books), {"shop": shop})
