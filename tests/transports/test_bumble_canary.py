"""Where bumble behaves as our own code expects it to misbehave.

One of these failing is good news: bumble was mended, and what we built around it can go. The numbers are
those of the list of rough edges that the virtual radio and the backend were written against.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from bumble.att import AttributeValue
from bumble.controller import Controller
from bumble.core import UUID
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, Service
from bumble.hci import Address, HCI_LE_Create_Connection_Cancel_Command
from bumble.link import LocalLink

CENTRAL, PERIPHERAL = Address("F0:00:00:00:00:01"), Address("C0:00:00:00:00:01")


@asynccontextmanager
async def stock() -> AsyncGenerator[tuple[Device, Device], None]:
    """A central and a peripheral on bumble's own link and controllers, as bumble ships them."""
    link = LocalLink()  # type: ignore[no-untyped-call]  # bumble leaves it without annotations
    devices = []
    for address in (CENTRAL, PERIPHERAL):
        controller = Controller(str(address), link=link)
        devices.append(Device.with_hci(str(address), address, controller, controller))
    central, peripheral = devices
    for device in devices:
        await device.power_on()
    yield central, peripheral
    for device in devices:
        await device.power_off()


async def connected(central: Device, peripheral: Device) -> Connection:
    await peripheral.start_advertising(advertising_interval_min=20, advertising_interval_max=20)
    return await central.connect_le(PERIPHERAL)


async def test_1_a_cancelled_connect_never_completes() -> None:
    async with stock() as (central, _):
        attempt = asyncio.create_task(central.connect_le(PERIPHERAL, timeout=None))
        while not central.is_le_connecting:
            await asyncio.sleep(0)
        await central.send_sync_command(HCI_LE_Create_Connection_Cancel_Command())
        done, _ = await asyncio.wait({attempt}, timeout=0.5)
        assert not done, "bumble's controller now implements LE Create Connection Cancel"
        attempt.cancel()
        await asyncio.wait({attempt})


async def test_3_a_lost_connection_cancels_who_waits_for_an_answer() -> None:
    async with stock() as (central, peripheral):
        # A read that is never answered, so that it is pending when the link goes.
        never: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        characteristic: Characteristic[bytes] = Characteristic(
            UUID.from_16_bits(0x2A19),
            Characteristic.Properties.READ,
            Characteristic.Permissions.READABLE,
            AttributeValue(read=lambda _: never),
        )
        peripheral.add_service(Service(UUID.from_16_bits(0x180F), [characteristic]))
        connection = await connected(central, peripheral)
        reading = asyncio.create_task(connection.gatt_client.read_value(characteristic.handle))
        await asyncio.sleep(0.05)
        await connection.disconnect()
        with pytest.raises(asyncio.CancelledError):
            await reading
        never.cancel()


async def test_5_a_subscription_takes_no_notice_of_security() -> None:
    async with stock() as (central, peripheral):
        characteristic: Characteristic[bytes] = Characteristic(
            UUID.from_16_bits(0x2A35),
            Characteristic.Properties.INDICATE,
            Characteristic.Permissions.READ_REQUIRES_ENCRYPTION
            | Characteristic.Permissions.WRITE_REQUIRES_ENCRYPTION,
        )
        peripheral.add_service(Service(UUID.from_16_bits(0x1810), [characteristic]))
        connection = await connected(central, peripheral)
        cccd = characteristic.handle + 1
        await connection.gatt_client.write_value(cccd, b"\x02\x00", with_response=True)
        assert not connection.is_encrypted
        await connection.disconnect()
