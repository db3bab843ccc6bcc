"""The strap driver against a simulated strap, over the air between them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from drivers.heart_rate_strap import HeartRateStrap
from kapmonitor.clock import Clock
from kapmonitor.device import Driver, GattLink, LinkKind
from kapmonitor.errors import DeviceRefusedError, LinkLostError
from kapmonitor.model import DeviceKind, Quality, Reading
from simulators.ble_pulse_oximeter import BlePulseOximeter
from simulators.heart_rate_strap import HeartRateStrap as Strap
from simulators.physiology import BodyEvent
from tests.bluetooth import OXIMETER, STRAP, Heard, hearing, person, room
from tests.warp import WarpClock, warped

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "heart_rate.json").read_text())


class Speaker(Strap):
    """Says what it is given, one thing a second, from when somebody listens."""

    def __init__(self, clock: Clock, *says: bytes) -> None:
        super().__init__(person(clock), clock, seed=1)
        self.says = says

    async def serve(self) -> None:
        while not self._listeners(self._measurement):
            await self.clock.sleep(0.01)
        for each in self.says:
            await self.notify(self._measurement, each)
            await self.clock.sleep(1)
        await asyncio.Event().wait()


def test_it_is_what_a_registry_expects() -> None:
    driver: Driver[GattLink] = HeartRateStrap(Clock())
    assert driver.kind is DeviceKind.STRAP
    assert driver.link_kind is LinkKind.BLE
    assert driver.silence_s == {"heart_rate": 3.0}


@warped
async def test_every_beat_of_the_body_arrives_and_none_twice() -> None:
    clock = WarpClock()
    body = person(clock)
    driver = HeartRateStrap(clock)
    async with hearing(clock, Strap(body, clock, seed=1), driver) as heard:
        await heard.until(lambda: len(heard.readings("rr_interval")) > 30)
    intervals = [each.value for each in heard.readings("rr_interval")]
    beats = [
        round(round(beat.rr_ms * 1024 / 1000) * 1000 / 1024, 2)
        for beat in body.beats(clock.now() - 100, clock.now())
    ]
    assert any(beats[start : start + len(intervals)] == intervals for start in range(len(beats)))
    rates = heard.readings("heart_rate")
    assert all(each.quality is Quality.VALID for each in rates)
    assert all(abs((each.value or 0) - body.state(clock.now()).heart_rate) < 8 for each in rates)


@warped
async def test_the_rate_comes_once_a_second_though_it_does_not_change() -> None:
    clock = WarpClock()
    strap = Speaker(clock, *[bytes.fromhex("1048cc03")] * 10)
    async with hearing(clock, strap, HeartRateStrap(clock)) as heard:
        await heard.until(lambda: len(heard.readings("rr_interval")) == 10)
        assert [each.value for each in heard.readings("heart_rate")] == [72.0] * 10


@warped
async def test_the_strap_tells_its_model_and_its_battery_and_when_that_falls() -> None:
    clock = WarpClock()
    strap = Strap(person(clock), clock, seed=3)
    driver = HeartRateStrap(clock)
    async with hearing(clock, strap, driver) as heard:
        await heard.until(lambda: bool(heard.readings("battery")))
        assert driver.model == "Simulated strap"
        first = driver.battery
        assert first == heard.readings("battery")[0].value
        assert first is not None
        await heard.until(lambda: driver.battery == first - 1, within_s=1900)


@warped
async def test_a_charge_that_the_strap_does_not_know_is_no_charge() -> None:
    clock = WarpClock()
    strap, driver = Strap(person(clock), clock, seed=3), HeartRateStrap(clock)
    strap.battery._charge = 255
    async with hearing(clock, strap, driver) as heard:
        await heard.until(lambda: bool(heard.readings("battery")))
        assert (heard.readings("battery")[0].value, driver.battery) == (None, None)


@warped
async def test_without_skin_there_is_no_number_and_the_reason() -> None:
    clock = WarpClock()
    body = person(clock, BodyEvent(5, "strap_off", 10))
    async with hearing(clock, Strap(body, clock, seed=1), HeartRateStrap(clock)) as heard:
        await heard.until(lambda: any(each.value is None for each in heard.readings("heart_rate")))
        count = len(heard.readings("rr_interval"))
        await clock.sleep(4)
        assert len(heard.readings("rr_interval")) == count
        missing = heard.readings("heart_rate")[-1]
        assert missing.value is None
        assert missing.reason
        await clock.sleep(10)
        assert heard.readings("heart_rate")[-1].quality is Quality.VALID


@warped
async def test_what_real_straps_sent_arrives_as_it_means() -> None:
    clock = WarpClock()
    strap = Speaker(clock, *(bytes.fromhex(each["bytes"]) for each in VECTORS))
    driver = HeartRateStrap(clock)
    expected = [tuple(each) for vector in VECTORS for each in vector.get("readings", [])]
    async with hearing(clock, strap, driver) as heard:

        def seen() -> list[tuple[object, ...]]:
            readings = [each for each in heard.all if isinstance(each, Reading)]
            return [
                (each.quantity, each.value, each.quality.value, each.reason)
                for each in readings
                if each.quantity != "battery"
            ]

        await heard.until(lambda: len(seen()) >= len(expected), within_s=len(VECTORS) + 5)
        await clock.sleep(len(VECTORS))
        assert seen() == expected
        assert driver.errors == sum(each["message"] is None for each in VECTORS)


@warped
async def test_notifications_without_meaning_are_counted_and_skipped() -> None:
    clock = WarpClock()
    strap = Speaker(clock, *[b"", b"\x10\x48\x01", b"\x00\x48"] * 3)
    driver = HeartRateStrap(clock)
    async with hearing(clock, strap, driver) as heard:
        await heard.until(lambda: len(heard.readings("heart_rate")) == 3)
        assert driver.errors == 6
        assert {each.value for each in heard.readings("heart_rate")} == {72.0}


@warped
async def test_a_device_that_is_no_strap_is_refused_and_a_lost_strap_is_an_error() -> None:
    clock = WarpClock()
    body = person(clock)
    strap = Strap(body, clock, seed=1)
    oximeter = BlePulseOximeter(body, clock, seed=1)
    driver = HeartRateStrap(clock)
    async with room(clock, (strap, STRAP), (oximeter, OXIMETER)) as (_, adapter):
        async with adapter.connector(OXIMETER)() as link:
            with pytest.raises(DeviceRefusedError):
                await driver.run(link, lambda _: None)
        heard = Heard()
        async with adapter.connector(STRAP)() as link:
            running = asyncio.create_task(driver.run(link, heard.report))
            await heard.until(lambda: bool(heard.all))
            strap.out_of_range()
            with pytest.raises(LinkLostError):
                await running
