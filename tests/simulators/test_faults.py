"""What a script lets go wrong at sensors and devices, heard on the wire as a driver would."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from kapmonitor.codecs import pulse_oximeter
from kapmonitor.codecs.blood_pressure import decode_measurement, observe_measurement
from kapmonitor.codecs.heart_rate import decode
from kapmonitor.codecs.plx_status import SensorStatus
from kapmonitor.codecs.suntech import Response, Result
from kapmonitor.model import BloodPressure, Quality
from simulators.ble_blood_pressure import BleBloodPressure
from simulators.ble_pulse_oximeter import BlePulseOximeter
from simulators.heart_rate_strap import HeartRateStrap
from simulators.physiology import BodyEvent
from tests.bluetooth import CUFF, STRAP, Inbox, person, room
from tests.simulators.test_contec_cms50 import heard, oximeter
from tests.simulators.test_suntech_nibp import PRESSURE, RESULT, START, cuff
from tests.warp import WarpClock, warped


@warped
async def test_a_serial_oximeter_that_is_silent_sends_nothing_and_goes_on_afterwards() -> None:
    async with oximeter("5", BodyEvent(10, "oximeter_silent", 10)) as (near, _, _):
        before = await heard(near, "5", 9)
        silent = await heard(near, "5", 10.5)
        after = await heard(near, "5", 5)
    assert len(before) > 500
    assert len(silent) < 100
    assert len(after) > 250


@warped
async def test_a_serial_oximeter_on_the_cuffs_arm_searches_while_it_is_inflated() -> None:
    async with oximeter("5", BodyEvent(0, "oximeter_on_cuff_arm")) as (near, _, body):
        now = asyncio.get_running_loop().time()
        body.cuff_mmhg = lambda at: 150.0 if now + 10 <= at < now + 20 else 0.0
        samples = await heard(near, "5", 30)
    squeezed = samples[12 * 60 : 19 * 60]
    assert all(each.searching and not each.finger_out and each.spo2 == 127 for each in squeezed)
    assert not samples[-1].searching
    assert max(each.pleth for each in squeezed) < 30


@warped
async def test_a_serial_cuff_that_leaks_says_so_after_each_try() -> None:
    async with cuff(BodyEvent(0, "cuff_leak", 60)) as host:
        assert await host.ask(START) == Response("O")
        await host.done()
        result = await host.ask(RESULT)
        assert isinstance(result, Result)
        assert result.error == 87
        await asyncio.sleep(60)
        await host.ask(START)
        await host.done()
        result = await host.ask(RESULT)
        assert isinstance(result, Result)
        assert (result.error, result.systolic > 80) == (0, True)


@warped
async def test_a_serial_cuff_that_is_silent_answers_nothing() -> None:
    async with cuff(BodyEvent(0, "cuff_silent", 30)) as host:
        await host.near.write(PRESSURE)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await host.near.read()


@warped
async def test_a_strap_has_the_charge_that_the_script_leaves_and_is_silent_when_told() -> None:
    clock = WarpClock()
    events = (BodyEvent(10, "strap_battery", size=18), BodyEvent(30, "strap_silent", 20))
    strap = HeartRateStrap(person(clock, *events), clock, seed=1)
    async with room(clock, (strap, STRAP)) as (_, adapter), adapter.connector(STRAP)() as link:
        beats, charge = Inbox(), Inbox()
        told: list[float] = []

        def hear(data: bytes) -> None:
            told.append(clock.now())
            beats.put(data)

        await link.subscribe("2a37", hear)
        await link.subscribe("2a19", charge.put)
        assert await charge.next() == bytes([18])
        await clock.sleep(60)
        assert decode(await beats.next()).heart_rate > 40
    gaps = [later - earlier for earlier, later in pairwise(told)]
    assert max(gaps) == pytest.approx(20, abs=2)


@warped
async def test_a_bluetooth_cuff_that_leaks_sends_a_measurement_without_numbers() -> None:
    clock = WarpClock()
    device = BleBloodPressure(person(clock, BodyEvent(0, "cuff_leak")), clock, seed=1)
    async with room(clock, (device, CUFF)) as (_, adapter), adapter.connector(CUFF)() as link:
        results = Inbox()
        await link.subscribe("2a35", results.put)
        device.press_button()
        found = observe_measurement(decode_measurement(await results.next()), live=True)
    measured = found[0]
    assert isinstance(measured, BloodPressure)
    assert measured.systolic.value is None
    assert measured.quality is not Quality.VALID


def quality(one: BlePulseOximeter, now: float) -> tuple[Quality, float | None]:
    message = pulse_oximeter.decode_continuous(one.measure(now).encode())
    [spo2] = [each for each in pulse_oximeter.observe(message) if each.quantity == "spo2"]
    return spo2.quality, spo2.value


@warped
async def test_a_bluetooth_oximeter_doubts_what_cold_hands_and_movement_give() -> None:
    clock = WarpClock()
    now = clock.now()
    events = (BodyEvent(20, "low_perfusion", 20, 0.2), BodyEvent(60, "motion", 8, 1.0))
    one = BlePulseOximeter(person(clock, *events), clock, seed=1)
    seen = [quality(one, now + second) for second in range(90)]
    assert seen[10][0] is Quality.VALID
    assert seen[38][0] is Quality.QUESTIONABLE
    assert seen[67][0] is Quality.QUESTIONABLE
    assert (seen[67][1] or 100) < 88
    assert seen[85][0] is Quality.VALID


@warped
async def test_a_bluetooth_oximeter_without_a_pulse_has_a_finger_and_no_number() -> None:
    clock = WarpClock()
    body = person(clock, BodyEvent(0, "oximeter_on_cuff_arm"))
    body.cuff_mmhg = lambda _: 150.0
    message = BlePulseOximeter(body, clock, seed=1).measure(clock.now() + 5)
    assert message.sensor_status == SensorStatus(0)
    assert quality(BlePulseOximeter(body, clock, seed=1), clock.now() + 5)[1] is None
