"""Whose turn it is to write to a SQLite file.

SQLite lets one writer in; the others sleep and look again, ever longer, so that the slowest wait
for many who came after them. Writers queue here first: threads of a process for a lock, processes
for an flock. Nothing rests on it: where there is no flock, SQLite sorts the writers as before.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
import weakref


class WriterLock:
    """`path` is a file of its own: closing another descriptor of the database would drop SQLite's
    locks. A process that ends, however it ends, gives its turn back."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._threads = threading.Lock()
        self._mine = threading.local()
        self._file = -1

    def take(self, seconds: float) -> bool:
        """Wait for the turn; False if others keep it for longer than `seconds`."""
        deadline = time.monotonic() + seconds
        if not self._threads.acquire(timeout=seconds):
            return False
        if not self._of_processes(deadline):
            self._threads.release()
            return False
        self._mine.held = True
        return True

    def _of_processes(self, deadline: float) -> bool:
        """One thread a process looks here every millisecond, so that nobody waits for ever
        behind a process that hangs in the middle of its write."""
        while True:
            try:
                fcntl.flock(self._opened(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.001)
            except OSError:
                return True
            else:
                return True

    def give(self) -> None:
        """Let the next one write; nothing if this thread has no turn."""
        if not getattr(self._mine, "held", False):
            return
        self._mine.held = False
        if self._file >= 0:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def _opened(self) -> int:
        """Opened by the first writer, hence after the fork: a descriptor that is inherited would
        be one turn for two processes."""
        if self._file < 0:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            weakref.finalize(self, os.close, self._file)
        return self._file
