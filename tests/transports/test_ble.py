"""Bluetooth through the whole stack: bleak, bumble's host, HCI, virtual controllers, a simulated strap."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from kapmonitor.clock import Clock
from kapmonitor.codecs.heart_rate import decode
from kapmonitor.errors import (
    ConfigError,
    DeviceNotFoundError,
    DeviceRefusedError,
    LinkError,
    LinkLostError,
)
from kapmonitor.transports.ble import BleAdapter, bumble_adapter
from simulators.ble_blood_pressure import BleBloodPressure
from simulators.ble_pulse_oximeter import BlePulseOximeter
from simulators.heart_rate_strap import HeartRateStrap
from tests.bluetooth import CUFF, NOBODY, OXIMETER, STRAP, Inbox, lost, on_air, person, room
from tests.warp import WarpClock, warped


def strap(clock: Clock) -> HeartRateStrap:
    return HeartRateStrap(person(clock), clock, seed=1)


@warped
async def test_a_scan_shows_what_is_in_reach_and_what_it_is() -> None:
    clock = WarpClock()
    body = person(clock)
    devices = (
        (HeartRateStrap(body, clock, seed=1), STRAP),
        (BlePulseOximeter(body, clock, seed=1), OXIMETER),
        (BleBloodPressure(body, clock, seed=1), CUFF),
    )
    async with room(clock, *devices) as (_, adapter):
        found = {each.address: each for each in await adapter.scan(5)}
        assert await adapter.available()
    assert {address: each.services for address, each in found.items()} == {
        STRAP: ("180d",),
        OXIMETER: ("1822",),
        CUFF: ("1810",),
    }
    assert found[STRAP].name == "Simulated strap"
    assert -100 < found[STRAP].rssi < 0


@warped
async def test_a_strap_is_connected_to_read_and_listened_to() -> None:
    clock = WarpClock()
    async with room(clock, (strap(clock), STRAP)) as (_, adapter), adapter.connector(STRAP)() as link:
        heard = Inbox()
        await link.subscribe("2a37", heard.put)
        assert decode(await heard.next()).contact is True
        assert decode(await heard.next()).rr_1024
        assert await link.read("00002a24-0000-1000-8000-00805f9b34fb") == b"Simulated strap"
        assert 0 < (await link.read("2a19"))[0] <= 100
        assert await link.has("2a37")
        assert not await link.has("2a5f")


@warped
async def test_what_a_device_does_not_offer_is_refused_and_the_link_stays() -> None:
    clock = WarpClock()
    async with room(clock, (strap(clock), STRAP)) as (_, adapter), adapter.connector(STRAP)() as link:
        with pytest.raises(DeviceRefusedError, match="2a5f"):
            await link.subscribe("2a5f", lambda _: None)
        with pytest.raises(DeviceRefusedError, match="does not notify"):
            await link.subscribe("2a24", lambda _: None)
        with pytest.raises(DeviceRefusedError):
            await link.read("2a5f")
        with pytest.raises(DeviceRefusedError):
            await link.write("2a5f", b"\1")
        assert await link.read("2a38") == b"\1"


@warped
async def test_out_of_range_everything_that_waits_hears_of_it_and_coming_back_works() -> None:
    clock = WarpClock()
    device = strap(clock)
    async with room(clock, (device, STRAP)) as (_, adapter):
        async with adapter.connector(STRAP)() as link:
            device.out_of_range()
            with pytest.raises(LinkLostError, match=STRAP):
                await link.read("2a19")
            assert isinstance(await lost(link), LinkLostError)
            with pytest.raises(LinkLostError):
                await link.subscribe("2a37", lambda _: None)
            with pytest.raises(LinkLostError):
                await link.has("2a37")
        device.in_range()
        async with adapter.connector(STRAP)() as link:
            assert await link.read("2a38") == b"\1"


@warped
async def test_a_short_absence_is_bridged_by_the_link() -> None:
    clock = WarpClock()
    device = strap(clock)
    async with room(clock, (device, STRAP)) as (_, adapter), adapter.connector(STRAP)() as link:
        device.out_of_range()
        answer = asyncio.create_task(link.read("2a38"))
        await asyncio.sleep(0.5)
        assert not answer.done()
        device.in_range()
        assert await answer == b"\1"


@warped
async def test_a_silent_device_is_still_connected() -> None:
    clock = WarpClock()
    device = strap(clock)
    async with room(clock, (device, STRAP)) as (_, adapter), adapter.connector(STRAP)() as link:
        heard = Inbox()
        await link.subscribe("2a37", heard.put)
        await heard.next()
        device.silence()
        await asyncio.sleep(1)
        while not heard.empty:
            await heard.next()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(20):
                await link.lost()
        assert heard.empty
        assert await link.read("2a38") == b"\1"
        device.silence(silent=False)
        await heard.next()


@warped
async def test_a_device_that_hangs_up_and_one_whose_battery_is_pulled_are_lost() -> None:
    clock = WarpClock()
    device, other = strap(clock), strap(clock)
    async with room(clock, (device, STRAP)) as (radio, adapter):
        async with adapter.connector(STRAP)() as link:
            await device.disconnect()
            assert isinstance(await lost(link), LinkLostError)
        async with on_air(radio, (other, OXIMETER)) as [running], adapter.connector(OXIMETER)() as link:
            running.cancel()
            assert isinstance(await lost(link), LinkLostError)


@warped
async def test_an_absent_device_is_not_found_and_does_not_keep_others_from_connecting() -> None:
    clock = WarpClock()
    async with room(clock, (strap(clock), STRAP)) as (_, adapter):
        search = asyncio.create_task(adapter.connector(NOBODY)().__aenter__())
        async with asyncio.timeout(5), adapter.connector(STRAP)() as link:
            assert not search.done()
            assert await link.read("2a38") == b"\1"
        with pytest.raises(
            DeviceNotFoundError, match=f"no Bluetooth device at {NOBODY} answers: switch it on"
        ):
            await search
        async with adapter.connector(STRAP.lower())() as link:
            assert await link.read("2a38") == b"\1"


@warped
async def test_while_the_radio_connects_to_others_nobody_is_given_up() -> None:
    """It takes longer than a device is looked for, and longer than that again."""
    clock = WarpClock()
    async with room(clock, (strap(clock), STRAP), search_s=3) as (_, adapter):

        async def read(address: str) -> bytes:
            async with adapter.connector(address)() as link:
                return await link.read("2a38")

        async with adapter._radio:
            there, absent = (asyncio.create_task(read(address)) for address in (STRAP, NOBODY))
            await asyncio.sleep(30)
            assert not there.done()
            assert not absent.done()
        assert await there == b"\1"
        with pytest.raises(DeviceNotFoundError):
            await absent


@warped
async def test_a_device_that_stops_advertising_keeps_its_link_and_is_not_found_afterwards() -> None:
    clock = WarpClock()
    device = strap(clock)
    async with room(clock, (device, STRAP), search_s=3) as (_, adapter):
        async with adapter.connector(STRAP)() as link:
            device.stop_advertising()
            await asyncio.sleep(2)
            assert await link.read("2a38") == b"\1"
        with pytest.raises(DeviceNotFoundError):
            await adapter.connector(STRAP)().__aenter__()
        device.start_advertising()
        async with adapter.connector(STRAP)() as link:
            assert await link.read("2a38") == b"\1"


@warped
async def test_a_device_that_is_in_use_elsewhere_is_not_found() -> None:
    clock = WarpClock()
    async with (
        room(clock, (strap(clock), STRAP), search_s=3) as (radio, adapter),
        bumble_adapter(clock, radio.central(), own_address="F0:00:00:00:00:02") as other,
    ):
        async with other.connector(STRAP)():
            with pytest.raises(DeviceNotFoundError):
                await adapter.connector(STRAP)().__aenter__()
        async with adapter.connector(STRAP)() as link:
            assert await link.read("2a38") == b"\1"


async def test_a_machine_without_bluetooth_says_so_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(os.environ, "DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nobody'}")
    adapter = BleAdapter(Clock())
    assert not await adapter.available()
    with pytest.raises(LinkError, match="this machine has no Bluetooth that can be used: "):
        await adapter.scan(0.1)
    with pytest.raises(LinkError, match="this machine has no Bluetooth that can be used: "):
        await adapter.connector(STRAP)().__aenter__()
    await adapter.close()


async def test_a_transport_that_cannot_be_opened_is_named() -> None:
    async with bumble_adapter(Clock(), "tcp-client:127.0.0.1:1") as adapter:
        with pytest.raises(LinkError, match=r"tcp-client:127\.0\.0\.1:1 cannot be opened"):
            await adapter.connector(STRAP)().__aenter__()


async def test_without_bumble_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kapmonitor.transports.bumble_backend", None)
    with pytest.raises(ConfigError, match=r"pip install 'kapmonitor\[simulate\]'"):
        await bumble_adapter(Clock(), "usb:0").__aenter__()
