"""What ends the reading of a file."""

from __future__ import annotations

from typing import Any


class Unreadable(Exception):
    """The file cannot be read from this line on; why is a code with facts."""

    def __init__(self, line: int, code: str, /, **facts: Any) -> None:
        self.line, self.code, self.facts = line, code, facts
        super().__init__(code)
