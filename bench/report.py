"""The figures of a run: ratios only, since times say more of the machine than of the shop."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

from bench.load import Sample
from bench.workloads import Workload

HEAD = ("workload", "x hello", "spread", "x wsgi", "target", "met", "p50", "p99", "p99/p50")
SATURATED = 0.9
"""From this share of its core on, the generator may have been the slower of the two."""


@dataclass
class Figures:
    """One workload against the hello of the same rounds, and the bare WSGI callable's where a target
    asks for it; p50 and p99 are in hello's p50."""

    workload: Workload
    ratios: list[float] = field(default_factory=list)
    of_wsgi: list[float] = field(default_factory=list)
    p50s: list[float] = field(default_factory=list)
    p99s: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    answers: int = 0
    busy: float = 0.0

    def add(self, hello: Sample, own: Sample, wsgi: Sample | None = None) -> None:
        for sample in (hello, own, wsgi or hello):
            for what, count in sample.errors.items():
                self.errors[what] = self.errors.get(what, 0) + count
        if hello.times and own.times:
            base = hello.quantile(0.5)
            self.ratios.append(own.rate / hello.rate)
            if wsgi:
                self.of_wsgi.append(own.rate / wsgi.rate)
            self.p50s.append(own.quantile(0.5) / base)
            self.p99s.append(own.quantile(0.99) / base)
            self.answers += len(own.times)
            self.busy = max(self.busy, own.busy)

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def tail(self) -> float:
        """p99 in the workload's own p50."""
        return median(self.p99s) / median(self.p50s)

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        workload = self.workload
        if workload.target is None:
            return None
        near = not self.of_wsgi or median(self.of_wsgi) >= (workload.of_wsgi or 0)
        even = workload.tail is None or self.tail <= workload.tail
        return self.ratio >= workload.target and near and even

    def cells(self) -> list[str]:
        workload = self.workload
        target = "" if workload.target is None else f">= {workload.target}"
        target += f", >= {workload.of_wsgi} wsgi" if workload.of_wsgi else ""
        target += f", p99 <= {workload.tail:g} p50" if workload.tail else ""
        return [
            workload.name + (" *" if self.busy >= SATURATED else ""),
            f"{self.ratio:.2f}",
            f"{min(self.ratios):.2f} - {max(self.ratios):.2f}",
            f"{median(self.of_wsgi):.2f}" if self.of_wsgi else "",
            target,
            {None: "", True: "yes", False: "no"}[self.met],
            f"{median(self.p50s):.2f}",
            f"{median(self.p99s):.2f}",
            f"{self.tail:.1f}",
        ]


def table(figures: list[Figures], title: str) -> Table:
    made = Table(title=title, title_justify="left")
    for name in HEAD:
        made.add_column(name, no_wrap=name == HEAD[0])
    for item in figures:
        colour = {None: "", True: "green", False: "red"}[item.met]
        made.add_row(*item.cells(), style=colour)
    return made


def markdown(figures: list[Figures], title: str) -> str:
    lines = [f"# {title}", "", f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    lines += [f"| {' | '.join(item.cells())} |" for item in figures]
    lines += [
        "",
        "`x hello` is answers a second against a bare Flask view in the same round, the median of "
        "the rounds; p50 and p99 are in hello's p50. "
        f"{sum(item.answers for item in figures):,} answers, none of them an error.",
    ]
    if any(item.busy >= SATURATED for item in figures):
        lines.append("`*` the load generator's core was full: the shop may be faster.")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Fact:
    """A figure beside the table of workloads: `value` and the least and the greatest of the rounds,
    and the bound that it has to keep: at most, or with `least` at least."""

    name: str
    values: list[float]
    bound: float | None = None
    least: bool = False

    @property
    def value(self) -> float:
        return median(self.values)

    @property
    def met(self) -> bool | None:
        if self.bound is None:
            return None
        return self.value >= self.bound if self.least else self.value <= self.bound

    def cells(self) -> list[str]:
        bound = "" if self.bound is None else f"{'>=' if self.least else '<='} {self.bound:g}"
        spread = f"{min(self.values):.2f} - {max(self.values):.2f}" if len(self.values) > 1 else ""
        met = {None: "", True: "yes", False: "no"}[self.met]
        return [self.name, f"{self.value:.2f}", spread, bound, met]


def facts_markdown(facts: list[Fact], title: str, words: str) -> str:
    lines = [f"# {title}", "", "| figure | ratio | spread | bound | met |", f"|{'---|' * 5}"]
    return "\n".join([*lines, *(f"| {' | '.join(fact.cells())} |" for fact in facts), "", words])


def line(folder: Path, figures: list[Figures], facts: list[Fact], base: dict[str, Any]) -> None:
    """A line more in results.jsonl."""
    whole = base | {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {_processor()}",
        "workloads": {
            item.workload.name: {
                "ratio": round(item.ratio, 3),
                "low": round(min(item.ratios), 3),
                "high": round(max(item.ratios), 3),
                "p50": round(median(item.p50s), 2),
                "p99": round(median(item.p99s), 2),
                "answers": item.answers,
            }
            for item in figures
        },
        "facts": {fact.name: round(fact.value, 3) for fact in facts},
    }
    with (folder / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(whole, ensure_ascii=False) + "\n")


def _processor() -> str:
    """As the system names it."""
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor()


def put(folder: Path, name: str, section: str) -> None:
    """Write a section of results.md, in the place where it stood before, or last."""
    path = folder / "results.md"
    text = path.read_text("utf-8") if path.exists() else ""
    parts = re.split(r"^<!-- (.+) -->\n", text, flags=re.M)
    sections = dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
    sections[name] = section.strip()
    whole = "\n\n".join(f"<!-- {name} -->\n{part}" for name, part in sections.items())
    path.write_text(f"{whole}\n", "utf-8")


def commit(root: Path) -> str:
    """The commit measured, with `+` if the shop's files differ from it; empty outside git."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], capture_output=True, text=True, cwd=root)
        return done.stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "-s", "shop") else "")
