"""The pages of the docs as tests use them: their blocks, and a place where their commands run."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.tools.waiting import PATIENCE, wait_for

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md"))]
ADDRESS = "127.0.0.1:8000"
"""where the pages say that the shop is"""
NOT_RUN = {
    "make demo": ".ci/run runs it in a fresh clone, twice, buys there, and runs make test",
    "make .venv/.installed": ".ci/run installs this way in a fresh clone",
    "git pull": "needs a newer version to pull",
    "createdb shop": "makes a database of that name; every test with a shop runs on PostgreSQL",
}
"""Blocks of commands that no test runs, by the start of their first line, and why."""


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), flags=re.M | re.S)


def fences(page: Path) -> list[tuple[str, str]]:
    """(language, text) of every fenced block, in order."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text_of(page), flags=re.M | re.S)


def taken_away() -> list[str]:
    """Plugins that came along, and whose folder was removed."""
    known = re.findall(r"\(plugins/(\w+)/README\.md\)", text_of(ROOT / "README.md"))
    return [name for name in known if not (ROOT / "plugins" / name).exists()]


def is_run(block: str) -> bool:
    named = re.findall(r"^shop plugins \w+ (\w+)", block, flags=re.M)
    if any(name in taken_away() for name in named):
        return False
    return not any(block.startswith(start) for start in NOT_RUN)


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text_of(page), flags=re.M | re.S)


def sections(page: Path, level: str = "##") -> dict[str, str]:
    """{title: text} of the headings of a level."""
    parts = re.split(rf"^{level} (.+)$", text_of(page), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def run_python(page: Path) -> dict[str, Any]:
    """What the Python of a page defines: its blocks are one module, from top to bottom."""
    space: dict[str, Any] = {"__name__": f"page_{page.stem}"}
    for block in blocks(page, "python"):
        exec(block, space)
    return space


def table(text: str) -> list[list[str]]:
    """The cells of the first table in a text, without its head."""
    found = re.search(r"(?:^\|.*\n?)+", text, flags=re.M)
    rows = found[0].splitlines() if found else []
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


class Desk:
    """A folder where the commands of a page run as they stand: `.venv/bin/shop` and `shop` are
    the ones under test, and the shop's address is a port of this desk."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        (folder / ".venv").symlink_to(sys.prefix)
        with socket.socket() as free:
            free.bind(("127.0.0.1", port))
            self.port = free.getsockname()[1]
        path = f"{sys.prefix}/bin:{os.environ['PATH']}"
        self.env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "PORT": f"{self.port}"}

    def run(self, script: str, seconds: float = 5 * PATIENCE) -> str:
        """What bash says to a script that succeeds to its last command."""
        script = script.replace(ADDRESS, f"127.0.0.1:{self.port}")
        with subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as shell:
            try:
                said, _ = shell.communicate(timeout=seconds)
            except BaseException:
                os.killpg(shell.pid, signal.SIGKILL)  # with the servers that it began
                raise
        assert shell.returncode == 0, f"it ended with {shell.returncode}:\n{said}"
        return said


class Demo(Desk):
    """A desk with a running demo in var/demo, as after `make demo`; its output is demo.log."""

    def __enter__(self) -> "Demo":
        with (self.folder / "demo.log").open("wb") as log:
            command = [sys.executable, "-m", "shop.cli", "demo", "--port", str(self.port)]
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self.env, stdout=log, stderr=log
            )
        wait_for(lambda: "ready: " in self.output() or self.process.poll() is not None, self.output)
        assert self.process.poll() is None, self.output()
        return self

    def output(self) -> str:
        return (self.folder / "demo.log").read_text("utf-8", "replace")

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
