"""A version that all processes of a machine share, so that each sees when its cached data is stale.

It is read and written by calls, not through a mapping: a write to a mapped page for which a full
disk has no room ends the process, a write call only fails.
"""

from __future__ import annotations

import os
import secrets
import weakref
from contextlib import suppress
from pathlib import Path

SIZE = 8


class SharedVersion:
    """Eight bytes of a file, other ones after each `ring`: random, so that two who ring at once need
    not agree. Without a file, or where none can be written, only this process sees them."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._own = secrets.token_bytes(SIZE)
        self._file: int | None = None

    def read(self) -> bytes:
        file = self._opened()
        if file >= 0:
            with suppress(OSError):
                return self._own + os.pread(file, SIZE, 0)
        return self._own

    def ring(self) -> None:
        self._own = secrets.token_bytes(SIZE)
        file = self._opened()
        if file >= 0:
            with suppress(OSError):
                os.pwrite(file, self._own, 0)

    def _opened(self) -> int:
        """The file's descriptor; -1 without one. Bytes that were written once have their place on
        the disk, so that a ring needs no room."""
        if self._file is None:
            self._file = -1
            if self.path is not None:
                with suppress(OSError):
                    self._file = self._open(self.path)
        return self._file

    def _open(self, path: Path) -> int:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        weakref.finalize(self, os.close, file)
        if os.fstat(file).st_size < SIZE:
            with suppress(OSError):
                os.pwrite(file, secrets.token_bytes(SIZE), 0)
        return file
