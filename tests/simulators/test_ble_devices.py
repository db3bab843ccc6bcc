"""The simulated Bluetooth devices by themselves: repeatable, and what they are asked to be."""

from __future__ import annotations

import asyncio
import itertools

import pytest

import simulators
from kapmonitor.codecs.plx_status import MeasurementStatus, SensorStatus
from kapmonitor.codecs.sfloat import Special
from simulators.ble_blood_pressure import BleBloodPressure
from simulators.ble_pulse_oximeter import BlePulseOximeter
from simulators.heart_rate_strap import HeartRateStrap
from simulators.physiology import BodyEvent
from simulators.radio import Radio
from tests.bluetooth import CUFF, STRAP, Inbox, person, room
from tests.warp import WarpClock, warped


@pytest.mark.parametrize("name", ["heart-rate-strap", "ble-pulse-oximeter", "ble-blood-pressure"])
def test_the_table_leads_to_simulators_that_are_made_alike(name: str) -> None:
    @warped
    async def make() -> None:
        clock = WarpClock()
        simulator = simulators.load(name)(person(clock), clock, seed=4)
        async with Radio() as radio:
            running = asyncio.create_task(simulator.run(radio, STRAP))
            await asyncio.sleep(5)
            assert not running.done()
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            assert not radio.controllers, "nothing is left on the air"

    make()


def test_the_same_seed_says_the_same() -> None:
    said: list[list[bytes]] = []

    @warped
    async def listen() -> None:
        clock = WarpClock()
        strap = HeartRateStrap(person(clock, seed=3), clock, seed=9)
        async with room(clock, (strap, STRAP)) as (_, adapter), adapter.connector(STRAP)() as link:
            heard = Inbox()
            await link.subscribe("2a37", heard.put)
            said.append([await link.read("2a19"), *[await heard.next() for _ in range(10)]])

    listen()
    listen()
    assert said[0] == said[1]


@warped
async def test_an_oximeter_without_a_finger_has_no_number_and_one_that_is_shaken_says_so() -> None:
    clock = WarpClock()
    body = person(clock, BodyEvent(10, "finger_off", 10), BodyEvent(30, "motion", 10, 0.9))
    oximeter = BlePulseOximeter(body, clock, seed=1)
    now = clock.now()
    assert oximeter.measure(now + 5).sensor_status == 0
    off = oximeter.measure(now + 15)
    assert (off.spo2, off.pulse_rate, off.amplitude) == (Special.NAN,) * 3
    assert off.sensor_status == SensorStatus.UNCONNECTED_TO_USER
    assert off.measurement_status == MeasurementStatus.UNAVAILABLE
    assert oximeter.measure(now + 35).sensor_status == SensorStatus.ERRATIC_SIGNAL


@warped
async def test_a_cuff_that_presses_its_own_button_measures_that_often() -> None:
    clock = WarpClock()
    cuff = BleBloodPressure(person(clock), clock, seed=1, every_s=120)
    async with room(clock, (cuff, CUFF)) as (_, adapter), adapter.connector(CUFF)() as link:
        heard: list[float] = []
        await link.subscribe("2a35", lambda _: heard.append(clock.now()))
        await clock.sleep(600)
        assert 4 <= len(heard) <= 5
        gaps = [later - earlier for earlier, later in itertools.pairwise(heard)]
        assert all(110 < gap < 130 for gap in gaps)


@warped
async def test_a_cuff_keeps_what_nobody_heard_and_not_more_than_its_memory_holds() -> None:
    clock = WarpClock()
    cuff = BleBloodPressure(person(clock), clock, seed=1, every_s=60)
    async with room(clock, (cuff, CUFF)) as (_, adapter):
        await clock.sleep(45 * 60)
        kept = list(cuff.stored)
        assert len(kept) == 30
        async with adapter.connector(CUFF)() as link:
            heard = Inbox()
            await link.subscribe("2a35", heard.put)
            assert [await heard.next() for _ in range(30)] == [each.encode() for each in kept]
            await clock.sleep(1)
            assert not cuff.stored
