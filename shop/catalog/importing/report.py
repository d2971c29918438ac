"""What an import found and did, for a person at the console and for a program."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from shop import i18n
from shop.context import Context

MOST = 10_000
"""Findings of a kind that are listed; the rest are only counted, so that memory stays bounded."""


@dataclass
class Report:
    """`products` and `variants` count what the file holds without an error; `created`, `updated`
    and `unchanged` what becomes of the products, or would if the import were kept. `errors`,
    `skipped` (not sellable here, left out) and `notes` (taken in, but not just as it was written) list {line, column, handle, code, reason}; `left_off`
    counts those past the first 10,000. `applied` tells whether anything was kept. `pictures` counts
    those at other hosts that are fetched in the background, `pictures_failed` those that could not
    be fetched. `encoding` was `encoding_guessed` where only the text speaks for it; `candidates` are
    {encoding, sample} of a file that was refused for that. `titles` are some of the products',
    `columns` the header, `preview` the first ten rows, and `guess` {column: field} what the columns
    seem to be."""

    format: str = ""
    encoding: str = ""
    encoding_guessed: bool = False
    candidates: list[dict[str, str]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    preview: list[list[str]] = field(default_factory=list)
    guess: dict[str, str] = field(default_factory=dict)
    applied: bool = False
    dry_run: bool = False
    products: int = 0
    variants: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    pictures: int = 0
    pictures_failed: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    left_off: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Findings:
    """Writes into a report in the caller's language; knows the store that the file is read for."""

    def __init__(self, ctx: Context, report: Report, suffix_skus: bool = False) -> None:
        self.ctx, self.report, self.suffix_skus = ctx, report, suffix_skus
        self.currency, self.zone = ctx.store.currency, ZoneInfo(ctx.store.timezone)
        self.sku_title = "SKU"
        self._listed: set[tuple[Any, ...]] = set()
        self.failed = 0
        """errors so far, listed or not"""

    def error(self, line: int, column: str, code: str, /, of: str = "", **facts: Any) -> None:
        """`of` is the handle, or another name, of the product."""
        self.failed += 1
        if len(self.report.errors) < MOST:
            known = len(self._listed)
            self._listed.add((line, column, code, *facts.values()))
            if len(self._listed) == known:
                return
        self._put(self.report.errors, line, column, of, code, facts)

    def skip(self, line: int, column: str, code: str, /, of: str = "", **facts: Any) -> None:
        self._put(self.report.skipped, line, column, of, code, facts)

    def note(self, line: int, column: str, code: str, /, of: str = "", **facts: Any) -> None:
        self._put(self.report.notes, line, column, of, code, facts)

    def sort(self) -> None:
        """In the order of the file; variations are read apart from their products."""
        for found in (self.report.errors, self.report.skipped, self.report.notes):
            found.sort(key=lambda finding: int(finding["line"]))

    def _put(
        self, where: list[dict[str, Any]], line: int, column: str, of: str, code: str,
        facts: dict[str, Any],
    ) -> None:  # fmt: skip
        if len(where) >= MOST:
            self.report.left_off += 1
            return
        reason = i18n.say(code, self.ctx.locale, **facts)
        found = {"line": line, "column": column, "handle": of, "code": code, "reason": reason}
        where.append(found)
