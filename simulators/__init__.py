"""The far end of each driver's link, under the driver's name; the two meet on a wire and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

SIMULATORS: dict[str, str] = {
    "contec-cms50": "simulators.contec_cms50:ContecCms50",
    "suntech-nibp": "simulators.suntech_nibp:SunTechNibp",
    "medlab-nibp": "simulators.medlab_nibp:MedlabNibp",
    "heart-rate-strap": "simulators.heart_rate_strap:HeartRateStrap",
    "polar-h10": "simulators.polar_h10:PolarH10",
    "ble-pulse-oximeter": "simulators.ble_pulse_oximeter:BlePulseOximeter",
    "ble-blood-pressure": "simulators.ble_blood_pressure:BleBloodPressure",
    "nonin-df2": "simulators.serial_oximeters:NoninDf2",
    "nonin-df7": "simulators.serial_oximeters:NoninDf7",
    "nonin-ascii": "simulators.serial_oximeters:NoninAscii",
    "masimo-ascii": "simulators.serial_oximeters:MasimoAscii",
    "bci-oximeter": "simulators.serial_oximeters:BciOximeter",
    "viatom-pc60": "simulators.ble_oximeters:ViatomPc60",
    "contec-cms50d-bt": "simulators.ble_oximeters:ContecCms50dBt",
    "nonin-ble": "simulators.ble_oximeters:NoninBle",
    "viatom-o2ring": "simulators.ble_oximeters:ViatomO2Ring",
    "berrymed-ble": "simulators.ble_oximeters:BerryMed",
}


def load(name: str) -> Callable[..., Any]:
    """The class of the simulator called `name`, made with `cls(body, clock, seed=...)`; imported only now.

    Raises:
        KeyError: `SIMULATORS` has no such name.
    """
    module, _, cls = SIMULATORS[name].partition(":")
    simulator: Callable[..., Any] = getattr(import_module(module), cls)
    return simulator
