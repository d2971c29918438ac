"""Imports run one way only, as pyproject.toml says, and docs/architecture.md says where things are."""

import re
import subprocess
import sys
from pathlib import Path

from shop import ROOMS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")


def test_imports_run_one_way():
    """In a process of its own: the tool sets up logging for itself and silences ours."""
    linter = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


def test_the_page_of_the_architecture_names_every_folder_and_file_at_the_root():
    folders = {path.parent.name for path in (ROOT / "shop").glob("*/__init__.py")}
    assert folders >= set(ROOMS)
    assert folders <= set(re.findall(r"`shop/(\w+)/`", PAGE))
    root = PAGE.partition("The files at the root")[2].partition("\n\n")[0]
    files = {path.stem for path in (ROOT / "shop").glob("*.py")} - {"__init__"}
    assert set(re.findall(r"`(\w+)`", root)) == files


def test_every_file_that_the_page_of_the_architecture_names_is_there():
    named = re.findall(r"(?:shop|docs)/[\w/.]+\w/?", PAGE)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []
