"""Many straps on one central: bleak over bumble here, radio and straps in another process, HCI between.

No notification may be lost, from the first one on. The CPU is that of the central, drivers and supervisors.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median

from drivers.heart_rate_strap import HeartRateStrap
from kapmonitor.clock import Clock
from kapmonitor.device import Report as Reported
from kapmonitor.model import DeviceState, Origin
from kapmonitor.supervisor import Supervisor
from kapmonitor.transports.ble import BleAdapter, bumble_adapter
from tests.bench.children import child
from tests.bench.options import Options
from tests.bench.report import Report
from tests.bench.strap_radio import address
from tests.bench.ward import until

_LIVE_S = 120.0


def straps(options: Options, report: Report) -> None:
    """A hundred straps: connect them all, then listen."""
    count, seconds = (5, 2.0) if options.quick else (100, 20.0)
    asyncio.run(_measure(count, seconds, report))


class _Counting(HeartRateStrap):
    """Counts what comes, whether or not it is passed on."""

    received = 0

    def _on_measurement(self, report: Reported, data: bytes) -> None:
        self.received += 1
        super()._on_measurement(report, data)


async def _measure(count: int, seconds: float, report: Report) -> None:
    clock = Clock()
    drivers = [_Counting(clock) for _ in range(count)]
    async with (
        child("strap_radio", count) as radio,
        bumble_adapter(clock, f"tcp-client:127.0.0.1:{await radio.hear(int)}") as adapter,
    ):
        began = time.monotonic()
        async with _supervised(drivers, adapter, clock) as supervisors:
            live_after = await _live(supervisors, began)
            listened, spent = time.monotonic(), time.process_time()
            await asyncio.sleep(seconds)
            cpu = (time.process_time() - spent) / (time.monotonic() - listened)
            radio.say("silence")
            sent = await radio.hear(int)
            await until(lambda: sum(each.received for each in drivers) >= sent)
    name = f"{count} straps"
    report.add_lost(f"{name}: notifications", sent, sum(each.received for each in drivers))
    report.add(f"{name}: all connected after", max(live_after), "s")
    report.add(f"{name}: half of them after", median(live_after), "s")
    report.add(f"{name}: CPU", 100 * cpu, "% of a core")


@asynccontextmanager
async def _supervised(
    drivers: list[_Counting], adapter: BleAdapter, clock: Clock
) -> AsyncIterator[list[Supervisor]]:
    supervisors = [
        Supervisor(
            f"strap-{number}",
            driver,
            adapter.connector(address(number)),
            clock,
            lambda: Origin.SIMULATED,
            lambda _: None,
            lambda _: None,
        )
        for number, driver in enumerate(drivers)
    ]
    tasks = [asyncio.create_task(each.run()) for each in supervisors]
    try:
        yield supervisors
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _live(supervisors: list[Supervisor], began: float) -> list[float]:
    """Seconds after `began` at which each of them heard its strap."""
    found: dict[str, float] = {}
    while len(found) < len(supervisors):
        if time.monotonic() - began > _LIVE_S:
            raise TimeoutError(f"only {len(found)} of {len(supervisors)} straps within {_LIVE_S:g} s")
        await asyncio.sleep(0.02)
        for each in supervisors:
            if each.state is DeviceState.LIVE:
                found.setdefault(each.device, time.monotonic() - began)
    return list(found.values())
