"""A pytest plugin that plants one bug: `SHOP_SEEDED_BUG=<name> pytest -p tests.seeded.plant …`.

The module is changed as it is imported, in this process and in those that it starts with the
same plugin; no file is touched.
"""

import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path

from tests.seeded.bugs import bugs


class Sick(SourceFileLoader):
    """The source with the bug in it."""

    bug = None

    def get_data(self, path):
        data = super().get_data(path)
        return self.bug.plant(data.decode()).encode() if path.endswith(".py") else data

    def path_stats(self, path):
        raise OSError  # what was compiled before is not taken, and this is not kept


class Finder(MetaPathFinder):
    def __init__(self, bug):
        self.bug, self.file = bug, bug.path.resolve()

    def find_spec(self, name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or not spec.origin or Path(spec.origin).resolve() != self.file:
            return None
        spec.loader = Sick(name, spec.origin)
        spec.loader.bug = self.bug
        return spec


if name := os.environ.get("SHOP_SEEDED_BUG"):
    bug = bugs()[name]
    # pytest has imported some by now, as shop.testing is a plugin of its own.
    already = [
        module for module in list(sys.modules.values())
        if getattr(module, "__file__", None) and Path(module.__file__).resolve() == bug.path.resolve()
    ]  # fmt: skip
    sys.meta_path.insert(0, Finder(bug))
    for module in already:
        exec(compile(bug.plant(bug.path.read_text("utf-8")), module.__file__, "exec"), vars(module))
    from hypothesis import Phase, settings

    from shop.testing import chance  # only now: what it imports has the bug

    # That it fails is enough: nobody reads the smallest history.
    settings.register_profile(
        "seeded", settings.get_profile(chance.PROFILE), phases=[Phase.explicit, Phase.generate]
    )
    settings.load_profile("seeded")
