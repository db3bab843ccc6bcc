"""The Bluetooth cuff driver against a simulated cuff, paired, over the air between them."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from drivers.ble_blood_pressure import BleBloodPressure
from kapmonitor.clock import Clock
from kapmonitor.codecs.blood_pressure import BloodPressureMeasurement, IntermediateCuffPressure
from kapmonitor.codecs.fields import Timestamp
from kapmonitor.codecs.sfloat import Special
from kapmonitor.device import CuffDriver, GattLink, LinkKind
from kapmonitor.errors import DeviceRefusedError, LinkLostError
from kapmonitor.model import DeviceKind, Quality
from simulators.ble_blood_pressure import BleBloodPressure as Cuff
from simulators.ble_blood_pressure import CuffWithClock
from tests.bluetooth import CUFF, Heard, driving, hearing, person, room
from tests.warp import WarpClock, warped

ZERO = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


class Calendar(WarpClock):
    """Jumping time with a date to it."""

    def utc(self) -> datetime:
        return ZERO + timedelta(seconds=self.now())


def measured(
    clock: Clock, systolic: float, ago_s: float | None, ahead_s: float = 0.0
) -> BloodPressureMeasurement:
    """A measurement of `ago_s` seconds ago, by a cuff whose clock is `ahead_s` ahead of ours."""
    return BloodPressureMeasurement(systolic, 80, 94, timestamp=_stamp(clock, ago_s, ahead_s), pulse_rate=70)


def _stamp(clock: Clock, ago_s: float | None, ahead_s: float) -> Timestamp | None:
    if ago_s is None:
        return None
    then = (clock.utc() + timedelta(seconds=ahead_s - ago_s)).astimezone()
    return (then.year, then.month, then.day, then.hour, then.minute, then.second)


def cuff_of(clock: Clock) -> Cuff:
    return Cuff(person(clock), clock, seed=1)


def test_it_is_what_a_registry_expects() -> None:
    driver: CuffDriver[GattLink] = BleBloodPressure(Clock())
    assert driver.kind is DeviceKind.CUFF
    assert driver.link_kind is LinkKind.BLE
    assert not driver.startable
    assert driver.silence_s == {}


async def test_it_cannot_be_started_or_stopped_from_here_and_says_what_to_do() -> None:
    driver = BleBloodPressure(Clock())
    with pytest.raises(DeviceRefusedError, match="press the button on the cuff"):
        await driver.start("manual")
    with pytest.raises(DeviceRefusedError, match="press the button on the cuff"):
        await driver.stop()


@warped
async def test_a_person_presses_the_button_and_the_measurement_arrives() -> None:
    clock = Calendar()
    body = person(clock)
    cuff = Cuff(body, clock, seed=1)
    driver = BleBloodPressure(clock)
    async with hearing(clock, cuff, driver) as heard:
        await clock.sleep(5)
        assert not heard.pressures
        cuff.press_button()
        await heard.until(lambda: bool(heard.pressures))
        [pressure] = heard.pressures
        state = body.state(clock.now())
        assert pressure.live
        assert pressure.quality is Quality.VALID
        assert abs((pressure.systolic.value or 0) - state.systolic) < 10
        assert abs((pressure.diastolic.value or 0) - state.diastolic) < 8
        assert pressure.pulse is not None
        assert abs((pressure.pulse.value or 0) - state.heart_rate) < 8
        inflating = [each.value or 0 for each in heard.readings("cuff_pressure")]
        assert len(inflating) > 10
        assert max(inflating) > state.systolic
        assert inflating[-1] < state.diastolic
    assert driver.model == "Simulated cuff"


@warped
async def test_a_link_that_the_cuff_ends_after_each_measurement_costs_nothing() -> None:
    clock = Calendar()
    cuff = cuff_of(clock)
    driver = BleBloodPressure(clock)
    async with room(clock, (cuff, CUFF)) as (_, adapter):
        for _ in range(3):
            cuff.store(cuff.result())
            heard = Heard()
            async with adapter.connector(CUFF)() as link:
                running = asyncio.create_task(driver.run(link, heard.report))
                while cuff.stored:  # until the cuff knows that it was heard
                    await clock.sleep(0.1)
                await cuff.disconnect()
                with pytest.raises(LinkLostError):
                    await running
            assert [each.live for each in heard.pressures] == [True]
            await clock.sleep(300)
    assert not cuff.stored


@warped
async def test_what_the_cuff_had_stored_comes_marked_and_the_new_one_comes_live() -> None:
    clock = Calendar()
    cuff = cuff_of(clock)
    for systolic, ago_s in ((118, 86400.0), (121, 3600.0), (124, 180.0), (127, 60.0)):
        cuff.store(measured(clock, systolic, ago_s))
    async with hearing(clock, cuff, BleBloodPressure(clock)) as heard:
        await heard.until(lambda: len(heard.pressures) == 4)
        assert [(each.systolic.value, each.live) for each in heard.pressures] == [
            (118.0, False),
            (121.0, False),
            (124.0, False),
            (127.0, True),
        ]


@warped
async def test_what_was_told_before_is_not_new_at_the_next_connection() -> None:
    clock = Calendar()
    cuff = cuff_of(clock)
    driver = BleBloodPressure(clock)
    told = measured(clock, 127, 10)
    async with room(clock, (cuff, CUFF)) as (_, adapter):
        for expected in (True, False):
            cuff.store(told)
            async with driving(driver, adapter, CUFF) as heard:
                await clock.sleep(5)
                assert [each.live for each in heard.pressures] == [expected]


@warped
async def test_a_cuff_without_a_clock_is_believed_once() -> None:
    clock = Calendar()
    cuff = cuff_of(clock)
    driver = BleBloodPressure(clock)
    unknown = BloodPressureMeasurement(120, 80, 93, timestamp=(0, 0, 0, 0, 0, 0))
    async with hearing(clock, cuff, driver) as heard:
        for each in (measured(clock, 120, None), measured(clock, 120, None), unknown, unknown):
            cuff.store(each)
        await heard.until(lambda: len(heard.pressures) == 4)
        assert [each.live for each in heard.pressures] == [False, False, False, True]
        await clock.sleep(240)
        cuff.store(measured(clock, 120, None))
        await heard.until(lambda: len(heard.pressures) == 5)
        assert heard.pressures[-1].live, "the same numbers later are another measurement"


def test_a_clock_that_is_ahead_makes_nothing_live_and_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    @warped
    async def summer_time() -> None:
        clock = Calendar()
        cuff = cuff_of(clock)
        async with hearing(clock, cuff, BleBloodPressure(clock)) as heard:
            cuff.store(measured(clock, 120, 5, ahead_s=3600))
            await heard.until(lambda: bool(heard.pressures))
            assert not heard.pressures[0].live

    with caplog.at_level(logging.WARNING, logger="drivers"):
        summer_time()
    assert "60 min ahead: set it" in caplog.text


@warped
async def test_what_we_watched_being_measured_is_live_whatever_the_cuffs_clock_says() -> None:
    clock = Calendar()
    wrong = Calendar()
    wrong.utc = lambda: ZERO - timedelta(days=4000)  # type: ignore[method-assign]  # never set since the factory
    cuff = Cuff(person(clock), wrong, seed=1)
    async with hearing(clock, cuff, BleBloodPressure(clock)) as heard:
        cuff.press_button()
        await heard.until(lambda: bool(heard.pressures))
        assert heard.pressures[0].live
        cuff.store(cuff.result())
        await heard.until(lambda: len(heard.pressures) == 2)
        assert not heard.pressures[1].live


@warped
async def test_what_is_told_at_a_new_connection_is_not_what_was_watched_in_the_last_one() -> None:
    """A cuff that is lost while it inflates tells its memory first when it comes back."""
    clock = Calendar()
    cuff = cuff_of(clock)
    driver = BleBloodPressure(clock)
    async with room(clock, (cuff, CUFF)) as (_, adapter):
        async with driving(driver, adapter, CUFF) as heard:
            await clock.sleep(2)
            await cuff.notify(cuff._cuff_pressure, IntermediateCuffPressure(140).encode())
            await heard.until(lambda: bool(heard.readings("cuff_pressure")))
        cuff.store(measured(clock, 191, 86_400))
        cuff.store(measured(clock, 127, 1))
        async with driving(driver, adapter, CUFF) as heard:
            await heard.until(lambda: len(heard.pressures) == 2)
            assert [(each.systolic.value, each.live) for each in heard.pressures] == [
                (191.0, False),
                (127.0, True),
            ]


@warped
async def test_of_several_without_a_time_told_at_once_only_the_newest_is_new() -> None:
    """A cuff whose battery was changed tells its whole memory, of whomever, and knows of none when it was."""
    clock = Calendar()
    cuff = cuff_of(clock)
    async with room(clock, (cuff, CUFF)) as (_, adapter):
        for systolic in (191, 118, 124):
            cuff.store(measured(clock, systolic, None))
        async with driving(BleBloodPressure(clock), adapter, CUFF) as heard:
            await heard.until(lambda: len(heard.pressures) == 3)
        assert [(each.systolic.value, each.live) for each in heard.pressures] == [
            (191.0, False),
            (118.0, False),
            (124.0, True),
        ]


@warped
async def test_one_without_a_time_is_told_although_the_cuff_hangs_up_at_once() -> None:
    clock = Calendar()
    cuff = cuff_of(clock)
    async with room(clock, (cuff, CUFF)) as (_, adapter):
        cuff.store(measured(clock, 124, None))
        heard = Heard()
        async with adapter.connector(CUFF)() as link:
            running = asyncio.create_task(BleBloodPressure(clock).run(link, heard.report))
            while cuff.stored:
                await clock.sleep(0.1)
            await cuff.disconnect()
            with pytest.raises(LinkLostError):
                await running
        assert [(each.systolic.value, each.live) for each in heard.pressures] == [(124.0, True)]


@warped
async def test_kilopascals_are_converted_and_impossible_numbers_are_none() -> None:
    clock = Calendar()
    cuff = cuff_of(clock)
    async with hearing(clock, cuff, BleBloodPressure(clock)) as heard:
        cuff.store(BloodPressureMeasurement(16, 10.7, 12.4, kilopascal=True))
        cuff.store(BloodPressureMeasurement(182400, 80, 93))
        cuff.store(BloodPressureMeasurement(Special.NAN, Special.NAN, Special.NAN, status=2))
        await heard.until(lambda: len(heard.pressures) == 3)
        metric, impossible, none = heard.pressures
        assert (metric.systolic.value, metric.diastolic.value) == (120.0, 80.3)
        assert (impossible.systolic.value, impossible.systolic.reason) == (None, "out_of_range")
        assert {each.value for each in none.readings} == {None}


@warped
async def test_what_means_nothing_is_counted_and_skipped() -> None:
    clock = Calendar()
    cuff = cuff_of(clock)
    driver = BleBloodPressure(clock)
    async with hearing(clock, cuff, driver) as heard:
        cuff.store(measured(clock, 120, 5))
        await heard.until(lambda: bool(heard.pressures))
        await clock.sleep(1)
        await cuff.notify(cuff._cuff_pressure, b"\x00\x10")
        await cuff.indicate(cuff._measurement, b"")
        cuff.store(measured(clock, 125, 5))
        await heard.until(lambda: len(heard.pressures) == 2)
    assert driver.errors == 2


REAL = bytes.fromhex("def6f416f3ff07e4070114082b00b2f2018000")
"""A real cuff's: reserved flags set, no mean, 127 over 79 on 20 January 2020."""


@warped
async def test_what_a_real_cuff_sent_with_reserved_flags_and_no_mean_is_a_valid_old_reading() -> None:
    clock = Calendar()
    cuff = cuff_of(clock)
    driver = BleBloodPressure(clock)
    async with hearing(clock, cuff, driver) as heard:
        cuff.store(measured(clock, 120, 5))
        await heard.until(lambda: bool(heard.pressures))
        await cuff.indicate(cuff._measurement, REAL)
        await heard.until(lambda: len(heard.pressures) == 2)
        old = heard.pressures[-1]
        assert (old.systolic.value, old.diastolic.value, old.systolic.quality) == (127, 79, Quality.VALID)
        assert (old.mean.value, old.mean.reason) == (None, "not_a_number")
        assert not old.live
    assert driver.errors == 0


def _has_pressures(heard: Heard) -> bool:
    return bool(heard.pressures)


@pytest.mark.parametrize(
    ("maker", "off_min", "is_set"),
    [
        ("A&D Medical", 3, True),
        ("A&D Medical", 0.5, False),
        ("OMRON HEALTHCARE", 30, True),
        ("OMRON HEALTHCARE", 5, False),
        ("OMRON HEALTHCARE", -700, True),
    ],
)
@warped
async def test_a_clock_that_is_off_is_set_as_its_maker_wants_it(
    maker: str, off_min: float, *, is_set: bool
) -> None:
    clock = Calendar()
    cuff = CuffWithClock(person(clock), clock, seed=1, maker=maker)
    cuff.off = timedelta(minutes=off_min)
    driver = BleBloodPressure(clock)
    async with room(clock, (cuff, CUFF)) as (_, adapter):
        for connection in range(2):
            async with driving(driver, adapter, CUFF) as heard:
                await clock.sleep(15)
                assert cuff.sets == (1 if is_set else 0), connection
                assert abs(cuff.off) < (timedelta(seconds=2) if is_set else timedelta(minutes=6))
                if is_set:
                    cuff.store(cuff.result())
                    await heard.until(partial(_has_pressures, heard))
                    assert heard.pressures[-1].live
                await clock.sleep(200)
    assert cuff.bonded
