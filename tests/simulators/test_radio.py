"""The virtual radio itself: who hears whom, and what a link survives."""

from __future__ import annotations

import asyncio

import pytest
from bumble.core import ConnectionError as BumbleConnectionError
from bumble.device import Device
from bumble.hci import Address, HCI_ErrorCode, HCI_LE_Create_Connection_Cancel_Command

from simulators.heart_rate_strap import HeartRateStrap
from simulators.radio import Radio
from tests.bluetooth import NOBODY, OXIMETER, STRAP, on_air, person
from tests.warp import WarpClock, warped


async def central(radio: Radio, address: str = "F0:00:00:00:00:01") -> Device:
    transport = radio.central()
    device = Device.with_hci("central", Address(address), transport.source, transport.sink)
    await device.power_on()
    return device


@warped
async def test_a_connect_can_be_taken_back_and_says_so() -> None:
    async with Radio() as radio:
        device = await central(radio)
        for _ in range(2):
            attempt = asyncio.create_task(device.connect_le(NOBODY, timeout=None))
            while not device.is_le_connecting:
                await asyncio.sleep(0)
            await device.send_sync_command(HCI_LE_Create_Connection_Cancel_Command())
            with pytest.raises(BumbleConnectionError) as error:
                await attempt
            assert error.value.error_code == HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR


@warped
async def test_of_two_who_connect_at_once_one_is_told_that_it_failed() -> None:
    clock = WarpClock()
    strap = HeartRateStrap(person(clock), clock, seed=1)
    async with Radio() as radio:
        devices = [await central(radio, f"F0:00:00:00:00:0{number}") for number in (1, 2)]
        attempts = [asyncio.create_task(device.connect_le(STRAP)) for device in devices]
        await asyncio.sleep(1)
        async with on_air(radio, (strap, STRAP)):
            await asyncio.gather(*attempts)
            await asyncio.sleep(1)
            assert sorted(len(device.connections) for device in devices) == [0, 1]
            assert strap.connected


@warped
async def test_nobody_who_left_is_connected_to_and_nobody_keeps_a_link_to_them() -> None:
    clock = WarpClock()
    straps = [(HeartRateStrap(person(clock), clock, seed=1), each) for each in (STRAP, OXIMETER)]
    async with Radio() as radio:
        device = await central(radio)
        async with on_air(radio, *straps):
            for _, address in straps:
                await device.connect_le(address)
            assert len(device.connections) == 2
        await asyncio.sleep(0.01)
        assert not device.connections
        heard: list[object] = []
        device.on(Device.EVENT_ADVERTISEMENT, heard.append)
        await device.start_scanning()
        await asyncio.sleep(5)
        assert not heard


@warped
async def test_what_was_said_out_of_range_arrives_in_order_or_never() -> None:
    clock = WarpClock()
    strap = HeartRateStrap(person(clock), clock, seed=1)
    async with Radio(supervision_s=3) as radio, on_air(radio, (strap, STRAP)):
        device = await central(radio)
        connection = await device.connect_le(STRAP)
        [service] = await connection.gatt_client.discover_service("180D")
        [measurement] = await service.discover_characteristics(["2A37"])
        heard: list[bytes] = []
        await measurement.subscribe(heard.append)
        strap.silence()
        await asyncio.sleep(1)
        heard.clear()
        strap.silence(silent=False)
        strap.out_of_range()
        for number in range(5):
            await strap.notify(strap._measurement, bytes([0, number]))
        strap.silence()
        await asyncio.sleep(2)
        assert not heard
        strap.in_range()
        await asyncio.sleep(0.1)
        assert [each[1] for each in heard] == [0, 1, 2, 3, 4]
        strap.out_of_range()
        await asyncio.sleep(4)
        strap.in_range()
        await asyncio.sleep(0.01)
        assert not device.connections
        assert not strap.connected


@warped
async def test_latency_delays_and_does_not_reorder() -> None:
    clock = WarpClock()
    strap = HeartRateStrap(person(clock), clock, seed=1)
    async with Radio(latency_s=0.25) as radio, on_air(radio, (strap, STRAP)):
        device = await central(radio)
        connection = await device.connect_le(STRAP)
        before = clock.now()
        await connection.gatt_client.discover_services()
        assert clock.now() - before >= 0.5


@warped
async def test_a_reset_controller_forgets_its_links() -> None:
    clock = WarpClock()
    strap = HeartRateStrap(person(clock), clock, seed=1)
    async with Radio() as radio, on_air(radio, (strap, STRAP)):
        device = await central(radio)
        await device.connect_le(STRAP)
        assert strap.connected
        await device.reset()
        await asyncio.sleep(1)
        assert not strap.connected
