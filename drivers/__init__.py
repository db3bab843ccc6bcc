"""One module per device family; `DRIVERS` maps the name that a configuration uses to the class."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from kapmonitor.clock import Clock
from kapmonitor.device import AnyDriver

DRIVERS: dict[str, str] = {
    "contec-cms50": "drivers.contec_cms50:ContecCms50",
    "suntech-nibp": "drivers.suntech_nibp:SunTechNibp",
    "heart-rate-strap": "drivers.heart_rate_strap:HeartRateStrap",
    "ble-pulse-oximeter": "drivers.ble_pulse_oximeter:BlePulseOximeter",
    "ble-blood-pressure": "drivers.ble_blood_pressure:BleBloodPressure",
}


def load(name: str) -> Callable[[Clock], AnyDriver]:
    """The class of the driver called `name`; imported only now.

    Raises:
        KeyError: `DRIVERS` has no such name.
    """
    module, _, cls = DRIVERS[name].partition(":")
    driver: Callable[[Clock], AnyDriver] = getattr(import_module(module), cls)
    return driver
