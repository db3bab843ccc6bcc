"""Every device there is, for hours, with faults at random: nothing piles up, no gap is without a reason."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import time
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import Any

import pytest

import drivers
from kapmonitor.clock import Clock
from kapmonitor.model import DeviceKind
from simulators.events import EVENT_KINDS, SIZES
from tests.faulty import Ward, running, site, timeline
from tests.soak.budget import soak_s

SPEED = 12.0
GROWTH = 1.05
"""So much may be held at the end of what was held after the first third (simulated time does not matter)."""
OF_THE_BODY = {"desaturation", "hypertension", "hypotension", "tachycardia", "bradycardia", "booster"}
FAULTS = [kind for kind in EVENT_KINDS if kind not in OF_THE_BODY]


def faults(seed: int, seconds: int) -> str:
    """One every half minute, of any kind, for a mean of 12 s."""
    dice, found, at = Random(seed), list[tuple[str, int, int, float | None]](), 20.0
    while (at := at + dice.expovariate(1 / 30)) < seconds:
        what = dice.choice(FAULTS)
        size = SIZES.get(what)
        to = None if size is None else round(dice.uniform(size.low, size.high), 2)
        found.append((what, int(at), 1 + int(dice.expovariate(1 / 12)), to))
    return timeline(*found)


def held() -> tuple[int, int]:
    """Resident bytes, open descriptors."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE"), len(list(Path("/proc/self/fd").iterdir()))


async def tasks_left(before: set[asyncio.Task[Any]]) -> list[str]:
    """What still runs ten seconds after the end."""
    more = asyncio.all_tasks() - before
    if more:
        await asyncio.wait(more, timeout=10)
    return [str(each) for each in more if not each.done()]


async def hours(ward: Ward, until: float) -> list[tuple[int, int]]:
    """What was held at the end of each simulated minute."""
    found: list[tuple[int, int]] = []
    began = ward.clock.now()
    async for _ in ward.seconds(10**9):
        if ward.clock.now() - began >= 60 * (len(found) + 1):
            found.append(held())
        if time.monotonic() > until and len(found) > 6:
            return found
    return found


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_hours_of_faults_leave_nothing_behind(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL + 1)  # pytest keeps every line to the end, thousands with tracebacks
    lasts_s = soak_s(0.4)
    oximeters = [name for name in drivers.DRIVERS if drivers.load(name).kind is DeviceKind.OXIMETER]
    straps = [name for name in drivers.DRIVERS if drivers.load(name).kind is DeviceKind.STRAP]
    cuffs = [name for name in drivers.DRIVERS if drivers.load(name).kind is DeviceKind.CUFF]
    rooms = {
        f"room-{n + 1}": [name for name in devices if name is not None]
        for n, devices in enumerate(zip_longest(oximeters, straps, cuffs))
    }
    scripts = {room: faults(n, int(lasts_s * SPEED * 2)) for n, room in enumerate(rooms)}
    before, tasks = held(), asyncio.all_tasks()
    async with running(site(tmp_path, scripts, rooms), Clock(SPEED)) as ward:
        minutes = await hours(ward, time.monotonic() + lasts_s)
        assert ward.unexplained == []
        assert set(ward.vitals) == set(rooms)
    assert await tasks_left(tasks) == []
    after = held()
    third = len(minutes) // 3
    settled, end = (
        max(each[0] for each in minutes[third : 2 * third]),
        max(each[0] for each in minutes[-third:]),
    )
    print(f"{len(minutes)} min x {len(rooms)} rooms: {settled / 2**20:.0f} MiB, then {end / 2**20:.0f} MiB")  # noqa: T201 - a figure to note
    assert end <= settled * GROWTH
    assert after[1] <= before[1], "descriptors were left open"
