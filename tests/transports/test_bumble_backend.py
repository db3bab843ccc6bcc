"""Bleak's own client and scanner over bumble: what any program written for bleak may count on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import (
    BleakCharacteristicNotFoundError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)
from bumble.att import ATT_Error, AttributeValue
from bumble.core import UUID
from bumble.gatt import Characteristic, Descriptor, Service
from bumble.gatt_server import Server
from bumble.hci import Address, HCI_ErrorCode

from kapmonitor.clock import Clock
from kapmonitor.transports.bumble_backend import BumbleClient
from kapmonitor.transports.bumble_dongle import Dongle
from kapmonitor.transports.bumble_scanner import BumbleScanner
from simulators.gatt import notifying, readable, service
from simulators.peripheral import Peripheral
from simulators.radio import Radio
from tests.bluetooth import NOBODY, OXIMETER, STRAP, on_air, person
from tests.warp import WarpClock, warped

LONG, NOTE, TWICE, SLOW, FORBIDDEN = 0x2A24, 0x2A3D, 0x2A1C, 0x2A3F, 0x2A2A


def refuse(_: object) -> bytes:
    raise ATT_Error(BleakGATTProtocolErrorCode.READ_NOT_PERMITTED)


class Oddity(Peripheral):
    """One of everything that is hard on a GATT client."""

    name = "Oddity"
    advertised = 0x181A
    silent_when = "oximeter_silent"

    def __init__(self, clock: Clock) -> None:
        super().__init__(person(clock), clock, seed=1)
        self.never: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.max_mtu = 517

    def services(self, server: Server) -> Sequence[Service]:
        server.max_mtu = self.max_mtu
        kinds, allowed = Characteristic.Properties, Characteristic.Permissions
        description: Descriptor = Descriptor(UUID.from_16_bits(0x2901), allowed.READABLE, b"in words")
        self.note: Characteristic[bytes] = Characteristic(
            UUID.from_16_bits(NOTE),
            kinds.READ | kinds.WRITE | kinds.NOTIFY,
            allowed.READABLE | allowed.WRITEABLE,
            b"old",
            [description],
        )
        slow: Characteristic[bytes] = Characteristic(
            UUID.from_16_bits(SLOW), kinds.READ, allowed.READABLE, AttributeValue(read=lambda _: self.never)
        )
        forbidden: Characteristic[bytes] = Characteristic(
            UUID.from_16_bits(FORBIDDEN), kinds.READ, allowed.READABLE, AttributeValue(read=refuse)
        )
        return [
            service(0x181A, self.note, slow, forbidden),
            service(0x1809, readable(TWICE, b"first"), notifying(0x2A1E)),
            service(0x180A, readable(TWICE, b"second"), readable(LONG, b"x" * 600)),
        ]

    async def serve(self) -> None:
        await asyncio.Event().wait()


@asynccontextmanager
async def bench(device: Oddity) -> AsyncGenerator[tuple[Radio, Dongle], None]:
    async with Radio() as radio, on_air(radio, (device, STRAP)):
        dongle = Dongle(radio.central(), "F0:00:00:00:00:01")
        try:
            yield radio, dongle
        finally:
            await dongle.close()


def client(dongle: Dongle, address: str = STRAP, timeout: float = 10) -> BleakClient:
    return BleakClient(address, timeout=timeout, backend=BumbleClient, dongle=dongle)


@warped
async def test_values_are_read_and_written_by_handle_so_that_two_of_one_uuid_stay_two() -> None:
    async with bench(Oddity(WarpClock())) as (_, dongle), client(dongle) as peer:
        twice = [each for each in peer.services.characteristics.values() if each.uuid[4:8] == "2a1c"]
        assert [await peer.read_gatt_char(each) for each in twice] == [b"first", b"second"]
        await peer.write_gatt_char("2a3d", b"new", response=True)
        assert await peer.read_gatt_char("2a3d") == b"new"
        note = peer.services.get_characteristic("2a3d")
        assert note is not None
        assert set(note.properties) == {"read", "write", "notify"}
        assert [
            await peer.read_gatt_descriptor(each) for each in note.descriptors if "2901" in each.uuid
        ] == [b"in words"]
        assert await peer.read_gatt_char("2a24") == b"x" * 600, "longer than one packet"


@warped
async def test_a_larger_mtu_is_asked_for_and_the_smallest_is_enough() -> None:
    clock = WarpClock()
    for offered, agreed in ((517, 247), (100, 100), (23, 23)):
        device = Oddity(clock)
        device.max_mtu = offered
        heard: list[bytes] = []
        async with bench(device) as (_, dongle), client(dongle) as peer:
            assert peer.mtu_size == agreed
            await peer.start_notify("2a3d", partial(_keep, heard))
            await device.notify(device.note, bytes(20))
            await clock.sleep(1)
        assert heard == [bytes(20)]


def _keep(kept: list[bytes], _: object, data: bytearray) -> None:
    kept.append(bytes(data))


@warped
async def test_errors_are_bleaks() -> None:
    async with bench(Oddity(WarpClock())) as (_, dongle):
        async with client(dongle) as peer:
            with pytest.raises(BleakCharacteristicNotFoundError):
                await peer.read_gatt_char("2a37")
            with pytest.raises(BleakGATTProtocolError) as refused:
                await peer.read_gatt_char("2a2a")
            assert refused.value.code is BleakGATTProtocolErrorCode.READ_NOT_PERMITTED
        with pytest.raises(BleakError, match="Not connected"):
            await peer.start_notify("2a3d", lambda *_: None)
        with pytest.raises(BleakDeviceNotFoundError):
            await client(dongle, NOBODY, timeout=2).connect()
        with pytest.raises(BleakDeviceNotFoundError):
            await client(dongle, "00:11:22:33:44:55", timeout=2).connect()


@warped
async def test_a_lost_connection_is_an_error_and_a_cancellation_stays_the_callers() -> None:
    device = Oddity(WarpClock())
    gone = asyncio.Event()
    async with bench(device) as (_, dongle):
        peer = BleakClient(STRAP, lambda _: gone.set(), backend=BumbleClient, dongle=dongle)
        async with peer:
            reading = asyncio.create_task(peer.read_gatt_char("2a3f"))
            await asyncio.sleep(1)
            await device.disconnect()
            with pytest.raises(BleakError, match="the connection was lost"):
                await reading
            assert gone.is_set()
            assert not peer.is_connected
        async with client(dongle) as peer:
            reading = asyncio.create_task(peer.read_gatt_char("2a3f"))
            await asyncio.sleep(1)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            assert peer.is_connected
            assert await peer.read_gatt_char("2a3d") == b"old", "a request given up does not block the next"
        device.never.cancel()


@warped
async def test_a_connection_made_late_is_not_kept() -> None:
    """A connect that timed out leaves no device connected to nobody, however late the device comes."""
    clock = WarpClock()
    late = Oddity(clock)
    async with bench(Oddity(clock)) as (radio, dongle):
        with pytest.raises(BleakDeviceNotFoundError):
            await client(dongle, OXIMETER, timeout=2).connect()
        async with on_air(radio, (late, OXIMETER)):
            await asyncio.sleep(5)
            assert not late.connected


@warped
async def test_a_controller_that_is_let_go_tells_every_connection() -> None:
    """Also where one of them is being ended and the controller, which knows it no more, never says so."""
    clock, gone = WarpClock(), asyncio.Event()
    async with bench(Oddity(clock)) as (radio, dongle), on_air(radio, (Oddity(clock), OXIMETER)):
        leaving = client(dongle)
        staying = BleakClient(
            OXIMETER, disconnected_callback=lambda _: gone.set(), backend=BumbleClient, dongle=dongle
        )
        await leaving.connect()
        await staying.connect()
        [central] = radio.centrals
        central.hung = True
        central.lose(Address(STRAP), HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)
        central.hung = False
        ending = asyncio.create_task(leaving.disconnect())
        await clock.sleep(1)
        assert not ending.done()
        await dongle.close()
        assert gone.is_set()
        with suppress(BleakError):
            await ending


@warped
async def test_the_scanner_filters_by_service() -> None:
    async with bench(Oddity(WarpClock())) as (_, dongle):
        for services, expected in ((["181a"], [STRAP]), (["180d"], []), (None, [STRAP])):
            full = [f"0000{each}-0000-1000-8000-00805f9b34fb" for each in services] if services else None
            async with BleakScanner(None, full, backend=BumbleScanner, dongle=dongle) as scanner:
                await asyncio.sleep(1)
            assert [each.address for each in scanner.discovered_devices] == expected
