"""Which plugins there are in a test run: the bundled, the installed, and those whose tests run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shop.loading import discovery


def search() -> None:
    """Make `import shop_plugins.<name>` work before any shop was opened."""
    discovery.namespace()


def pytest_collect_file(file_path: Path, parent: Any) -> None:
    """A test inside a plugin's folder: the plugin can be imported from now on."""
    if not file_path.name.startswith("test_"):
        return
    for folder in file_path.parents[:3]:
        if (folder / "plugin.py").is_file():
            if folder.parent not in discovery.under_test:
                discovery.under_test.append(folder.parent)
                discovery.namespace()
            return
