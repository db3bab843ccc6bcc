"""A cuff on a real pseudo-terminal: whatever ends the software or its patience, the pressure goes.

The module holds its pressure for its own three minutes (`stuck`), so that only an abort can have let it out.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from drivers.suntech_nibp import SunTechNibp
from kapmonitor.clock import Clock
from kapmonitor.device import SerialSettings
from kapmonitor.errors import DeviceRefusedError
from kapmonitor.model import Route
from kapmonitor.transports.serial import serial_connector
from simulators import suntech_nibp
from simulators.physiology import Body
from simulators.wire import pty_port
from tests.drivers.conversation import Seen, end

pytestmark = pytest.mark.timeout(180)

SERVICE = """
import asyncio, sys
from drivers.suntech_nibp import SunTechNibp
from kapmonitor.clock import Clock
from kapmonitor.device import SerialSettings
from kapmonitor.model import DeviceState, Origin
from kapmonitor.supervisor import Supervisor
from kapmonitor.transports.serial import serial_connector

async def main():
    driver = SunTechNibp(Clock())
    live = asyncio.Event()
    def on_report(report):
        if report.state is DeviceState.LIVE:
            live.set()
    connect = serial_connector(sys.argv[1], SerialSettings())
    supervisor = Supervisor(
        "cuff", driver, connect, Clock(), lambda: Origin.SIMULATED, lambda data: None, on_report
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(supervisor.run())
        await live.wait()
        print("live", flush=True)
        while sys.argv[2:]:
            try:
                await driver.start("timetable")
                print("started", flush=True)
                break
            except Exception:
                await asyncio.sleep(0.05)

asyncio.run(main())
"""
"""What the service does with a cuff: a supervisor, its driver, and (with a second argument) a start."""


@dataclass
class Port:
    url: str
    module: suntech_nibp.SunTechNibp

    async def inflated(self) -> None:
        while self.module.mmhg < 50:
            await asyncio.sleep(0.01)

    async def empty(self) -> None:
        while self.module.mmhg > 0:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def port() -> AsyncGenerator[Port]:
    clock = Clock()
    body = Body(3, Route.INTRAMUSCULAR, clock.now(), dosed_at=float("inf"))
    module = suntech_nibp.SunTechNibp(body, clock, seed=1)
    module.stuck = True
    async with pty_port() as (url, far):
        simulating = asyncio.create_task(module.run(far))
        try:
            yield Port(url, module)
        finally:
            await end(simulating)


@asynccontextmanager
async def driven(one: Port) -> AsyncGenerator[tuple[SunTechNibp, Seen]]:
    driver, seen = SunTechNibp(Clock()), Seen()
    async with serial_connector(one.url, SerialSettings())() as near:
        running = asyncio.create_task(driver.run(near, seen.report))
        try:
            yield driver, seen
        finally:
            await end(running)


async def started(driver: SunTechNibp) -> None:
    while True:
        try:
            await driver.start("staff")
        except DeviceRefusedError as error:
            assert "not connected" in str(error)  # noqa: PT017 - any other refusal is a failure
            await asyncio.sleep(0.05)
        else:
            return


@asynccontextmanager
async def service(one: Port, *start: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVICE, one.url, *start, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(process: asyncio.subprocess.Process, word: str) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        if line.decode().strip() == word:
            return
    raise AssertionError(f"the service ended without saying {word}")


async def test_stop_in_the_middle_of_inflation() -> None:
    async with port() as one, driven(one) as (driver, seen):
        await started(driver)
        await one.inflated()
        await driver.stop()
        assert one.module.mmhg == 0
        assert (await seen.measured()).reason == "aborted"


async def test_of_two_starts_at_once_one_is_refused() -> None:
    async with port() as one, driven(one) as (driver, seen):
        await started(driver)
        await driver.stop()
        await seen.measured()
        both = await asyncio.gather(driver.start("staff"), driver.start("timetable"), return_exceptions=True)
        assert [type(each) for each in both] == [type(None), DeviceRefusedError]
        assert one.module.measurements == 2
        await driver.stop()


async def test_an_orderly_end_lets_the_air_out() -> None:
    async with port() as one, service(one, "start") as process:
        await said(process, "started")
        await one.inflated()
        process.send_signal(signal.SIGINT)
        await one.empty()
        await process.wait()


async def test_killed_in_the_middle_the_next_start_lets_it_out() -> None:
    async with port() as one:
        async with service(one, "start") as process:
            await said(process, "started")
            await one.inflated()
            process.kill()
            await process.wait()
        assert one.module.mmhg >= 50, "a killed process can stop nothing: only the cuff's own limit holds"
        async with service(one) as again:
            await said(again, "live")
            assert one.module.mmhg == 0
            assert one.module.measurements == 1
