"""What a script lets go wrong inside a device, heard by the real driver: never a number that is not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

import drivers
import simulators
from kapmonitor.codecs import pulse_oximeter
from kapmonitor.errors import LinkError
from kapmonitor.model import BloodPressure, Quality, Waveform
from kapmonitor.transports.memory import memory_pair
from simulators.adapter_faults import suffer
from simulators.ble_blood_pressure import BleBloodPressure, CuffWithClock
from simulators.ble_pulse_oximeter import BlePulseOximeter
from simulators.events import EventKind
from simulators.heart_rate_strap import HeartRateStrap
from simulators.physiology import Body, BodyEvent
from tests.bluetooth import CUFF, OXIMETER, STRAP, driving, hearing, person, room
from tests.drivers.conversation import Seen, end
from tests.drivers.test_ble_blood_pressure import Calendar
from tests.warp import WarpClock, warped

UNPLUGGED = {
    "contec-cms50": "sensor_off",
    "nonin-df2": "sensor_off",
    "nonin-df7": "sensor_off",
    "nonin-ascii": "not_available",
    "masimo-ascii": "sensor_off",
    "bci-oximeter": "sensor_off",
}
FAILED: list[tuple[str, EventKind, str]] = [
    ("suntech-nibp", "cuff_leak", "leak"),
    ("suntech-nibp", "cuff_air_leak", "leak"),
    ("suntech-nibp", "cuff_loose", "leak"),
    ("suntech-nibp", "cuff_overpressure", "overpressure"),
    ("suntech-nibp", "cuff_user_stop", "aborted"),
    ("medlab-nibp", "cuff_leak", "leak"),
    ("medlab-nibp", "cuff_air_leak", "leak"),
    ("medlab-nibp", "cuff_loose", "cuff_loose"),
    ("medlab-nibp", "cuff_overpressure", "overpressure"),
    ("medlab-nibp", "cuff_user_stop", "not_available"),
]


@asynccontextmanager
async def line(name: str, *events: BodyEvent) -> AsyncIterator[tuple[Any, Seen, Body]]:
    """The driver called `name` and its simulator at the two ends of a line in memory."""
    clock = WarpClock()
    body = person(clock, *events)
    near, far = memory_pair()
    seen, driver = Seen(), drivers.load(name)(clock)
    device = simulators.load(name)(body, clock, seed=1)
    tasks = [asyncio.create_task(device.run(far)), asyncio.create_task(driver.run(near, seen.report))]
    await asyncio.sleep(5)
    try:
        yield driver, seen, body
    finally:
        for task in reversed(tasks):
            await end(task)


@pytest.mark.parametrize(("name", "reason"), UNPLUGGED.items())
@warped
async def test_an_unplugged_probe_leaves_no_number_and_is_told_from_a_missing_finger(
    name: str, reason: str
) -> None:
    async with line(name, BodyEvent(15, "probe_unplugged", 20)) as (_, seen, _):
        await asyncio.sleep(25)
        gone = seen.readings("spo2")[-1]
        await asyncio.sleep(25)
    assert (gone.value, gone.reason) == (None, reason)
    assert seen.readings("spo2")[-1].value is not None


@pytest.mark.parametrize(("name", "event", "reason"), FAILED)
@warped
async def test_a_measurement_that_comes_to_nothing_says_why_and_the_next_one_succeeds(
    name: str, event: EventKind, reason: str
) -> None:
    wrong = BodyEvent(0, event, 60)
    async with line(name, wrong) as (driver, seen, body):
        await driver.start("manual")
        failed = await seen.measured()
        assert max(seen.values("cuff_pressure")) <= 300
        await asyncio.sleep(90)
        assert body.cuff_mmhg(WarpClock().now()) == 0
        await driver.start("manual")
        good = await seen.measured(2)
    assert (failed.systolic.value, failed.reason) == (None, reason)
    assert good.quality is Quality.VALID


@pytest.mark.parametrize("name", ["nonin-df2", "contec-cms50", "masimo-ascii"])
@warped
async def test_a_frozen_oximeter_goes_on_and_says_the_same_number_and_pulse_wave(name: str) -> None:
    falls = BodyEvent(15, "desaturation", 60, 80)
    async with line(name, falls, BodyEvent(20, "oximeter_stuck", 20)) as (driver, seen, _):
        await asyncio.sleep(19)
        before = len(seen.readings("spo2")), len(seen.of(Waveform))
        await asyncio.sleep(14)
        stuck = seen.readings("spo2")[before[0] :]
        waves = [each.values for each in seen.of(Waveform)[before[1] :]]
        await asyncio.sleep(20)
    assert len(stuck) >= 12
    assert len({each.value for each in stuck}) == 1
    assert (stuck[0].value or 0) > 85
    assert len({tuple(each) for each in waves}) <= 10, "the second that it repeats"
    assert (seen.readings("spo2")[-1].value or 100) < 85, "it goes on"
    assert driver.errors == 0


async def bluetooth_cuff(*events: BodyEvent) -> list[BloodPressure]:
    """What the driver tells of one press of the button."""
    clock = Calendar()
    cuff = BleBloodPressure(person(clock, *events), clock, seed=1)
    async with hearing(clock, cuff, drivers.load("ble-blood-pressure")(clock)) as heard:
        cuff.press_button()
        await clock.sleep(90)
        return heard.pressures


@warped
async def test_a_bluetooth_cuff_says_as_much_as_its_service_has_words_for() -> None:
    kinds: tuple[EventKind, ...] = ("cuff_leak", "cuff_air_leak", "cuff_overpressure", "cuff_not_a_number")
    for kind in kinds:
        [failed] = await bluetooth_cuff(BodyEvent(0, kind))
        assert (failed.systolic.value, failed.reason) == (None, "not_a_number"), kind
    [loose] = await bluetooth_cuff(BodyEvent(0, "cuff_loose"))
    assert (loose.quality, loose.reason) == (Quality.QUESTIONABLE, "cuff_loose")
    assert await bluetooth_cuff(BodyEvent(0, "cuff_user_stop")) == []


@warped
async def test_what_a_cuff_has_stored_comes_at_the_next_connection_and_is_never_live() -> None:
    clock = Calendar()
    cuff = BleBloodPressure(person(clock, BodyEvent(20, "cuff_stored", 60, 12)), clock, seed=1)
    driver = drivers.load("ble-blood-pressure")(clock)
    async with room(clock, (cuff, CUFF)) as (_, adapter):
        async with adapter.connector(CUFF)():
            while not cuff.stored or cuff.connected:
                await clock.sleep(0.5)
        assert len(cuff.stored) == 12
        async with driving(driver, adapter, CUFF) as heard:
            cuff.press_button()
            await heard.until(lambda: len(heard.pressures) == 13, within_s=90)
    assert [each.live for each in heard.pressures] == [False] * 12 + [True]
    assert heard.pressures[-1].systolic.value != heard.pressures[0].systolic.value


@pytest.mark.parametrize("hours", [-3.0, 48.0])
@warped
async def test_a_cuff_whose_clock_is_wrong_is_set_where_it_lets_us_and_never_told_as_new(
    hours: float,
) -> None:
    """What was measured while nobody watched, by a clock that is wrong, is not taken for live."""
    clock = Calendar()
    event = BodyEvent(0, "cuff_wrong_clock", size=hours)
    for kind, live in ((BleBloodPressure, False), (CuffWithClock, True)):
        cuff = kind(person(clock, event), clock, seed=1)
        async with hearing(clock, cuff, drivers.load("ble-blood-pressure")(clock)) as heard:
            await clock.sleep(5)
            cuff.store(cuff.result())
            await clock.sleep(5)
        assert heard.pressures[0].live is live, kind


@warped
async def test_a_sensor_that_drifts_is_off_by_more_and_more() -> None:
    clock = WarpClock()
    events = (BodyEvent(0, "oximeter_drift", 600, -12.0), BodyEvent(0, "cuff_drift", 600, 30.0))
    straight, drifting = person(clock), person(clock, *events)
    spo2 = [BlePulseOximeter(each, clock, seed=1) for each in (straight, drifting)]
    pressure = [BleBloodPressure(each, clock, seed=1) for each in (straight, drifting)]
    now = clock.now()
    off = []
    for second in range(600):
        values = [each.measure(now + second).spo2 for each in spo2]
        assert all(isinstance(each, int) for each in values)
        off.append(float(str(values[1])) - float(str(values[0])))
    assert abs(off[20]) <= 1
    assert off[300] == pytest.approx(-6, abs=1)
    assert off[599] == pytest.approx(-12, abs=1)
    await clock.sleep(590)
    true, wrong = (float(str(each.result().systolic)) for each in pressure)
    assert wrong - true == pytest.approx(29.5, abs=1)


@warped
async def test_reserved_words_and_what_is_in_the_memory_are_no_numbers() -> None:
    clock = WarpClock()
    now = clock.now()
    events = (BodyEvent(10, "oximeter_not_a_number", 10), BodyEvent(30, "oximeter_stored", 10))
    one = BlePulseOximeter(person(clock, *events), clock, seed=1)
    sent = [pulse_oximeter.decode_continuous(one.measure(now + each).encode()) for each in range(45)]
    assert len({each.spo2 for each in sent[11:19]}) == 5, "each of the five words"
    assert all(row.reason == "not_a_number" for each in sent[11:19] for row in pulse_oximeter.observe(each))
    assert all(each.stored for each in sent[31:39])
    assert not any(each.stored for each in sent[:30] + sent[41:])


@warped
async def test_a_full_adapter_takes_no_further_device_and_takes_it_when_one_has_gone() -> None:
    clock = WarpClock()
    body = person(clock, BodyEvent(0, "slots_exhausted", 200, 1))
    devices = (HeartRateStrap(body, clock, seed=1), BlePulseOximeter(body, clock, seed=1))
    async with room(clock, (devices[0], STRAP), (devices[1], OXIMETER)) as (radio, adapter):
        suffering = asyncio.create_task(suffer(radio, [body], clock))
        await clock.sleep(2)
        async with adapter.connector(STRAP)():
            with pytest.raises(LinkError):
                await adapter.connector(OXIMETER)().__aenter__()
        async with adapter.connector(OXIMETER)() as link:
            assert await link.has("2a5f")
        await end(suffering)


@warped
async def test_an_adapter_that_hangs_is_an_error_and_comes_back_by_itself() -> None:
    clock = WarpClock()
    body = person(clock, BodyEvent(10, "adapter_hang", 60))
    strap = HeartRateStrap(body, clock, seed=1)
    async with room(clock, (strap, STRAP), search_s=3, connect_s=5) as (radio, adapter):
        suffering = asyncio.create_task(suffer(radio, [body], clock))
        await clock.sleep(12)
        with pytest.raises(LinkError):
            await adapter.connector(STRAP)().__aenter__()
        await clock.sleep(60)
        for _ in range(6):
            try:
                async with adapter.connector(STRAP)() as link:
                    assert await link.read("2a38") == b"\1"
                    break
            except LinkError:
                continue
        else:
            pytest.fail("it never came back")
        await end(suffering)


@pytest.mark.parametrize("name", ["ble-pulse-oximeter", "viatom-o2ring", "ble-blood-pressure"])
@warped
async def test_a_battery_that_dies_is_told_by_its_driver(name: str) -> None:
    clock, driver = Calendar(), drivers.load(name)
    kind: EventKind = "cuff_battery" if driver.kind == "cuff" else "oximeter_battery"
    body = person(clock, BodyEvent(15, kind, size=18), BodyEvent(35, kind, size=4))
    device, own = simulators.load(name)(body, clock, seed=1), driver(clock)
    async with hearing(clock, device, own) as heard:
        await clock.sleep(60)
    full, *later = [each.value for each in heard.readings("battery")]
    assert (full is not None and full >= 60, later) == (True, [18, 4])
    assert own.battery == 4


@warped
async def test_each_characteristic_is_spoiled_by_itself() -> None:
    """A strap that is stuck repeats its beats as beats, its charge as its charge."""
    clock = WarpClock()
    events = (BodyEvent(10, "strap_stuck"), BodyEvent(12, "strap_battery", size=50))
    strap = HeartRateStrap(person(clock, *events), clock, seed=1)
    async with hearing(clock, strap, drivers.load("heart-rate-strap")(clock)) as heard:
        await clock.sleep(30)
    assert heard.readings("battery")
    assert all(each.value is not None and each.value >= 50 for each in heard.readings("battery"))
    assert len({each.value for each in heard.readings("heart_rate")[-10:]}) == 1


@pytest.mark.parametrize(("fault", "expected"), [("cuff_doubled", [True, False]), ("cuff_lossy", [])])
@warped
async def test_what_goes_wrong_on_a_bluetooth_cuffs_wire_goes_wrong_with_its_results_too(
    fault: EventKind, expected: list[bool]
) -> None:
    found = await bluetooth_cuff(BodyEvent(0, fault, size=1.0))
    assert [each.live for each in found] == expected
