"""The SunTech driver and the simulated cuff: every way a measurement can go, and that the air is let out."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from drivers.suntech_nibp import SunTechNibp
from kapmonitor.clock import Clock
from kapmonitor.codecs.suntech import ERRORS, START_ADULT, encode_command
from kapmonitor.device import SerialSettings
from kapmonitor.errors import DeviceNotFoundError, DeviceRefusedError, LinkLostError
from kapmonitor.model import BloodPressure, Quality, Route
from kapmonitor.transports.memory import Faults, MemoryLink, memory_pair
from kapmonitor.transports.serial import serial_connector
from simulators import suntech_nibp
from simulators.physiology import Body
from simulators.wire import pty_port
from tests.drivers.conversation import WIRES, Seen, Tapped, end
from tests.warp import WarpClock, warped

ABORT = bytes.fromhex("3a7901004c")


def module_on(clock: Clock) -> suntech_nibp.SunTechNibp:
    body = Body(3, Route.INTRAMUSCULAR, clock.now(), dosed_at=float("inf"))
    return suntech_nibp.SunTechNibp(body, clock, seed=1)


@dataclass
class Cuff:
    driver: SunTechNibp
    module: suntech_nibp.SunTechNibp
    seen: Seen
    near: Tapped
    far: MemoryLink
    running: asyncio.Task[None]
    simulating: asyncio.Task[None]

    def quiet(self) -> None:
        """The module is switched off, the line stays."""
        self.simulating.cancel()

    async def inflated(self) -> None:
        while self.module.mmhg < 50:
            await asyncio.sleep(0.1)


@asynccontextmanager
async def cuff(faults: Faults | None = None) -> AsyncIterator[Cuff]:
    clock = WarpClock()
    near, far = memory_pair(faults)
    tapped = Tapped(near)
    driver, module, seen = SunTechNibp(clock), module_on(clock), Seen()
    simulating = asyncio.create_task(module.run(far))
    running = asyncio.create_task(driver.run(tapped, seen.report))
    await asyncio.sleep(3)
    try:
        yield Cuff(driver, module, seen, tapped, far, running, simulating)
    finally:
        await end(running)
        await end(simulating)


@warped
async def test_a_measurement_from_start_to_result() -> None:
    async with cuff() as one:
        await one.driver.start("timetable")
        measured = await one.seen.measured()
        assert measured.trigger == "timetable"
        assert one.driver.model == "SunTech SB1.00 SIMULATED"
    assert measured.live
    assert measured.quality is Quality.VALID
    state = module_on(WarpClock())._body.person
    assert measured.systolic.value == pytest.approx(state.systolic, abs=8)
    assert measured.pulse is not None
    pressures = one.seen.values("cuff_pressure")
    assert max(pressures) > (measured.systolic.value or 0) + 20
    assert len(pressures) > 30
    times = [at for at, each in one.seen.all if not isinstance(each, BloodPressure)]
    assert max(after - before for before, after in itertools.pairwise(times)) < 0.35


@pytest.mark.parametrize("faults", WIRES)
@warped
async def test_over_any_line_a_number_is_right_or_there_is_none(faults: Faults) -> None:
    async with cuff(faults) as one:
        results = 0
        for _ in range(30):
            try:
                await one.driver.start("staff")
            except DeviceRefusedError:
                await asyncio.sleep(5)
                continue
            results += 1
            await one.seen.measured(results)
            await asyncio.sleep(5)
            if results == 5:
                break
        assert results == 5
        state = one.module._body.state(WarpClock().now())
    good = [each for each in one.seen.of(BloodPressure) if each.quality is Quality.VALID]
    assert len(good) >= 3
    for each in good:
        assert each.systolic.value == pytest.approx(state.systolic, abs=10)
        assert each.diastolic.value == pytest.approx(state.diastolic, abs=10)
    assert all(each.reason for each in one.seen.of(BloodPressure) if each not in good)


@pytest.mark.parametrize(("code", "word"), [*ERRORS.items(), (55, "error_55")])
@warped
async def test_every_error_code_becomes_a_measurement_without_numbers(code: int, word: str) -> None:
    async with cuff() as one:
        one.module.next_error = code
        await one.driver.start("staff")
        measured = await one.seen.measured()
    assert [each.value for each in measured.readings] == [None] * 4
    assert {each.reason for each in measured.readings} == {word}


@warped
async def test_a_busy_cuff_is_asked_again_and_in_the_end_refused() -> None:
    async with cuff() as one:
        one.module.busy = 3
        await one.driver.start("staff")
        await one.seen.measured()
        one.module.busy = 100
        with pytest.raises(DeviceRefusedError, match="busy"):
            await one.driver.start("staff")
        assert one.module.busy == 100 - 7
        one.module.busy = 0
        await one.driver.start("staff")


@warped
async def test_a_sleeping_cuff_is_woken() -> None:
    async with cuff() as one:
        one.module._asleep = True
        await one.driver.start("staff")
        await one.seen.measured()


@warped
async def test_never_two_measurements_at_once() -> None:
    async with cuff() as one:
        await one.driver.start("staff")
        with pytest.raises(DeviceRefusedError, match="running"):
            await one.driver.start("timetable")
        await one.seen.measured()
        assert one.module.measurements == 1
        await asyncio.sleep(1)
        await one.driver.start("timetable")
        assert one.module.measurements == 2


@warped
async def test_stop_lets_the_air_out_at_once() -> None:
    async with cuff() as one:
        await one.driver.start("staff")
        await one.inflated()
        began = WarpClock().now()
        await one.driver.stop()
        assert one.module.mmhg == 0
        assert WarpClock().now() - began < 0.5
        measured = await one.seen.measured()
        assert measured.reason == "aborted"
        await asyncio.sleep(1)
        await one.driver.start("staff")
        assert (await one.seen.measured(2)).quality is Quality.VALID


@warped
async def test_stop_while_the_cuff_is_still_busy_means_no_measurement() -> None:
    async with cuff() as one:
        one.module.busy = 3
        starting = asyncio.create_task(one.driver.start("staff"))
        await asyncio.sleep(1.5)
        await one.driver.stop()
        with pytest.raises(DeviceRefusedError, match="stopped"):
            await starting
        await asyncio.sleep(10)
        assert one.module.measurements == 0


@warped
async def test_stop_is_harmless_when_nothing_runs() -> None:
    async with cuff() as one:
        await one.driver.stop()
        await one.driver.start("staff")
        assert (await one.seen.measured()).quality is Quality.VALID
    await one.driver.stop()


@warped
async def test_a_stop_that_nobody_confirms_sends_somebody_to_the_patient() -> None:
    async with cuff() as one:
        await one.driver.start("staff")
        one.quiet()
        with pytest.raises(DeviceRefusedError, match="Take it off the arm"):
            await one.driver.stop()


@warped
async def test_shutting_down_during_inflation_aborts() -> None:
    async with cuff() as one:
        await one.driver.start("staff")
        await one.inflated()
        aborts = one.module.aborts
        await end(one.running)
        assert one.module.aborts == aborts + 1
        assert one.module.mmhg == 0


@warped
async def test_shutting_down_while_idle_sends_nothing() -> None:
    async with cuff() as one:
        aborts = one.module.aborts
        await end(one.running)
        assert one.module.aborts == aborts


@warped
async def test_what_an_earlier_process_left_inflated_is_let_out_on_connecting() -> None:
    clock = WarpClock()
    near, far = memory_pair()
    module = module_on(clock)
    simulating = asyncio.create_task(module.run(far))
    await near.write(encode_command(START_ADULT))
    await asyncio.sleep(3)
    assert module.mmhg > 50
    running = asyncio.create_task(SunTechNibp(clock).run(near, Seen().report))
    await asyncio.sleep(1)
    assert module.mmhg == 0
    await end(running)
    await end(simulating)


@warped
async def test_if_the_cuff_never_says_done_its_result_is_fetched_all_the_same() -> None:
    async with cuff() as one:
        one.module.mute = True
        began = WarpClock().now()
        await one.driver.start("staff")
        measured = await one.seen.measured()
        assert measured.quality is Quality.VALID
        assert 139 < WarpClock().now() - began < 150


@warped
async def test_an_old_result_is_never_taken_for_a_new_one() -> None:
    async with cuff() as one:
        await one.driver.start("staff")
        await one.seen.measured()
        one.module.stuck = True
        aborts = one.module.aborts
        await asyncio.sleep(1)
        await one.driver.start("staff")
        measured = await one.seen.measured(2)
        assert measured.reason == "stale"
        assert measured.systolic.value is None
        assert one.module.aborts > aborts
        assert one.module.mmhg == 0


@warped
async def test_a_device_that_vanishes_mid_measurement_is_told_of() -> None:
    async with cuff() as one:
        await one.driver.start("staff")
        await one.inflated()
        one.far.pull_plug()
        with pytest.raises(LinkLostError):
            await one.running
        assert one.seen.of(BloodPressure)[-1].reason == "link_lost"
        with pytest.raises(DeviceRefusedError, match="Take it off the arm"):
            await one.driver.stop()
        with pytest.raises(DeviceRefusedError, match="not connected"):
            await one.driver.start("staff")


@warped
async def test_losing_the_line_while_starting_refuses_the_start() -> None:
    async with cuff() as one:
        one.module.busy = 100
        starting = asyncio.create_task(one.driver.start("staff"))
        await asyncio.sleep(1.5)
        one.far.pull_plug()
        with pytest.raises(DeviceRefusedError, match="lost"):
            await starting
        assert one.seen.of(BloodPressure) == [], "that it was refused says it all"


@warped
async def test_a_module_that_does_not_answer_is_not_found() -> None:
    near, _ = memory_pair()
    with pytest.raises(DeviceNotFoundError, match="No cuff answers"):
        await SunTechNibp(WarpClock()).run(near, Seen().report)


@warped
async def test_a_module_switched_off_while_idle_is_a_lost_link() -> None:
    async with cuff() as one:
        one.quiet()
        async with asyncio.timeout(60):
            with pytest.raises(LinkLostError, match="no longer answers"):
                await one.running


@warped
async def test_a_start_given_up_by_its_caller_leaves_nothing_behind() -> None:
    async with cuff() as one:
        one.module.busy = 2
        starting = asyncio.create_task(one.driver.start("staff"))
        await asyncio.sleep(1.5)
        await end(starting)
        await asyncio.sleep(5)
        assert one.module.measurements == 0
        await one.driver.start("staff")
        assert (await one.seen.measured()).quality is Quality.VALID


@warped
async def test_commands_are_a_tenth_of_a_second_apart() -> None:
    async with cuff() as one:
        await one.driver.start("staff")
        await one.inflated()
        await one.driver.stop()
        await one.seen.measured()
        times = [at for at, _ in one.near.sent]
        assert min(after - before for before, after in itertools.pairwise(times)) > 0.0999


async def test_on_a_real_port_and_stopped_by_shutdown() -> None:
    clock = Clock(4)
    driver, module, seen = SunTechNibp(clock), module_on(clock), Seen()
    async with pty_port() as (url, far):
        simulating = asyncio.create_task(module.run(far))
        async with serial_connector(url, SerialSettings())() as near:
            running = asyncio.create_task(driver.run(near, seen.report))
            while True:
                try:
                    await driver.start("staff")
                    break
                except DeviceRefusedError:  # not connected yet
                    await asyncio.sleep(0.05)
            await asyncio.wait_for(seen.until("cuff_pressure"), 30)
            while module.mmhg < 50:
                await asyncio.sleep(0.01)
            aborts = module.aborts
            await end(running)
            while module.mmhg:
                await asyncio.sleep(0.01)
            assert module.aborts > aborts
        await end(simulating)
