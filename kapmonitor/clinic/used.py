"""Which device measured in a session, as the record wants it."""

from __future__ import annotations

import msgspec

from kapmonitor.clinic.seats import Installed
from kapmonitor.session.entries import DeviceUsed


def used_device(device: Installed, instead_of: str = "") -> DeviceUsed:
    """What is known of it now; `instead_of`: the one whose place it took."""
    return DeviceUsed(
        device=device.id,
        device_kind=device.driver.kind,
        driver=device.driver_name,
        model=device.driver.model,
        serial=device.driver.serial_number,
        firmware=device.driver.firmware,
        battery=device.driver.battery,
        origin=device.known_origin,
        instead_of=instead_of,
    )


def tells_more(used: DeviceUsed, known: DeviceUsed) -> bool:
    """Whether something is known now that the record does not have; of the battery, the first charge only."""
    battery = used.battery if known.battery is None else known.battery
    return msgspec.structs.replace(used, battery=battery) != known
