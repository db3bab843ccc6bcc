"""`kapmonitor scan`: devices in reach."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from kapmonitor.app.equipment import bluetooth
from kapmonitor.clock import Clock
from kapmonitor.commands.running import run_until_ended
from kapmonitor.config import Bluetooth, Config, Site
from kapmonitor.transports.ble import Found
from kapmonitor.transports.ports import list_ports

DRIVER_OF_SERVICE = {"180d": "heart-rate-strap", "1822": "ble-pulse-oximeter", "1810": "ble-blood-pressure"}
"""The GATT service by which a standard device is known (Bluetooth SIG assigned numbers)."""


def scan(
    seconds: Annotated[float, typer.Option(min=1, max=120, help="How long to listen.")] = 10.0,
    transport: Annotated[
        str, typer.Option(help="A bumble HCI transport; empty = this machine's Bluetooth.")
    ] = "",
) -> None:
    """List serial ports and Bluetooth devices, and which driver fits."""
    ports = list_ports()
    _print_ports(ports)
    run_until_ended(_scan(seconds, transport))


def _print_ports(ports: list[tuple[str, str]]) -> None:
    if not ports:
        typer.echo("No serial port found.")
        return
    table = Table("serial port", "what the system says of it")
    for name, description in ports:
        table.add_row(name, description)
    Console().print(table)


async def _scan(seconds: float, transport: str) -> None:
    config = Config(site=Site(id="scan"), bluetooth=Bluetooth(transport=transport))
    async with bluetooth(config, Clock()) as adapter:
        found = await adapter.scan(seconds)
    if not found:
        typer.echo(
            "No Bluetooth device heard. Devices in use elsewhere do not show; wake yours up and try again."
        )
        return
    table = Table("address", "name", "signal", "driver")
    for each in sorted(found, key=lambda one: -one.rssi):
        table.add_row(each.address, each.name or "?", f"{each.rssi} dBm", _driver(each))
    Console().print(table)


def _driver(found: Found) -> str:
    fitting = [DRIVER_OF_SERVICE[service] for service in found.services if service in DRIVER_OF_SERVICE]
    return ", ".join(fitting) or "-"
