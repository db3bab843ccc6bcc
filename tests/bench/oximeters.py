"""Byte in, alarm event out: real pseudo-terminals, drivers, supervisors, monitors and alarms in one process.

The oximeters are in another process. No frame may be lost and no alarm missed; the latency is from just
before the frame that makes it certain that the limit is broken is written (the second one that says so) to
the alarm event that leaves the clinic, with the rule's own delay set to 0.
"""

from __future__ import annotations

import asyncio
import time

from tests.bench.children import child
from tests.bench.options import Options
from tests.bench.report import Report, percentile
from tests.bench.ward import Ward, latencies_ms

BUDGET_MS = (1.0, 10.0)
CPU_PERCENT = 1.0
"""Of a core, for one session."""


def oximeters(options: Options, report: Report) -> None:
    """One oximeter that alarms often, then a hundred that each alarm every two seconds."""
    few, many, seconds = (1, 10, 2.0) if options.quick else (1, 100, 20.0)
    asyncio.run(_measure(few, 12, seconds, report))  # ten frames are what a driver wants first
    asyncio.run(_measure(many, 60, seconds, report))


async def _measure(count: int, change_every: int, seconds: float, report: Report) -> None:
    name = f"{count} oximeter{'s' if count > 1 else ''}"
    async with child("feeder", count, change_every) as feeder:
        ward = Ward(await feeder.hear(list[str]))
        async with ward.running():
            await ward.recognised(feeder)
            began, spent = time.monotonic(), time.process_time()
            fed = await ward.fed_by(feeder, seconds)
            cpu = (time.process_time() - spent) / (time.monotonic() - began)
    report.add_lost(f"{name}: frames", fed.sent, ward.frames)
    report.add_lost(f"{name}: alarm events", len(fed.changes), sum(map(len, ward.alarms.values())))
    report.add_percentiles(f"{name}: byte to alarm", latencies_ms(fed, ward.alarms), "ms", BUDGET_MS)
    report.add(f"{name}: CPU", 100 * cpu, "% of a core", CPU_PERCENT * count if count > 1 else None)
    report.add(f"{name}: lateness of the idle feeder, p99", 1000 * percentile(fed.late_s, 99), "ms")
