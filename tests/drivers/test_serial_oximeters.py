"""Oximeters that only send: over worse and worse lines in memory, and on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

import drivers
import simulators
from drivers.serial_oximeters import BciOximeter
from kapmonitor.clock import Clock
from kapmonitor.codecs import bci
from kapmonitor.device import SerialSettings
from kapmonitor.model import Quality, Route
from kapmonitor.transports.memory import Faults, memory_pair
from kapmonitor.transports.serial import serial_connector
from simulators.physiology import Body, BodyEvent
from simulators.wire import pty_port
from tests.drivers.conversation import WIRES, Seen, end
from tests.warp import WarpClock, warped

NAMES = ["nonin-df2", "nonin-df7", "nonin-ascii", "masimo-ascii", "bci-oximeter"]
WITH_PLETH = {"nonin-df2": 75, "nonin-df7": 75, "bci-oximeter": 100}

each = pytest.mark.parametrize("name", NAMES)


def body(clock: Clock, *events: BodyEvent) -> Body:
    return Body(3, Route.INTRAMUSCULAR, clock.now(), events, dosed_at=float("inf"))


@asynccontextmanager
async def talking(name: str, *events: BodyEvent, faults: Faults | None = None) -> AsyncIterator[Seen]:
    clock = WarpClock()
    near, far = memory_pair(faults)
    seen, device = Seen(), simulators.load(name)(body(clock, *events), clock, seed=1)
    driver = drivers.load(name)(clock)
    tasks = [asyncio.create_task(device.run(far)), asyncio.create_task(driver.run(near, seen.report))]
    try:
        yield seen
    finally:
        for task in reversed(tasks):
            await end(task)


@each
@pytest.mark.parametrize("faults", WIRES)
@warped
async def test_numbers_come_through_any_line_and_no_wrong_ones(name: str, faults: Faults) -> None:
    async with talking(name, faults=faults) as seen:
        await asyncio.sleep(60)
    assert len(seen.values("spo2")) >= 25
    assert all(94 <= value <= 100 for value in seen.values("spo2"))
    assert all(45 <= value <= 110 for value in seen.values("pulse_rate"))


@each
@warped
async def test_numbers_come_once_a_second_and_the_pleth_at_its_rate(name: str) -> None:
    async with talking(name) as seen:
        await asyncio.sleep(65)
    assert 55 <= len(seen.readings("spo2")) <= 130
    assert len(seen.pleth()) == pytest.approx(WITH_PLETH.get(name, 0) * 60, rel=0.1)


@each
@warped
async def test_without_a_finger_there_is_a_reason_and_no_number(name: str) -> None:
    async with talking(name, BodyEvent(15, "finger_off", 100)) as seen:
        await asyncio.sleep(30)
    last = seen.readings("spo2")[-1]
    assert (last.value, last.quality) == (None, Quality.NOT_AVAILABLE)
    assert last.reason in ("no_finger", "not_available")
    assert seen.readings("pulse_rate")[-1].value is None


@warped
async def test_a_number_that_few_frames_say_is_not_believed_where_nothing_is_checked() -> None:
    clock = WarpClock()
    near, far = memory_pair()
    seen = Seen()
    reading = asyncio.create_task(BciOximeter(clock).run(near, seen.report))
    for spo2, times in ((60, 9), (97, 10), (60, 1), (97, 1)):
        await far.write(times * bci.encode(bci.Sample(50, spo2, 70)))
        await asyncio.sleep(1.2)
    await far.write(5 * (b"\x07" + 5 * bci.encode(bci.Sample(50, 60, 70))))  # nor many with damage between
    await asyncio.sleep(1.2)
    assert set(seen.values("spo2")) == {97}
    for spo2, times in ((97, 10), (91, 2)):  # believed once, two say that it has changed: an alarm waits
        await far.write(times * bci.encode(bci.Sample(50, spo2, 70)))
    await asyncio.sleep(1.2)
    await end(reading)
    assert seen.values("spo2")[-1] == 91


@each
async def test_it_works_on_a_real_pseudo_terminal(name: str) -> None:
    clock = Clock(20)
    driver = drivers.load(name)(clock)
    async with pty_port() as (port, far):
        device = asyncio.create_task(simulators.load(name)(body(clock), clock, seed=1).run(far))
        async with serial_connector(port, SerialSettings())() as link:
            seen = Seen()
            reading = asyncio.create_task(driver.run(link, seen.report))
            async with asyncio.timeout(60):
                await seen.until("spo2")
            await end(reading)
        await end(device)
    assert all(90 <= value <= 100 for value in seen.values("spo2"))


@pytest.mark.parametrize("sends", NAMES)
@each
@warped
async def test_what_another_format_sends_is_no_number_and_is_known_as_not_understood(
    name: str, sends: str
) -> None:
    """An oximeter that is set to another format than its driver reads; its supervisor says so by `errors`."""
    if name == sends:
        return
    clock = WarpClock()
    near, far = memory_pair()
    seen, device = Seen(), simulators.load(sends)(body(clock), clock, seed=1)
    driver = drivers.load(name)(clock)
    tasks = [asyncio.create_task(device.run(far)), asyncio.create_task(driver.run(near, seen.report))]
    await asyncio.sleep(8)
    for task in reversed(tasks):
        await end(task)
    assert seen.values("spo2") == []
    assert driver.errors > 0
