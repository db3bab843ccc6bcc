"""What a run of the benchmarks found: one table for a person, one JSON file for a program."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table


class Result(msgspec.Struct, frozen=True):
    """One figure. `ok`: it is at most `target`; both None where nothing was promised."""

    name: str
    value: float
    unit: str
    target: float | None = None
    ok: bool | None = None


class Report:
    """Collects results, notes on what was left out, and failures: what makes the run itself worthless."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.notes: list[str] = []
        self.failures: list[str] = []

    def add(self, name: str, value: float, unit: str, target: float | None = None) -> None:
        """One figure, kept to four digits; `target` is the most that is promised."""
        rounded = float(f"{value:.4g}")
        self.results.append(Result(name, rounded, unit, target, None if target is None else value <= target))

    def add_percentiles(
        self, name: str, values: Sequence[float], unit: str, targets: tuple[float, float] | None = None
    ) -> None:
        """Median and 99th percentile of `values`; `targets` in that order."""
        p50, p99 = targets or (None, None)
        self.add(f"{name}, p50", percentile(values, 50), unit, p50)
        self.add(f"{name}, p99", percentile(values, 99), unit, p99)

    def add_lost(self, name: str, sent: int, arrived: int) -> None:
        """How many of `sent` did not arrive; any at all fails the run, and so does nothing sent."""
        self.add(name, sent - arrived, f"lost of {sent:,}", 0)
        if sent != arrived or sent == 0:
            self.fail(name, f"{sent} sent, {arrived} arrived")

    def note(self, text: str) -> None:
        """Something a reader of the figures should know; said once."""
        if text not in self.notes:
            self.notes.append(text)

    def fail(self, name: str, why: str) -> None:
        """This benchmark does not count."""
        self.failures.append(f"{name}: {why}")

    def write(self, path: Path) -> None:
        """All figures as a JSON list."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self.results), indent=1) + b"\n")

    def show(self, console: Console) -> None:
        """The table, then what is missing from it, then what failed."""
        console.print(self._table())
        for note in self.notes:
            console.print(note, style="dim", highlight=False)
        missed = [each.name for each in self.results if each.ok is False]
        if missed:
            console.print(f"{len(missed)} over target: {'; '.join(missed)}", style="yellow", highlight=False)
        for failure in self.failures:
            console.print(f"FAILED {failure}", style="bold red", highlight=False)

    def _table(self) -> Table:
        table = Table("benchmark")
        for heading in ("measured", "unit", "target", ""):
            table.add_column(heading, justify="left" if heading == "unit" else "right", no_wrap=True)
        for each in self.results:
            target = "" if each.target is None else f"<= {each.target:g}"
            verdict = {None: "", True: "[green]ok[/]", False: "[bold red]OVER[/]"}[each.ok]
            table.add_row(each.name, f"{each.value:,g}", each.unit, target, verdict)
        return table


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of `values` that at least `percent` % of them do not exceed; NaN of none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]
