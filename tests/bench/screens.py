"""A hundred open pages on the live feed, and pages that never read."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kapmonitor.web import create_app
from tests.bench.children import child
from tests.bench.options import Options
from tests.bench.readers import SESSION, STAMP, Read
from tests.bench.report import Report
from tests.bench.service import memory_mb
from tests.web.clinic import Clinic
from tests.web.conftest import access_of, running
from tests.web.test_feed import open_and_never_read

ROOMS, PAGES, QUICK_PAGES, SILENT = 12, 100, 5, 20
SECONDS, QUICK_SECONDS = 10.0, 1.0
FRAMES, QUICK_FRAMES = 5_000, 500
PIECE_S = 0.1
CPU_PERCENT, LATE_MS, MEMORY_MB = 10.0, 50.0, 1.0
WAVES = {"pleth": 60.0, "ecg": 130.0}


def screens(options: Options, report: Report) -> None:
    """What many pages cost, how soon they have a frame, and what one costs that takes nothing."""
    asyncio.run(_watched(options, report))
    asyncio.run(_never_read(options, report))


@asynccontextmanager
async def _clinic() -> AsyncIterator[tuple[Clinic, str, str]]:
    """Twelve rooms with a session each, the dashboard's address, and the cookie of a log-in."""
    clinic = Clinic(ROOMS)
    for n in range(1, ROOMS + 1):
        clinic.devices(n)
        clinic.open(n)
        clinic.vitals(n, spo2=97, heart_rate=72, pulse_rate=72)
    access = access_of("")
    async with running(create_app(clinic.feed, clinic.staff, access)) as url:
        yield clinic, url, access.begin("staff")


async def _watched(options: Options, report: Report) -> None:
    pages = QUICK_PAGES if options.quick else PAGES
    seconds = QUICK_SECONDS if options.quick else SECONDS
    async with _clinic() as (clinic, url, token), child("readers", url, f"kap={token}", pages) as readers:
        _stamp(clinic)
        await readers.hear(int)
        spent_s = await _cpu_s(clinic, seconds)
        readers.end()
        read = await readers.hear(Read)
    percent = 100 * spent_s / seconds
    name = f"{pages} pages, {read.frames / seconds / pages:.1f} frames a second each"
    report.add(f"{name}: processor of the service", percent, "% of a core", CPU_PERCENT)
    report.add_percentiles(f"{name}: frame made to page", read.late_ms, "ms", (LATE_MS, LATE_MS))


def _stamp(clinic: Clinic) -> None:
    """Have every frame say last when it was made: the feed gathers for 0.1 s, which is no delay."""
    send = clinic.feed._send_waves

    def stamped() -> None:
        clinic.feed.wave(SESSION, STAMP, [0.0], 1.0, time.monotonic())
        send()

    setattr(clinic.feed, "_send_waves", stamped)  # noqa: B010 - it is a method there


async def _cpu_s(clinic: Clinic, seconds: float) -> float:
    """Seconds of the processor in this process while the rooms' waveforms come in for `seconds`."""
    began, until = time.process_time(), time.monotonic() + seconds
    while time.monotonic() < until:
        for quantity, rate_hz in WAVES.items():
            piece = [0.5] * round(PIECE_S * rate_hz)
            for n in range(1, ROOMS + 1):
                clinic.feed.wave(f"s-{n}", quantity, piece, rate_hz, clinic.clock.now())
        await asyncio.sleep(PIECE_S)
    return time.process_time() - began


async def _never_read(options: Options, report: Report) -> None:
    """Twenty pages take nothing while eight minutes of frames are made, in fewer than their 20 s."""
    frames = QUICK_FRAMES if options.quick else FRAMES
    async with _clinic() as (clinic, url, token):
        silent = [await open_and_never_read(url, token) for _ in range(SILENT)]
        while len(clinic.feed.clients) < SILENT:
            await asyncio.sleep(0.01)
        await _frames(clinic, 200)  # until every buffer on the way is full
        before = memory_mb(os.getpid())
        await _frames(clinic, frames)
        grown = (memory_mb(os.getpid()) - before) / SILENT
        if len(clinic.feed.clients) < SILENT:
            report.note("pages that never read: the machine was so slow that they were closed before the end")
        for each in silent:
            each.close()
    report.add(f"memory of a page that never reads, after {frames:,} frames", grown, "MB", MEMORY_MB)


async def _frames(clinic: Clinic, count: int) -> None:
    for _ in range(count):
        for n in range(1, ROOMS + 1):
            clinic.feed.wave(f"s-{n}", "pleth", [0.5] * 6, 60.0, clinic.clock.now())
        clinic.feed._send_waves()
        clinic.feed._send_picture()
        await asyncio.sleep(0)
