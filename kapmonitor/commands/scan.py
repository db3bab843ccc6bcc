"""`kapmonitor scan`: devices in reach."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

import drivers
from drivers.known import fitting
from kapmonitor.app.equipment import bluetooth
from kapmonitor.clock import Clock
from kapmonitor.commands.running import run_until_ended
from kapmonitor.config import Bluetooth, Config, Site
from kapmonitor.config.enrol import line
from kapmonitor.transports.ble import Found
from kapmonitor.transports.ports import list_ports

_SCREEN = Console(markup=False, emoji=False)
"""Names are devices' own: "[/b]" is a name and no markup."""


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
    _SCREEN.print(table)


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
    for each in found:
        fit = fitting(each.name, each.services)
        table.add_row(each.address, each.name or "?", f"{each.rssi} dBm", ", or ".join(fit) or "-")
    _SCREEN.print(table)
    _print_lines(found)


def _print_lines(found: list[Found]) -> None:
    """What to put under `devices` of a room, for each device that a driver fits."""
    fit = [(each, names[0]) for each in found if (names := fitting(each.name, each.services))]
    if not fit:
        return
    typer.echo("For the configuration, under devices of the room; or: kapmonitor enrol ADDRESS --room ROOM")
    numbers: dict[str, int] = {}
    for each, name in fit:
        kind = drivers.load(name).kind
        numbers[kind] = numbers.get(kind, 0) + 1
        device = {"id": f"{kind}-{numbers[kind]}", "driver": name, "address": each.address}
        typer.echo(f"  {line(device)},", nl=False)
        typer.echo(f"  # {each.name}" if each.name else "")
