"""Each fault that a script has does something to the wire of each simulator that can have it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

import drivers
import simulators
from kapmonitor.device import CuffDriver, LinkKind
from kapmonitor.errors import KapmonitorError
from kapmonitor.model import DeviceKind
from kapmonitor.transports.memory import memory_pair
from simulators.adapter_faults import suffer
from simulators.events import BodyEvent, EventKind
from simulators.physiology import Body
from simulators.wire_faults import FAULTS, FaultyLink
from tests.bluetooth import CUFF, person, room
from tests.drivers.test_ble_blood_pressure import Calendar
from tests.warp import warped

FROM_S, LASTS_S, WATCHED_S = 5.0, 13.0, 24.0
RISING = BodyEvent(3, "tachycardia", 60, 110)
"""So that something changes, and what is stuck can be told from what is calm."""
Wire = list[tuple[str, bytes]]

WIRE = ("silent", *FAULTS)
RADIO = ("far", "held", "bond_lost")
BODY: dict[DeviceKind, tuple[EventKind, ...]] = {
    DeviceKind.STRAP: ("strap_off", "strap_battery", "tachycardia", "bradycardia"),
    DeviceKind.OXIMETER: (
        "desaturation",
        "tachycardia",
        "bradycardia",
        "motion",
        "low_perfusion",
        "finger_off",
        "probe_unplugged",
        "oximeter_on_cuff_arm",
        "oximeter_drift",
    ),
    DeviceKind.CUFF: (
        "hypertension",
        "hypotension",
        "tachycardia",
        "cuff_leak",
        "cuff_air_leak",
        "cuff_loose",
        "cuff_overpressure",
        "cuff_user_stop",
        "cuff_drift",
    ),
}
OF_ITS_OWN: dict[str, tuple[EventKind, ...]] = {
    "ble-pulse-oximeter": ("oximeter_stored", "oximeter_not_a_number", "oximeter_battery"),
    "ble-blood-pressure": ("cuff_stored", "cuff_wrong_clock", "cuff_not_a_number", "cuff_battery"),
    "nonin-df7": ("oximeter_battery",),
    "nonin-ble": ("oximeter_battery",),
    "viatom-pc60": ("oximeter_battery",),
    "viatom-o2ring": ("oximeter_battery",),
}
HAS_NO_WORD = {("nonin-ascii", "low_perfusion")}
"""A line of two numbers has none for a weak pulse."""
SIZES: dict[str, float] = {
    "desaturation": 80,
    "hypertension": 210,
    "hypotension": 70,
    "tachycardia": 170,
    "bradycardia": 35,
    "motion": 0.9,
    "low_perfusion": 0.1,
    "strap_battery": 15,
    "oximeter_battery": 15,
    "cuff_battery": 15,
    "cuff_stored": 3,
    "cuff_wrong_clock": 5,
    "cuff_drift": 40,
    "oximeter_drift": -15,
}


def faults_of(name: str) -> list[EventKind]:
    """Every kind of event that this simulator can have."""
    family = drivers.load(name)
    ways = (*WIRE, *RADIO) if family.link_kind is LinkKind.BLE else WIRE
    found: list[Any] = [f"{family.kind}_{way}" for way in ways]
    found += [*BODY[family.kind], *OF_ITS_OWN.get(name, ())]
    found += ["adapter_hang", "slots_exhausted"] if family.link_kind is LinkKind.BLE else []
    return [each for each in found if (name, each) not in HAS_NO_WORD]


class Tap:
    """A link that writes down what comes: `listen` is the method that is listened to."""

    def __init__(self, link: Any, wire: Wire) -> None:
        self._link = link
        self._wire = wire

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)

    async def subscribe(self, characteristic: str, on_value: Callable[[bytes], None]) -> None:
        def hear(data: bytes) -> None:
            self._wire.append((characteristic, data))
            on_value(data)

        await self._link.subscribe(characteristic, hear)

    async def read(self, *characteristic: str) -> bytes:
        data: bytes = await self._link.read(*characteristic)
        self._wire.append(("".join(characteristic), data))
        return data


async def use(driver: Any, device: Any, clock: Calendar) -> None:
    """What a nurse does with a cuff: one measurement before it goes wrong, then one after the other."""
    while isinstance(driver, CuffDriver):
        await clock.sleep(2)
        if driver.startable:
            with suppress(KapmonitorError):
                await driver.start("manual")
        else:
            device.press_button()


async def by_cable(driver: Any, device: Any, body: Body, clock: Calendar, wire: Wire) -> None:
    near, far = memory_pair()
    playing = asyncio.create_task(device.run(FaultyLink(far, body, driver.kind, clock, 3)))
    try:
        while True:
            with suppress(KapmonitorError):
                await driver.run(Tap(near, wire), lambda _: None)
            wire.append(("lost", b""))
            await clock.sleep(0.5)
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


async def by_radio(driver: Any, device: Any, body: Body, clock: Calendar, wire: Wire) -> None:
    async with room(clock, (device, CUFF), search_s=3, connect_s=3) as (radio, adapter):
        suffering = asyncio.create_task(suffer(radio, [body], clock))
        try:
            while True:
                with suppress(KapmonitorError):
                    async with adapter.connector(CUFF)() as link:
                        await driver.run(Tap(link, wire), lambda _: None)
                wire.append(("lost", b""))
                await clock.sleep(0.5)
        finally:
            suffering.cancel()
            await asyncio.gather(suffering, return_exceptions=True)


def on_the_wire(name: str, *events: BodyEvent) -> Wire:
    """What the device says within `WATCHED_S` under a script of `events`."""
    wire: Wire = []

    @warped
    async def play() -> None:
        clock = Calendar()
        body = person(clock, RISING, *events)
        device, driver = simulators.load(name)(body, clock, seed=1), drivers.load(name)(clock)
        if driver.kind is DeviceKind.OXIMETER:
            body.cuff_mmhg = lambda _: 300.0
        talk = by_cable if driver.link_kind is LinkKind.SERIAL else by_radio
        tasks = [
            asyncio.create_task(talk(driver, device, body, clock, wire)),
            asyncio.create_task(use(driver, device, clock)),
        ]
        await clock.sleep(WATCHED_S)
        assert not tasks[0].done(), tasks[0]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    play()
    return wire


def without_effect(name: str, kinds: list[EventKind]) -> list[EventKind]:
    """Those of `kinds` that change nothing."""
    calm = on_the_wire(name)
    assert len(calm) > 5, "it says too little to tell"
    return [each for each in kinds if on_the_wire(name, _event(each)) == calm]


def _event(kind: EventKind) -> BodyEvent:
    """Full slots only hurt who is not connected yet, and an end of 13 s lets a drift get far."""
    at = 0.0 if kind == "slots_exhausted" else FROM_S
    return BodyEvent(at, kind, LASTS_S, SIZES.get(kind, 0.0 if kind == "slots_exhausted" else 1.0))


@pytest.mark.parametrize("name", ["nonin-df2", "bci-oximeter"])
def test_a_weak_pulse_shows_on_the_wire(name: str) -> None:
    assert without_effect(name, ["low_perfusion"]) == []


@pytest.mark.parametrize("name", ["nonin-df7"])
def test_a_battery_that_is_no_percentage_shows_on_the_wire(name: str) -> None:
    assert without_effect(name, ["oximeter_battery"]) == []


@pytest.mark.soak
@pytest.mark.parametrize("name", simulators.SIMULATORS)
def test_every_fault_shows_on_the_wire(name: str) -> None:
    assert without_effect(name, faults_of(name)) == []
