"""What it costs to keep a record: rows a second, commits, trends and room on the disk, for both databases."""

from __future__ import annotations

import asyncio
import math
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import make_url, text

from kapmonitor.documents import Value
from kapmonitor.model import Quality, Waveform
from kapmonitor.storage import Record, engine
from tests.bench.options import Options
from tests.bench.report import Report
from tests.storage import postgres
from tests.storage.patient import START, Patient, moment

SESSIONS, SECONDS = 12, 600
QUICK_SESSIONS, QUICK_SECONDS = 2, 20
TREND_S = 4 * 3600
WAVE_HZ = 125.0
WAVES = (("oximeter-1", "pleth"), ("strap-1", "ecg"))
_TREND_MS, _MB, _PERCENT = 20.0, 3.0, 3.0


def record(options: Options, report: Report) -> None:
    """The same sessions in SQLite and, where Debian's server is installed, in PostgreSQL."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "record.db"
        asyncio.run(_measure("SQLite", f"sqlite+aiosqlite:///{path}", options, report))
    try:
        with postgres.server() as server:
            asyncio.run(_measure("PostgreSQL", server.database(), options, report))
    except pytest.skip.Exception as missing:
        report.note(f"record: {missing}")


async def _measure(name: str, url: str, options: Options, report: Report) -> None:
    sessions = QUICK_SESSIONS if options.quick else SESSIONS
    seconds = QUICK_SECONDS if options.quick else SECONDS
    async with Record.open(url) as kept:
        before = await _size(url)
        patients = [Patient(kept, room=f"room-{number}").session.id for number in range(sessions)]
        await kept.durable(60)
        commits, cpu_s = await _written(kept, patients, seconds)
    room = (await _size(url) - before) / 1e6 / (sessions * seconds / 3600)
    async with Record.open(url) as kept:
        trend_ms = await _trend(kept, QUICK_SECONDS if options.quick else TREND_S)
    rows = sessions * seconds * (1 + len(WAVES))
    waves = f"{sessions} sessions, two {WAVE_HZ:g} Hz waveforms each"
    report.add(f"record, {name}: rows, sustained", rows / (sum(commits) / 1000), "rows/s")
    report.add_percentiles(f"record, {name}: commit of a second, {waves}", commits, "ms")
    report.add(f"record, {name}: CPU of writing, {waves}", 100 * cpu_s / seconds, "% of a core", _PERCENT)
    report.add(f"record, {name}: room, two {WAVE_HZ:g} Hz waveforms", room, "MB/session-hour", _MB)
    report.add(f"record, {name}: 4 h of one channel as a trend, CPU", trend_ms, "ms", _TREND_MS)


async def _written(kept: Record, patients: list[str], seconds: int) -> tuple[list[float], float]:
    """Each second of all sessions written at once: milliseconds of each commit, CPU seconds of all."""
    commits: list[float] = []
    before = time.process_time()
    for second in range(seconds):
        began = time.perf_counter()
        now = moment(second)
        for place, name in enumerate(patients):
            for device, quantity in WAVES:
                kept.wave(name, device, Waveform(quantity, _pulse(second, place), WAVE_HZ), now)
            kept.vitals(name, _values(second, place), now)
        if not await kept.durable(60):
            raise RuntimeError(f"not durable within a minute: {kept.problems()}")
        commits.append(1000 * (time.perf_counter() - began))
    return commits, time.process_time() - before


async def _trend(kept: Record, seconds: int) -> float:
    """Milliseconds of CPU of one look at `seconds` of a session: the least of five."""
    name = Patient(kept, room="another").session.id
    for second in range(seconds):
        kept.vitals(name, _values(second, 0), moment(second))
        if second % 500 == 0:
            await kept.durable(60)
    await kept.durable(60)
    found: list[float] = []
    for _ in range(5):
        before = time.process_time()
        await kept.past.trend(name, "spo2", START, START + timedelta(seconds=seconds))
        found.append(1000 * (time.process_time() - before))
    return min(found)


async def _size(url: str) -> int:
    """Bytes on the disk; of a file with what is not in it yet."""
    parsed = make_url(url)
    path = engine.file_of(parsed)
    if path is not None:
        files = (path, path.with_name(f"{path.name}-wal"))
        return sum(each.stat().st_size for each in files if each.exists())
    there = engine.to_look(parsed)
    async with there.connect() as connection:
        size = int(
            (await connection.execute(text("select pg_database_size(current_database())"))).scalar_one()
        )
    await there.dispose()
    return size


def _values(second: int, place: int) -> dict[str, Value]:
    numbers = {
        "heart_rate": (70.0 + (second * 7 + place) % 5, "/min", "strap-1"),
        "pulse_rate": (70.0 + (second * 5 + place) % 4, "/min", "oximeter-1"),
        "spo2": (96.0 + second % 3, "%", "oximeter-1"),
        "perfusion_index": (4.0 + second % 9 / 10, "%", "oximeter-1"),
        "rr_interval": (850.0 + second * 13 % 40, "ms", "strap-1"),
    }
    return {
        name: Value(value=value + 0.3, raw=value, unit=unit, quality=Quality.VALID, device=device)
        for name, (value, unit, device) in numbers.items()
    }


def _pulse(second: int, place: int) -> list[float]:
    """A second of a wave with the noise that keeps it from being compressed to nothing."""
    return [
        float(round(500 * math.sin(7.5 * n / WAVE_HZ) + (n * 7919 + second * 104_729 + place) % 17))
        for n in range(int(WAVE_HZ))
    ]
