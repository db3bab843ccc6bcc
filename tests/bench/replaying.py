"""A two-hour session with alarms, recorded by simulators, drivers and clinic, and played again."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from kapmonitor.commands.replay import driver_of
from kapmonitor.flight.file import Damage, read
from kapmonitor.flight.recorder import ALL_BYTES, Flight
from kapmonitor.flight.records import LinkRecord, Part, Record
from kapmonitor.flight.writer import Writer
from kapmonitor.replay import replay
from simulators.events import BodyEvent
from tests.bench.options import Options
from tests.bench.report import Report
from tests.flight.ward import EVENTS, Ward, recorded

SESSION_S = 7200
BEFORE_S = 50
"""Until somebody has seen the first alarm, in `recorded`."""
TARGET_S = 10.0
COURSE = (
    *EVENTS,
    BodyEvent(700, "tachycardia", 90, 145),
    BodyEvent(1500, "hypertension", 700, 190),
    BodyEvent(2400, "motion", 60, 0.8),
    BodyEvent(2900, "desaturation", 80, 79),
    BodyEvent(3600, "finger_off", 240),
    BodyEvent(4300, "bradycardia", 60, 42),
    BodyEvent(5000, "strap_gone", 90),
    BodyEvent(5600, "desaturation", 30, 87),
    BodyEvent(6300, "oximeter_silent", 60),
)
"""What happens to the patient, in seconds from the beginning."""


def replaying(options: Options, report: Report) -> None:
    """Record once, in virtual time; then replay, and record the same bytes again without the rest."""
    seconds = 150 if options.quick else SESSION_S
    with tempfile.TemporaryDirectory() as folder:
        path, told = recorded(Ward(Path(folder), COURSE), seconds - BEFORE_S)
        _replay(path, len(told), seconds, report)
        share = _recorder(path, Path(folder) / "again", seconds)
        report.add("flight recorder, one room: CPU", share, "% of a core")
        report.add("flight recorder, one room: room", path.stat().st_size / seconds * 3600 / 1e6, "MB/hour")


def _replay(path: Path, told: int, seconds: int, report: Report) -> None:
    data = path.read_bytes()
    began, cpu = time.perf_counter(), time.process_time()
    found = replay(data, path.name, driver_of)
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    name = f"replay: a session of {seconds:,} s with three devices"
    report.add(name, took, "s", TARGET_S)
    report.add(f"{name}, CPU", cpu, "s")
    other = sum(one != two for one, two in zip(found.then, found.now, strict=False))
    other += abs(len(found.then) - len(found.now))
    report.add("replay: alarm events that are not the recorded ones", other, f"of {told:,}", 0)
    if other or found.notes or len(found.then) != told or not told:
        report.fail("replay", f"{other} of {told} events differ; {found.notes}")


def _recorder(path: Path, folder: Path, seconds: int) -> float:
    """Percent of a core to keep what the recording has: packed, in blocks, compressed, on the disk."""
    records = [each for each in read(path.read_bytes()) if not isinstance(each, Damage)]
    writer = Writer(folder, ALL_BYTES)
    before = time.process_time()
    _keep(records, Flight("again", writer))
    writer.close()
    return 100 * (time.process_time() - before) / seconds


def _keep(records: Sequence[Record], flight: Flight) -> None:
    second = 0.0
    for each in records:
        if isinstance(each, Part):
            flight.begin(each)
            continue
        flight.put(each)
        if isinstance(each, LinkRecord) and each.at >= second + 1:
            second = each.at
            flight.second(second)
