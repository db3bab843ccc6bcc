"""The system's Bluetooth on Linux: bleak's own backend for BlueZ, over a real D-Bus.

The daemon at the other end of the bus is ours; what bleak and the adapter do is what they do in a clinic.
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import drivers
from kapmonitor.clock import Clock
from kapmonitor.codecs.heart_rate import decode
from kapmonitor.errors import DeviceNotFoundError, LinkError, LinkLostError, NeedsPairingError
from kapmonitor.transports import ble, ble_stack
from kapmonitor.transports.ble import BleAdapter
from kapmonitor.transports.bumble_dongle import Dongle
from simulators.ble_blood_pressure import BleBloodPressure
from simulators.heart_rate_strap import HeartRateStrap
from simulators.radio import Radio
from tests.bluetooth import CUFF, NOBODY, STRAP, Inbox, driving, lost, on_air, person
from tests.transports.bluez import ADAPTER, DEVICE, HCI, NO, YES, BlueZ, path_of
from tests.transports.dbus import on_bus, private_bus


@dataclass
class Machine:
    """A machine with Bluetooth, a strap and a cuff near it."""

    adapter: BleAdapter
    bluez: BlueZ
    strap: HeartRateStrap
    cuff: BleBloodPressure
    bus: Process


@asynccontextmanager
async def machine(
    folder: Path, monkeypatch: pytest.MonkeyPatch, connect_s: float = 15.0
) -> AsyncGenerator[Machine, None]:
    before = asyncio.all_tasks()
    clock = Clock()
    body = person(clock)
    strap, cuff = HeartRateStrap(body, clock, seed=1), BleBloodPressure(body, clock, seed=1)
    async with private_bus(folder) as (address, process), Radio() as radio:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        async with on_bus(address, "org.bluez") as bus, on_air(radio, (strap, STRAP), (cuff, CUFF)):
            dongle = Dongle(radio.central(), "F0:00:00:00:00:01")
            bluez = BlueZ(bus, dongle)
            adapter = BleAdapter(clock, search_s=2, connect_s=connect_s)
            yield Machine(adapter, bluez, strap, cuff, process)
            await adapter.close()
            await bluez.close()
            await dongle.close()
    # Bleak watches the bus from a task of its own, which ends after the bus.
    async with asyncio.timeout(10):
        while asyncio.all_tasks() - before - {asyncio.current_task()}:
            await asyncio.sleep(0.01)


async def test_a_strap_is_found_read_heard_lost_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machine(tmp_path, monkeypatch) as here:
        found = {each.address: each for each in await here.adapter.scan(1)}
        assert found[STRAP].services == ("180d",)
        assert found[STRAP].name == "Simulated strap"
        for _ in range(2):
            async with here.adapter.connector(STRAP)() as link:
                heard = Inbox()
                await link.subscribe("2a37", heard.put)
                assert decode(await heard.next()).heart_rate
                assert await link.read("2a38") == b"\1"
                here.strap.out_of_range()
                assert isinstance(await lost(link), LinkLostError)
                with pytest.raises(LinkLostError):
                    await link.read("2a38")
            here.strap.in_range()


async def test_interference_while_connecting_does_not_hurt_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bleak tries again by itself, and has told of a disconnection before the connection is there."""
    async with machine(tmp_path, monkeypatch) as here:
        here.bluez.abort_connects = 1
        async with here.adapter.connector(STRAP)() as link:
            assert await link.read("2a38") == b"\1"
        assert len(here.bluez.connects) == 2


async def test_a_cuff_is_paired_when_it_asks_for_it_and_needs_a_person_when_it_forgot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machine(tmp_path, monkeypatch) as here:
        for _ in range(2):
            async with here.adapter.connector(CUFF)() as link:
                heard = Inbox()
                await link.subscribe("2a35", heard.put)
                here.cuff.store(here.cuff.result())
                assert await heard.next()
            assert here.cuff.bonded
        await here.cuff.lose_bond()
        with pytest.raises((NeedsPairingError, LinkLostError)):
            async with here.adapter.connector(CUFF)() as link:
                await link.subscribe("2a35", lambda _: None)
        await here.adapter.forget(CUFF)
        await here.adapter.forget(NOBODY)
        async with here.adapter.connector(CUFF)() as link:
            await link.subscribe("2a35", lambda _: None)
        assert here.cuff.bonded


async def test_what_is_read_arrives_as_a_notification_too_and_no_driver_is_told_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machine(tmp_path, monkeypatch) as here:
        async with here.adapter.connector(STRAP)() as link:
            twice = Inbox()
            await link.subscribe("2a19", twice.put)
            assert await link.read("2a19") == await twice.next()
        async with driving(drivers.load("heart-rate-strap")(Clock()), here.adapter, STRAP) as heard:
            await heard.until(lambda: bool(heard.readings("battery")))
            await heard.until(lambda: len(heard.readings("heart_rate")) > 2)
        assert len(heard.readings("battery")) == 1


async def test_notifications_that_stop_leave_the_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machine(tmp_path, monkeypatch) as here, here.adapter.connector(STRAP)() as link:
        heard = Inbox()
        await link.subscribe("2a37", heard.put)
        await heard.next()
        here.bluez.mute = True
        assert await link.read("2a38") == b"\1"


async def test_an_absent_device_is_not_found_even_if_the_system_knew_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machine(tmp_path, monkeypatch) as here:
        async with here.adapter.connector(STRAP)():
            here.strap.stop_advertising()
        for address in (STRAP, NOBODY):
            search = asyncio.create_task(here.adapter.connector(address)().__aenter__())
            await asyncio.sleep(0.5)
            here.bluez.changed(path_of(STRAP), DEVICE, {"Trusted": YES})
            with pytest.raises(DeviceNotFoundError):
                await search
        assert len(here.bluez.connects) == 1, "what is not heard is not called"


async def test_a_device_that_a_crash_left_connected_is_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machine(tmp_path, monkeypatch) as here:
        crashed = BleAdapter(Clock())
        held = crashed.connector(STRAP)()
        await held.__aenter__()
        async with here.adapter.connector(STRAP)() as link:
            assert await link.read("2a38") == b"\1"
        assert len(here.bluez.connects) == 1
        await held.__aexit__(None, None, None)
        await crashed.close()


async def test_bluetooth_that_is_switched_off_or_has_no_radio_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machine(tmp_path, monkeypatch) as here:
        here.bluez.objects[HCI][ADAPTER]["Powered"] = NO
        with pytest.raises(LinkError, match="can be used: No powered Bluetooth"):
            await here.adapter.scan(1)
        assert not await here.adapter.available()


async def test_a_system_without_the_bluetooth_service_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with private_bus(tmp_path) as (address, _):
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        adapter = BleAdapter(Clock())
        with pytest.raises(LinkError, match=r"has no Bluetooth that can be used: .*org\.bluez"):
            await adapter.scan(1)
        await adapter.close()


async def test_a_connect_that_hangs_for_ever_is_left_behind_and_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bleak waits for an answer without a limit, also to its own request to give up."""
    monkeypatch.setattr(ble, "GRACE_S", 1.0)
    monkeypatch.setattr(ble_stack, "GRACE_S", 1.0)
    async with machine(tmp_path, monkeypatch, connect_s=2) as here:
        here.bluez.hung.add(path_of(STRAP))
        with pytest.raises(DeviceNotFoundError):
            await here.adapter.connector(STRAP)().__aenter__()
        async with here.adapter.connector(CUFF)() as link:
            assert await link.has("2a35")


async def test_a_bus_that_dies_costs_the_link_and_hangs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machine(tmp_path, monkeypatch) as here:
        async with here.adapter.connector(STRAP)() as link:
            here.bus.kill()
            assert isinstance(await lost(link), LinkLostError)
        with pytest.raises(LinkError):
            await here.adapter.connector(STRAP)().__aenter__()
