"""From configured devices to drivers on links, each with a supervisor."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial

import drivers
from kapmonitor.clinic import Clinic, Installed
from kapmonitor.clock import Clock
from kapmonitor.config import Config, Device
from kapmonitor.device import ByteLink, Connector, SerialSettings
from kapmonitor.flight.recorder import FlightRecorder
from kapmonitor.model import Origin
from kapmonitor.supervisor import Supervisor
from kapmonitor.transports.ble import BleAdapter, bumble_adapter
from kapmonitor.transports.origin import origin_of_bluetooth, origin_of_port
from kapmonitor.transports.serial import serial_connector

SerialConnector = Callable[[str, SerialSettings], Connector[ByteLink]]
"""How a port of that name is opened."""


def install(config: Config, clock: Clock) -> list[Installed]:
    """A driver for every configured device."""
    return [
        Installed(
            id=device.id,
            room=room.id,
            seat=device.seat,
            driver_name=device.driver,
            driver=drivers.load(device.driver)(clock),
            origin=_origin(config, device),
        )
        for room, device in config.devices
    ]


def supervise(
    config: Config,
    installed: list[Installed],
    clinic: Clinic,
    clock: Clock,
    adapter: BleAdapter,
    recorder: FlightRecorder | None = None,
    serial: SerialConnector = serial_connector,
) -> list[Supervisor]:
    """A supervisor for every installed device, speaking to `clinic`; `recorder` listens at their links.

    `serial`: what opens ports.
    """
    by_id = {device.id: device for _, device in config.devices}
    for each in installed:
        address = by_id[each.id].address
        if address is not None:
            each.signal = partial(adapter.signal, address)
    return [
        Supervisor(
            each.id,
            each.driver,
            _heard(each, _connector(by_id[each.id], adapter, serial), recorder),
            clock,
            each.origin,
            clinic.take,
            clinic.report,
        )
        for each in installed
    ]


@asynccontextmanager
async def bluetooth(config: Config, clock: Clock) -> AsyncGenerator[BleAdapter]:
    """The configured Bluetooth: the machine's own, or one of bumble's transports.

    It touches no hardware before a device is looked for.
    """
    if config.bluetooth.transport:
        async with bumble_adapter(clock, config.bluetooth.transport, bonds=config.bluetooth.bonds) as adapter:
            yield adapter
        return
    adapter = BleAdapter(clock)
    try:
        yield adapter
    finally:
        await adapter.close()


def _heard(each: Installed, connect: Connector[object], recorder: FlightRecorder | None) -> Connector[object]:
    if recorder is None:
        return connect
    return recorder.tapped(each.id, each.driver_name, each.driver.link_kind, connect, each.origin)


def _connector(device: Device, adapter: BleAdapter, serial: SerialConnector) -> Connector[object]:
    if device.address is not None:
        return adapter.connector(device.address)
    return serial(device.port or "", SerialSettings())


def _origin(config: Config, device: Device) -> Callable[[], Origin]:
    """Asked anew at every connection: what a port's name leads to can change."""
    if device.origin is not None:
        return partial(Origin, device.origin)
    if device.address is not None:
        return partial(origin_of_bluetooth, config.bluetooth.transport)
    return partial(origin_of_port, device.port or "")
