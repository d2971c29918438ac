"""Imports run one way only; the contract stands in pyproject.toml."""

import subprocess
import sys
from pathlib import Path


def test_imports_run_one_way():
    """In a process of its own: the tool sets up logging for itself and silences ours."""
    linter = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run(
        [linter, "--no-cache"], cwd=Path(__file__).parent.parent, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout
