"""By what a Bluetooth device is known before anybody has connected to it: its name and its services.

A name says more than a service: a Polar H10 is a heart-rate strap to all, and has an ECG for who knows it.
Names and services as in the makers' documents and in captures of others; docs/devices.md has the sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """`names`: what the name begins with, in any case; `services`: GATT services, 16-bit or full."""

    names: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


KNOWN: Mapping[str, Known] = {
    "polar-h10": Known(names=("polar h10",)),
    "nonin-ble": Known(
        names=("nonin3230", "nonin3150", "nonin"), services=("46a970e0-0d5f-11e2-8b5e-0002a5d5c51b",)
    ),
    "viatom-o2ring": Known(
        names=("o2ring", "checkme o2", "o2 "), services=("14839ac4-7d7e-415c-9a42-167340cf2339",)
    ),
    "viatom-pc60": Known(names=("pc-60", "ks-60", "oxysmart")),
    "contec-cms50d-bt": Known(names=("cms50d-bt", "spo2")),
    "berrymed-ble": Known(names=("berrymed",)),
    "heart-rate-strap": Known(services=("180d",)),
    "ble-pulse-oximeter": Known(services=("1822",)),
    "ble-blood-pressure": Known(names=("blesmart_",), services=("1810",)),
}
"""By driver. The Nordic UART service says nothing, many gadgets have it: a PC-60 goes by its name."""


def fitting(name: str | None, services: Iterable[str]) -> list[str]:
    """The drivers that fit what advertises this name and these services, the best one first."""
    called, offered = (name or "").lower(), {each.lower() for each in services}
    by_name = [driver for driver, known in KNOWN.items() if called.startswith(known.names or ("\0",))]
    by_service = [driver for driver, known in KNOWN.items() if offered.intersection(known.services)]
    return list(dict.fromkeys([*by_name, *by_service]))
