"""One module per device family; `DRIVERS` maps the name that a configuration uses to the class."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from kapmonitor.clock import Clock
from kapmonitor.device import AnyDriver, LinkKind
from kapmonitor.model import DeviceKind

DRIVERS: dict[str, str] = {
    "contec-cms50": "drivers.contec_cms50:ContecCms50",
    "suntech-nibp": "drivers.suntech_nibp:SunTechNibp",
    "medlab-nibp": "drivers.medlab_nibp:MedlabNibp",
    "heart-rate-strap": "drivers.heart_rate_strap:HeartRateStrap",
    "polar-h10": "drivers.heart_rate_strap:PolarH10",
    "ble-pulse-oximeter": "drivers.ble_pulse_oximeter:BlePulseOximeter",
    "ble-blood-pressure": "drivers.ble_blood_pressure:BleBloodPressure",
    "nonin-df2": "drivers.serial_oximeters:NoninDf2",
    "nonin-df7": "drivers.serial_oximeters:NoninDf7",
    "nonin-ascii": "drivers.serial_oximeters:NoninAscii",
    "masimo-ascii": "drivers.serial_oximeters:MasimoAscii",
    "bci-oximeter": "drivers.serial_oximeters:BciOximeter",
    "viatom-pc60": "drivers.ble_oximeters:ViatomPc60",
    "contec-cms50d-bt": "drivers.ble_oximeters:ContecCms50dBt",
    "nonin-ble": "drivers.ble_oximeters:NoninBle",
    "viatom-o2ring": "drivers.ble_oximeters:ViatomO2Ring",
    "berrymed-ble": "drivers.ble_oximeters:BerryMed",
}


class Family(Protocol):
    """A driver's class: what it is for, and how one is made for each configured device."""

    kind: DeviceKind
    link_kind: LinkKind

    def __call__(self, clock: Clock) -> AnyDriver:
        """A driver for one device."""
        ...


def load(name: str) -> Family:
    """The class of the driver called `name`; imported only now.

    Raises:
        KeyError: `DRIVERS` has no such name.
    """
    module, _, cls = DRIVERS[name].partition(":")
    driver: Family = getattr(import_module(module), cls)
    return driver
