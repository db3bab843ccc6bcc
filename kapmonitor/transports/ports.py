"""The serial ports of this machine, by the names that do not change."""

from __future__ import annotations

from pathlib import Path

from serial.tools import list_ports as tools

BY_PATH = Path("/dev/serial/by-path")


def list_ports() -> list[tuple[str, str]]:
    """(name to configure, what the system says of it) of every serial port; sorted by name.

    A USB port goes by its place under /dev/serial/by-path where there is one: ttyUSB numbers change when
    another device is plugged in.
    """
    stable = {str(link.resolve()): str(link) for link in BY_PATH.glob("*")}
    return sorted((stable.get(port.device, port.device), port.description) for port in tools.comports())
