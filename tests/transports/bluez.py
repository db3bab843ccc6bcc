"""A BlueZ for bleak's own Linux backend, where there is none: `org.bluez` on a private D-Bus.

What it tells the D-Bus it does over the air of a virtual radio, through bumble. Only what bleak asks of BlueZ
is there, in the order and the words in which BlueZ does it (bluez 5.66, doc/*-api.txt).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from kapmonitor.transports.bumble_backend import BumbleClient
from kapmonitor.transports.bumble_dongle import Dongle
from kapmonitor.transports.bumble_scanner import BumbleScanner

HCI = "/org/bluez/hci0"
ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
SERVICE, CHARACTERISTIC = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
YES, NO = Variant("b", True), Variant("b", False)  # noqa: FBT003 - D-Bus values
Properties = dict[str, Variant]


class Refusal(Exception):  # noqa: N818 - not an error of ours
    """A D-Bus error as an answer."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"org.bluez.Error.{name}", text)


class BlueZ:
    """The daemon.

    `abort_connects`: how many connects fail as interference makes them fail; `mute`: it passes no
    notification on; `hung`: the devices for which it never answers to a connect or disconnect.
    """

    def __init__(self, bus: MessageBus, dongle: Dongle) -> None:
        self.abort_connects = 0
        self.mute = False
        self.hung: set[str] = set()
        self.connects: list[str] = []
        self._bus = bus
        self._dongle = dongle
        self._scanner: BleakScanner | None = None
        self._clients: dict[str, BleakClient] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.objects: dict[str, dict[str, Properties]] = {
            HCI: {
                ADAPTER: {
                    "Address": Variant("s", "00:00:00:00:00:00"),
                    "Powered": YES,
                    "Roles": Variant("as", ["central"]),
                }
            }
        }
        bus.add_message_handler(self._on_message)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._scanner is not None:
            await self._scanner.stop()
        for client in list(self._clients.values()):
            await client.disconnect()

    def _on_message(self, message: Message) -> bool:
        if message.message_type is not MessageType.METHOD_CALL or not (message.path or "").startswith("/"):
            return False
        if message.interface == "org.freedesktop.DBus.Peer":
            return False
        if message.path in self.hung and message.member in ("Connect", "Disconnect"):
            return True
        task = asyncio.create_task(self._answer(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _answer(self, message: Message) -> None:
        try:
            signature, body = await self._handle(message)
            reply = Message.new_method_return(message, signature, body)
        except Refusal as refusal:
            reply = Message.new_error(message, *refusal.args)
        except BleakGATTProtocolError as error:
            text = f"Operation failed with ATT error: 0x{error.code:02x}"
            reply = Message.new_error(message, "org.bluez.Error.Failed", text)
        except BleakDeviceNotFoundError:
            reply = Message.new_error(message, "org.bluez.Error.Failed", "le-connection-abort-by-local")
        except BleakError as error:
            reply = Message.new_error(message, "org.bluez.Error.Failed", str(error))
        if self._bus.connected:
            await self._bus.send(reply)

    async def _handle(self, message: Message) -> tuple[str, list[Any]]:
        path = message.path or ""
        methods: dict[str, Callable[[str, list[Any]], Awaitable[tuple[str, list[Any]] | None]]] = {
            "GetManagedObjects": self._get_managed_objects,
            "StartDiscovery": self._start_discovery,
            "StopDiscovery": self._stop_discovery,
            "RemoveDevice": self._remove_device,
            "Connect": self._connect,
            "Disconnect": self._disconnect,
            "Pair": self._pair,
            "ReadValue": self._read,
            "WriteValue": self._write,
            "StartNotify": self._start_notify,
            "SetDiscoveryFilter": self._nothing,
            "Set": self._nothing,
        }
        return await methods[message.member or ""](path, message.body) or ("", [])

    async def _nothing(self, _: str, __: list[Any]) -> None:
        return None

    async def _get_managed_objects(self, _: str, __: list[Any]) -> tuple[str, list[Any]]:
        return "a{oa{sa{sv}}}", [self.objects]

    async def _start_discovery(self, _: str, __: list[Any]) -> None:
        self._scanner = BleakScanner(self._on_advert, backend=BumbleScanner, dongle=self._dongle)
        await self._scanner.start()

    async def _stop_discovery(self, _: str, __: list[Any]) -> None:
        scanner, self._scanner = self._scanner, None
        if scanner is not None:
            await scanner.stop()
        for path, interfaces in self.objects.items():
            if interfaces.get(DEVICE, {}).pop("RSSI", None):
                self._signal(path, "Properties", "PropertiesChanged", "sa{sv}as", [DEVICE, {}, ["RSSI"]])

    def _on_advert(self, device: BLEDevice, advert: AdvertisementData) -> None:
        path = path_of(device.address)
        if path in self.objects:
            self.changed(path, DEVICE, {"RSSI": Variant("n", advert.rssi)})
            return
        self._add(
            path,
            DEVICE,
            {
                "Address": Variant("s", device.address),
                "Alias": Variant("s", device.name or device.address.replace(":", "-")),
                "Name": Variant("s", device.name or ""),
                "Adapter": Variant("o", HCI),
                "Paired": NO,
                "Connected": NO,
                "ServicesResolved": NO,
                "UUIDs": Variant("as", advert.service_uuids),
                "RSSI": Variant("n", advert.rssi),
            },
        )

    async def _connect(self, path: str, _: list[Any]) -> None:
        if path not in self.objects:
            raise Refusal("DoesNotExist", "Does Not Exist")
        self.connects.append(path)
        if self.abort_connects:
            self.abort_connects -= 1
            for connected in (YES, NO):
                self.changed(path, DEVICE, {"Connected": connected})
            raise Refusal("Failed", "le-connection-abort-by-local")
        address = str(self.objects[path][DEVICE]["Address"].value)
        client = BleakClient(
            address, lambda _: self._gone(path), backend=BumbleClient, dongle=self._dongle, timeout=5
        )
        await client.connect()
        self._clients[path] = client
        self.changed(path, DEVICE, {"Connected": YES})
        self._add_services(path, client)
        self.changed(path, DEVICE, {"ServicesResolved": YES})

    def _add_services(self, path: str, client: BleakClient) -> None:
        uuids = [service.uuid for service in client.services]
        self.changed(path, DEVICE, {"UUIDs": Variant("as", uuids)})
        for service in client.services:
            there = f"{path}/service{service.handle:04x}"
            of = {"UUID": Variant("s", service.uuid), "Device": Variant("o", path)}
            self._add(there, SERVICE, of | {"Primary": YES})
            for each in service.characteristics:
                here = f"{there}/char{each.handle:04x}"
                flags = Variant("as", list(each.properties))
                of = {"UUID": Variant("s", each.uuid), "Service": Variant("o", there), "Flags": flags}
                self._add(here, CHARACTERISTIC, of)

    def _gone(self, path: str) -> None:
        self._clients.pop(path, None)
        self.changed(path, DEVICE, {"ServicesResolved": NO, "Connected": NO})

    async def _disconnect(self, path: str, _: list[Any]) -> None:
        if path in self._clients:
            await self._clients[path].disconnect()

    async def _pair(self, path: str, _: list[Any]) -> None:
        if path not in self._clients:
            await self._connect(path, [])
        try:
            await self._clients[path].pair()
        except BleakError as error:
            raise Refusal("AuthenticationFailed", "Authentication Failed") from error
        self.changed(path, DEVICE, {"Paired": YES})

    async def _remove_device(self, _: str, body: list[Any]) -> None:
        [path] = body
        if path not in self.objects:
            raise Refusal("DoesNotExist", "Does Not Exist")
        address = str(self.objects[path][DEVICE]["Address"].value)
        await BleakClient(address, backend=BumbleClient, dongle=self._dongle).unpair()
        del self.objects[path]
        self._signal("/", "ObjectManager", "InterfacesRemoved", "oas", [path, [DEVICE]])

    async def _read(self, path: str, _: list[Any]) -> tuple[str, list[Any]]:
        client, handle = self._at(path)
        value = bytes(await client.read_gatt_char(handle))
        self.changed(path, CHARACTERISTIC, {"Value": Variant("ay", value)})  # as if it had been notified
        return "ay", [value]

    async def _write(self, path: str, body: list[Any]) -> None:
        client, handle = self._at(path)
        await client.write_gatt_char(handle, bytes(body[0]), response=True)

    async def _start_notify(self, path: str, _: list[Any]) -> None:
        client, handle = self._at(path)

        def tell(_: object, value: bytearray) -> None:
            if not self.mute:
                self.changed(path, CHARACTERISTIC, {"Value": Variant("ay", bytes(value))})

        await client.start_notify(handle, tell)

    def _at(self, path: str) -> tuple[BleakClient, int]:
        client = self._clients.get(path.partition("/service")[0])
        if client is None:
            raise Refusal("Failed", "Not connected")
        return client, int(path[-4:], 16)

    def _add(self, path: str, interface: str, properties: Properties) -> None:
        self.objects.setdefault(path, {})[interface] = properties
        body = [path, {interface: properties}]
        self._signal("/", "ObjectManager", "InterfacesAdded", "oa{sa{sv}}", body)

    def changed(self, path: str, interface: str, properties: Properties) -> None:
        if path in self.objects:
            self.objects[path][interface].update(properties)
            self._signal(path, "Properties", "PropertiesChanged", "sa{sv}as", [interface, properties, []])

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if self._bus.connected:
            self._bus.send(
                Message.new_signal(path, f"org.freedesktop.DBus.{interface}", member, signature, body)
            )


def path_of(address: str) -> str:
    return f"{HCI}/dev_{address.replace(':', '_')}"
