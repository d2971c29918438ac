"""The small libraries of this folder that are loaded before the C library."""

import shutil
import subprocess
from pathlib import Path

import pytest


def library(name, folder):
    """`<name>.c` of this folder, made in `folder`."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip(f"no C compiler: {name}.c cannot be made")
    made, source = folder / f"{name}.so", Path(__file__).with_name(f"{name}.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True)
    return str(made)
