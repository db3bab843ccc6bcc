"""What a device says of itself before anybody connects, and the driver that fits."""

from __future__ import annotations

import pytest

import drivers
from drivers.known import KNOWN, fitting
from kapmonitor.device import LinkKind

NORDIC_UART = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"


@pytest.mark.parametrize(
    ("name", "services", "expected"),
    [
        ("Polar H10 A1B2C3D4", ["180d", "feee"], ["polar-h10", "heart-rate-strap"]),
        ("Polar Sense", ["180d"], ["heart-rate-strap"]),
        (None, ["1822"], ["ble-pulse-oximeter"]),
        ("Nonin3230_502644821", ["1822"], ["nonin-ble", "ble-pulse-oximeter"]),
        ("PC-60F_SN123456", [NORDIC_UART], ["viatom-pc60"]),
        ("OxySmart 1234", [], ["viatom-pc60"]),
        ("O2Ring 1234", [], ["viatom-o2ring"]),
        ("BerryMed", [], ["berrymed-ble"]),
        ("BLESmart_0000011F", [], ["ble-blood-pressure"]),
        ("A keyboard", ["1812"], []),
        ("", [NORDIC_UART], []),
    ],
)
def test_a_name_says_more_than_a_service(name: str | None, services: list[str], expected: list[str]) -> None:
    assert fitting(name, services) == expected


def test_every_bluetooth_driver_can_be_found() -> None:
    ble = {name for name in drivers.DRIVERS if drivers.load(name).link_kind is LinkKind.BLE}
    assert set(KNOWN) == ble
