"""The STX/ASCII board and its driver: every way a measurement can go, and that the air is let out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from drivers.medlab_nibp import MedlabNibp
from kapmonitor.clock import Clock
from kapmonitor.codecs.medlab_stx import ERRORS, START, Command, Status, encode_command
from kapmonitor.device import SerialSettings
from kapmonitor.errors import DeviceNotFoundError, DeviceRefusedError, LinkLostError
from kapmonitor.model import BloodPressure, Quality, Route
from kapmonitor.transports.memory import Faults, MemoryLink, memory_pair
from kapmonitor.transports.serial import serial_connector
from simulators import medlab_nibp
from simulators.physiology import Body
from simulators.wire import pty_port
from tests.drivers.conversation import WIRES, Seen, Tapped, end
from tests.warp import WarpClock, warped


def board_on(clock: Clock) -> medlab_nibp.MedlabNibp:
    body = Body(3, Route.INTRAMUSCULAR, clock.now(), dosed_at=float("inf"))
    return medlab_nibp.MedlabNibp(body, clock, seed=1)


@dataclass
class Cuff:
    driver: MedlabNibp
    board: medlab_nibp.MedlabNibp
    seen: Seen
    near: Tapped
    far: MemoryLink
    running: asyncio.Task[None]
    simulating: asyncio.Task[None]

    async def inflated(self) -> None:
        while self.board.mmhg < 50:
            await asyncio.sleep(0.1)


@asynccontextmanager
async def cuff(faults: Faults | None = None) -> AsyncIterator[Cuff]:
    clock = WarpClock()
    near, far = memory_pair(faults)
    tapped = Tapped(near)
    driver, board, seen = MedlabNibp(clock), board_on(clock), Seen()
    simulating = asyncio.create_task(board.run(far))
    running = asyncio.create_task(driver.run(tapped, seen.report))
    await asyncio.sleep(5)
    try:
        yield Cuff(driver, board, seen, tapped, far, running, simulating)
    finally:
        await end(running)
        await end(simulating)


@pytest.mark.parametrize("mean_last", [True, False])
@warped
async def test_a_measurement_from_start_to_result_in_either_order_of_pressures(*, mean_last: bool) -> None:
    async with cuff() as one:
        one.board.mean_last = mean_last
        await one.driver.start("timetable")
        measured = await one.seen.measured()
        state = one.board._body.state(WarpClock().now())
    assert (measured.trigger, measured.live, measured.quality) == ("timetable", True, Quality.VALID)
    assert measured.systolic.value == pytest.approx(state.systolic, abs=8)
    assert measured.diastolic.value == pytest.approx(state.diastolic, abs=8)
    pressures = one.seen.values("cuff_pressure")
    assert max(pressures) > (measured.systolic.value or 0) + 20
    assert len(pressures) > 30


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
        state = one.board._body.state(WarpClock().now())
    good = [each for each in one.seen.of(BloodPressure) if each.quality is Quality.VALID]
    assert len(good) >= 3
    for each in good:
        assert each.systolic.value == pytest.approx(state.systolic, abs=10)
        assert each.diastolic.value == pytest.approx(state.diastolic, abs=10)
    assert all(each.reason for each in one.seen.of(BloodPressure) if each not in good)


@pytest.mark.parametrize(("message", "word"), [*ERRORS.items(), (55, "error_55")])
@warped
async def test_every_message_becomes_a_measurement_without_numbers(message: int, word: str) -> None:
    async with cuff() as one:
        one.board.next_error = message
        await one.driver.start("staff")
        measured = await one.seen.measured()
    assert [each.value for each in measured.readings] == [None] * 4
    assert {each.reason for each in measured.readings} == {word}


@warped
async def test_a_start_that_is_not_heard_is_said_again_and_in_the_end_refused_in_words() -> None:
    async with cuff() as one:
        one.board.deaf = 1
        await one.driver.start("staff")
        await one.seen.measured()
        one.board.deaf, one.board.status = 100, Status(2, 6)
        with pytest.raises(DeviceRefusedError, match="hose"):
            await one.driver.start("staff")
        one.board.deaf = 0
        await one.driver.start("staff")


@warped
async def test_never_two_measurements_at_once() -> None:
    async with cuff() as one:
        await one.driver.start("staff")
        with pytest.raises(DeviceRefusedError, match="running"):
            await one.driver.start("timetable")
        await one.seen.measured()
        assert one.board.measurements == 1


@warped
async def test_one_byte_lets_the_air_out_at_once_and_what_the_board_remembers_is_no_result() -> None:
    async with cuff() as one:
        await one.driver.start("staff")
        assert (await one.seen.measured()).quality is Quality.VALID
        await asyncio.sleep(1)
        await one.driver.start("staff")
        await one.inflated()
        began = WarpClock().now()
        await one.driver.stop()
        assert one.board.mmhg == 0
        assert WarpClock().now() - began < 0.5
        assert b"X" in [data for at, data in one.near.sent if at >= began]
        assert (await one.seen.measured(2)).reason == "aborted"


@warped
async def test_an_old_result_is_never_taken_for_a_new_one() -> None:
    async with cuff() as one:
        one.board.stuck = True
        await one.driver.start("staff")
        await asyncio.sleep(1)
        one.board.status = Status(pressures=(190, 110, 137), pulse_rate=80)
        await one.board._abort(one.far)  # somebody pressed the board's own button
        measured = await one.seen.measured()
    assert (measured.systolic.value, measured.reason) == (None, "stale")


@warped
async def test_a_result_that_was_there_before_the_measurement_is_an_old_one() -> None:
    """Somebody presses the board's own button on the way down, below an old systolic pressure."""
    async with cuff() as one:
        await one.driver.start("staff")
        first = await one.seen.measured()
        assert first.quality is Quality.VALID
        await one.driver.start("staff")
        while one.board.mmhg < (first.systolic.value or 0):
            await asyncio.sleep(0.1)
        await asyncio.sleep(2)
        await one.board._abort(one.far)
        second = await one.seen.measured(2)
    assert (second.systolic.value, second.reason) == (None, "stale")


@warped
async def test_a_board_that_never_says_done_is_asked() -> None:
    async with cuff() as one:
        one.board.mute = True
        await one.driver.start("staff")
        assert (await one.seen.measured()).quality is Quality.VALID


@warped
async def test_what_takes_too_long_is_stopped() -> None:
    async with cuff() as one:
        one.board.stuck = True
        await one.driver.start("staff")
        measured = await one.seen.measured()
        assert measured.reason == "time_limit"
        assert one.board.mmhg == 0


@warped
async def test_pressures_of_the_boards_own_button_are_shown() -> None:
    async with cuff() as one:
        one.board._start(one.far)
        await one.seen.until("cuff_pressure")


@warped
async def test_a_stop_that_nobody_confirms_sends_somebody_to_the_patient() -> None:
    async with cuff() as one:
        await one.driver.start("staff")
        one.simulating.cancel()
        with pytest.raises(DeviceRefusedError, match="Take it off the arm"):
            await one.driver.stop()


@warped
async def test_shutting_down_during_inflation_aborts_and_while_idle_sends_nothing() -> None:
    async with cuff() as one:
        await one.driver.start("staff")
        await one.inflated()
        await end(one.running)
        assert one.board.mmhg == 0
    async with cuff() as one:
        aborts = one.board.aborts
        await end(one.running)
        assert one.board.aborts == aborts


@warped
async def test_what_an_earlier_process_left_inflated_is_let_out_on_connecting() -> None:
    clock = WarpClock()
    near, far = memory_pair()
    board = board_on(clock)
    simulating = asyncio.create_task(board.run(far))
    await near.write(encode_command(Command(START)))
    await asyncio.sleep(3)
    assert board.mmhg > 50
    running = asyncio.create_task(MedlabNibp(clock).run(near, Seen().report))
    await asyncio.sleep(1)
    assert board.mmhg == 0
    await end(running)
    await end(simulating)


@warped
async def test_a_board_that_vanishes_mid_measurement_is_told_of() -> None:
    async with cuff() as one:
        await one.driver.start("staff")
        await one.inflated()
        one.far.pull_plug()
        with pytest.raises(LinkLostError):
            await one.running
        assert one.seen.of(BloodPressure)[-1].reason == "link_lost"
        with pytest.raises(DeviceRefusedError, match="Take it off the arm"):
            await one.driver.stop()


@warped
async def test_silence_is_not_found_at_first_and_a_lost_link_later() -> None:
    near, _ = memory_pair()
    with pytest.raises(DeviceNotFoundError, match="No cuff answers"):
        await MedlabNibp(WarpClock()).run(near, Seen().report)
    async with cuff() as one:
        one.simulating.cancel()
        async with asyncio.timeout(60):
            with pytest.raises(LinkLostError, match="no longer answers"):
                await one.running


async def test_on_a_real_port_and_stopped_by_shutdown() -> None:
    clock = Clock(4)
    driver, board, seen = MedlabNibp(clock), board_on(clock), Seen()
    board.stuck = True
    async with pty_port() as (url, far):
        simulating = asyncio.create_task(board.run(far))
        async with serial_connector(url, SerialSettings())() as near:
            running = asyncio.create_task(driver.run(near, seen.report))
            while True:
                try:
                    await driver.start("staff")
                    break
                except DeviceRefusedError:  # not connected yet
                    await asyncio.sleep(0.05)
            await asyncio.wait_for(seen.until("cuff_pressure"), 30)
            while board.mmhg < 50:
                await asyncio.sleep(0.01)
            await end(running)
            while board.mmhg:
                await asyncio.sleep(0.01)
        await end(simulating)
