"""`python -m tests.bench`: measure, show a table, write bench.json.

Exit 0 even where a target is missed, since the machine may be to blame; 1 where a benchmark failed or lost
anything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from tests.bench.browser import browser
from tests.bench.decode import decode
from tests.bench.durable import durable
from tests.bench.monitors import monitors
from tests.bench.mqtt import mqtt
from tests.bench.options import Options
from tests.bench.oximeters import oximeters
from tests.bench.pages import pages
from tests.bench.record import record
from tests.bench.replaying import replaying
from tests.bench.report import Report
from tests.bench.screens import screens
from tests.bench.service import service
from tests.bench.shift import shift
from tests.bench.smooth import smoothing
from tests.bench.straps import straps

Benchmark = Callable[[Options, Report], None]

BENCHMARKS: dict[str, Benchmark] = {
    "decode": decode,
    "smoothing": smoothing,
    "monitors": monitors,
    "shift": shift,
    "oximeters": oximeters,
    "straps": straps,
    "mqtt": mqtt,
    "pages": pages,
    "durable": durable,
    "record": record,
    "replay": replaying,
    "service": service,
    "screens": screens,
    "browser": browser,
}
RESULTS = Path("bench.json")
_WIDTH = 120
"""Of a table that goes into a file."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what `arguments` ask for; the exit code."""
    asked = _parser().parse_args(arguments)
    sys.path += asked.peers  # behind everything else: it may hold other versions of what we use
    report, progress = Report(), Console(stderr=True)
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    options = Options(quick=asked.quick)
    for name in asked.only or BENCHMARKS:
        progress.print(f"measuring: {name}", style="dim")
        _run(name, options, report)
    report.show(console)
    report.write(RESULTS)
    console.print(f"written: {RESULTS}", highlight=False)
    return 1 if report.failures else 0


def _run(name: str, options: Options, report: Report) -> None:
    try:
        BENCHMARKS[name](options, report)
    except Exception as error:  # noqa: BLE001 - the others still count
        Console(stderr=True).print_exception()
        report.fail(name, f"{type(error).__name__}: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.bench", description="Measure, show, write bench.json.")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="this one; may be repeated")
    parser.add_argument("--quick", action="store_true", help="short and small: does it run, not how fast")
    parser.add_argument(
        "--peers", action="append", default=[], metavar="DIR", help="a folder with packages to compare with"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
