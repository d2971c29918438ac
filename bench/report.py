"""The figures of a run: ratios only, since times say more of the machine than of the shop."""

from __future__ import annotations

import json
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

HEAD = ("workload", "x hello", "spread", "target", "met", "p50", "p99", "p99/p50")
SATURATED = 0.9
"""From this share of its core on, the generator may have been the slower of the two."""


@dataclass
class Figures:
    """One workload against the hello of the same rounds; p50 and p99 are in hello's p50."""

    workload: Workload
    ratios: list[float] = field(default_factory=list)
    p50s: list[float] = field(default_factory=list)
    p99s: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    answers: int = 0
    busy: float = 0.0

    def add(self, hello: Sample, own: Sample) -> None:
        for sample in (hello, own):
            for what, count in sample.errors.items():
                self.errors[what] = self.errors.get(what, 0) + count
        if hello.times and own.times:
            base = hello.quantile(0.5)
            self.ratios.append(own.rate / hello.rate)
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
        return self.ratio >= workload.target and self.tail <= (workload.tail or self.tail)

    def cells(self) -> list[str]:
        workload = self.workload
        target = "" if workload.target is None else f">= {workload.target}"
        target += f", p99 <= {workload.tail:g} p50" if workload.tail else ""
        return [
            workload.name + (" *" if self.busy >= SATURATED else ""),
            f"{self.ratio:.2f}",
            f"{min(self.ratios):.2f} - {max(self.ratios):.2f}",
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


def write(folder: Path, figures: list[Figures], title: str, facts: dict[str, Any]) -> None:
    """Its section of results.md, and a line more in results.jsonl."""
    put(folder, "shop", markdown(figures, title))
    line = facts | {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
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
    }
    with (folder / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


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
