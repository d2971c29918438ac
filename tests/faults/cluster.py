"""A PostgreSQL server of a test's own, to be stopped, cut off and filled."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest


def _programs():
    """The folder of initdb and pg_ctl of the newest server that is installed; None if none is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))
    if found:
        return found[-1].parent
    here = shutil.which("initdb")
    return Path(here).resolve().parent if here else None


class Cluster:
    """`start()`, `stop("immediate")`; `url` is the address of its one database. `folder` may lie on
    a disk of the test's own."""

    def __init__(self, folder=None):
        programs = _programs()
        if programs is None:
            pytest.skip("no PostgreSQL server is installed whose data could be a test's own")
        self._programs, self._made = programs, folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="minishop-"))
        self.data = self.folder / "data"
        self._as = []
        if os.getuid() == 0:  # the server refuses to run as root
            self._as = ["runuser", "-u", "postgres", "--"]
            shutil.chown(self.folder, "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._run("initdb", "-D", self.data, "-U", "shop", "-A", "trust", "-E", "UTF8", "-k", "-N")
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\n"
                f"unix_socket_directories = '{self.folder}'\nshared_buffers = 16MB\n"
                "min_wal_size = 32MB\nmax_wal_size = 32MB\n"
            )
        self.start()
        self.url = f"postgresql://shop@127.0.0.1:{self.port}/postgres"

    def start(self):
        self._run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "start")

    def stop(self, how="immediate"):
        self._run("pg_ctl", "-D", self.data, "-w", "-m", how, "stop")

    def end(self):
        if (self.data / "postmaster.pid").exists():
            self.stop()
        if self._made:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program, *words):
        subprocess.run(
            [*self._as, self._programs / program, *words],
            check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
