"""The Bluetooth oximeter driver against a simulated oximeter, over the air between them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from bumble.gatt import Characteristic, Service
from bumble.gatt_server import Server

from drivers.ble_pulse_oximeter import BlePulseOximeter
from kapmonitor.clock import Clock
from kapmonitor.codecs.current_time import decode, encode
from kapmonitor.codecs.fields import Timestamp
from kapmonitor.codecs.plx_status import MeasurementStatus
from kapmonitor.codecs.pulse_oximeter import PlxContinuous, PlxSpotCheck
from kapmonitor.codecs.sfloat import Special
from kapmonitor.device import Driver, GattLink, LinkKind
from kapmonitor.errors import DeviceRefusedError
from kapmonitor.model import DeviceKind, Quality
from simulators.ble_pulse_oximeter import BlePulseOximeter as Oximeter
from simulators.gatt import indicating, notifying, service, settable
from simulators.heart_rate_strap import HeartRateStrap
from simulators.physiology import BodyEvent
from tests.bluetooth import STRAP, hearing, person, room
from tests.drivers.test_ble_blood_pressure import Calendar
from tests.warp import WarpClock, warped


class Speaker(Oximeter):
    """Says what it is given, one thing a second, from when somebody listens."""

    def __init__(self, clock: Clock, *says: bytes, spot_check: bool = False) -> None:
        super().__init__(person(clock), clock, seed=1)
        self.says = says
        self.spot_check = spot_check

    def services(self, server: Server) -> Sequence[Service]:
        del server
        self.voice: Characteristic[bytes] = indicating(0x2A5E) if self.spot_check else notifying(0x2A5F)
        return [service(0x1822, self.voice)]

    async def serve(self) -> None:
        while not self._listeners(self.voice):
            await self.clock.sleep(0.01)
        for each in self.says:
            await (self.indicate if self.spot_check else self.notify)(self.voice, each)
            await self.clock.sleep(1)
        await asyncio.Event().wait()


def local(clock: Clock, ago_s: float) -> Timestamp:
    """What a device's clock showed `ago_s` seconds ago."""
    then = (clock.utc() - timedelta(seconds=ago_s)).astimezone()
    return (then.year, then.month, then.day, then.hour, then.minute, then.second)


def test_it_is_what_a_registry_expects() -> None:
    driver: Driver[GattLink] = BlePulseOximeter(Clock())
    assert driver.kind is DeviceKind.OXIMETER
    assert driver.link_kind is LinkKind.BLE
    assert driver.silence_s == {"spo2": 3.0}


@warped
async def test_saturation_pulse_and_perfusion_follow_the_body() -> None:
    clock = WarpClock()
    body = person(clock, BodyEvent(10, "desaturation", 60, 84))
    driver = BlePulseOximeter(clock)
    async with hearing(clock, Oximeter(body, clock, seed=1), driver) as heard:
        await heard.until(lambda: len(heard.readings("spo2")) >= 5)
        first = heard.readings("spo2")[0]
        assert first.quality is Quality.VALID
        assert 94 <= (first.value or 0) <= 100
        await heard.until(lambda: any(each.value == 84 for each in heard.readings("spo2")))
        state = body.state(clock.now())
        assert abs((heard.readings("pulse_rate")[-1].value or 0) - state.heart_rate) < 8
        assert abs((heard.readings("perfusion_index")[-1].value or 0) - state.perfusion_index) < 0.5
    assert driver.model == "Simulated oximeter"
    assert driver.errors == 0


@warped
async def test_without_a_finger_there_is_no_number_and_the_reason() -> None:
    clock = WarpClock()
    body = person(clock, BodyEvent(3, "finger_off", 1000))
    async with hearing(clock, Oximeter(body, clock, seed=1), BlePulseOximeter(clock)) as heard:
        await heard.until(lambda: any(each.value is None for each in heard.readings("spo2")))
        await clock.sleep(5)
        for quantity in ("spo2", "pulse_rate", "perfusion_index"):
            last = heard.readings(quantity)[-1]
            assert (last.value, last.reason) == (None, "no_finger")


@warped
async def test_numbers_that_are_none_are_missing_readings() -> None:
    clock = WarpClock()
    says = [PlxContinuous(special, special, amplitude=special).encode() for special in Special]
    driver = BlePulseOximeter(clock)
    async with hearing(clock, Speaker(clock, *says), driver) as heard:
        await heard.until(lambda: len(heard.readings("spo2")) == len(Special))
        for quantity in ("spo2", "pulse_rate", "perfusion_index"):
            readings = heard.readings(quantity)
            assert {(each.value, each.reason) for each in readings} == {(None, "not_a_number")}
    assert driver.errors == 0


@warped
async def test_what_it_had_stored_is_not_passed_on() -> None:
    clock = WarpClock()
    stored = MeasurementStatus.STORED
    says = (
        PlxContinuous(81, 50, measurement_status=int(stored)).encode(),
        PlxContinuous(97, 70, measurement_status=int(MeasurementStatus.VALIDATED)).encode(),
    )
    driver = BlePulseOximeter(clock)
    async with hearing(clock, Speaker(clock, *says), driver) as heard:
        await heard.until(lambda: bool(heard.all))
        assert [each.value for each in heard.readings("spo2")] == [97.0]
    assert driver.stored == 1


@warped
async def test_spot_checks_are_taken_where_there_is_nothing_better_but_not_old_ones() -> None:
    clock = Calendar()
    says = (
        PlxSpotCheck(80, 50, timestamp=local(clock, 3600)).encode(),
        PlxSpotCheck(81, 50, measurement_status=int(MeasurementStatus.STORED)).encode(),
        PlxSpotCheck(96, 70, timestamp=local(clock, 2)).encode(),
        PlxSpotCheck(97, 70, timestamp=(2017, 1, 1, 1, 34, 19), clock_not_set=True).encode(),
        PlxSpotCheck(98, 70, timestamp=(0, 0, 0, 0, 0, 0)).encode(),
        PlxSpotCheck(99, 70).encode(),
        PlxSpotCheck(82, 50, timestamp=local(clock, -3600)).encode(),
    )
    driver = BlePulseOximeter(clock)
    async with hearing(clock, Speaker(clock, *says, spot_check=True), driver) as heard:
        await heard.until(lambda: len(heard.readings("spo2")) == 6)
    told = [each.value or each.reason for each in heard.readings("spo2")]
    assert told == ["clock_wrong", 96.0, 97.0, 98.0, 99.0, "clock_wrong"]
    assert driver.stored == 3


class Both(Oximeter):
    """Has the continuous measurement, too; tells spot checks alone until `continues`. Its clock is `off`."""

    def __init__(self, clock: Clock, off: timedelta) -> None:
        super().__init__(person(clock), clock, seed=1)
        self.continues = False
        self.off = off

    def services(self, server: Server) -> Sequence[Service]:
        self.spot = indicating(0x2A5E)
        self.time = settable(0x2A2B, lambda: encode(self.clock.utc().astimezone() + self.off), self.set)
        others = super().services(server)
        return [service(0x1822, self._continuous, self.spot), service(0x1805, self.time), *others[1:]]

    def set(self, data: bytes) -> None:
        self.off = datetime(*decode(data)).astimezone() - self.clock.utc()

    async def serve(self) -> None:
        async for _, now in self.seconds():
            stamp = local(self.clock, -self.off.total_seconds())
            await self.indicate(self.spot, PlxSpotCheck(91, 70, timestamp=stamp).encode())
            if self.continues:
                await self.notify(self._continuous, self.measure(now).encode())


@warped
async def test_spot_checks_count_where_the_continuous_measurement_never_comes_and_the_clock_is_set() -> None:
    clock = Calendar()
    device = Both(clock, timedelta(hours=-3))
    async with hearing(clock, device, BlePulseOximeter(clock)) as heard:
        await clock.sleep(10)
        assert [each.value for each in heard.readings("spo2")][-5:] == [91.0] * 5
        assert abs(device.off) < timedelta(seconds=2)
        device.continues = True
        await clock.sleep(10)
        assert 91.0 not in [each.value for each in heard.readings("spo2")][-5:]


@warped
async def test_what_means_nothing_is_counted_and_skipped() -> None:
    clock = WarpClock()
    driver = BlePulseOximeter(clock)
    says = (b"", b"\x00\x61", PlxContinuous(97, 70).encode())
    async with hearing(clock, Speaker(clock, *says), driver) as heard:
        await heard.until(lambda: bool(heard.all))
    assert driver.errors == 2


@warped
async def test_a_device_that_is_no_oximeter_is_refused() -> None:
    clock = WarpClock()
    strap = HeartRateStrap(person(clock), clock, seed=1)
    async with room(clock, (strap, STRAP)) as (_, adapter), adapter.connector(STRAP)() as link:
        with pytest.raises(DeviceRefusedError, match="2a5e"):
            await BlePulseOximeter(clock).run(link, lambda _: None)
