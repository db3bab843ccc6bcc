"""How often the alarm system cries wolf on a working day, and whether it misses anything."""

from __future__ import annotations

from tests.bench.options import Options
from tests.bench.report import Report
from tests.shift import day

HIGH_PER_ROOM_HOUR, MEDIUM_PER_ROOM_HOUR = 0.2, 1.0


def shift(options: Options, report: Report) -> None:
    """A scripted shift of 18 two-hour sessions with artefacts and 20 true events."""
    del options
    found = day()
    report.add("true events missed, of 20", len(found.missed), "events", 0)
    report.add("false high alarms", found.false["high"] / found.room_hours, "/room-hour", HIGH_PER_ROOM_HOUR)
    report.add(
        "false medium alarms", found.false["medium"] / found.room_hours, "/room-hour", MEDIUM_PER_ROOM_HOUR
    )
    report.add("false low alarms", found.false["low"] / found.room_hours, "/room-hour")
    report.add("pages, true and false", found.pages / found.room_hours, "/room-hour")
