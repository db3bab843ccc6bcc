"""`kapmonitor enrol`: a device gets its room and seat in the configuration."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

import drivers
from drivers.known import fitting
from kapmonitor.app.equipment import bluetooth
from kapmonitor.app.kinds import link_kinds
from kapmonitor.clock import Clock
from kapmonitor.commands.running import run_until_ended
from kapmonitor.config import Bluetooth, Config, Site, examine
from kapmonitor.config.enrol import enrolled, free_id, line
from kapmonitor.device import LinkKind
from kapmonitor.errors import ConfigError
from kapmonitor.transports.ble import Found


def enrol(
    where: Annotated[str, typer.Argument(metavar="DEVICE", help="A Bluetooth address or a serial port.")],
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration to write into.")],
    room: Annotated[str, typer.Option(help="The room that it belongs to.")],
    seat: Annotated[str, typer.Option(help="The seat, in a room with several.")] = "",
    driver: Annotated[str, typer.Option(help="Which driver; else the one that fits what is heard.")] = "",
    device_id: Annotated[str, typer.Option("--id", help="Its id; else its kind and a free number.")] = "",
    seconds: Annotated[float, typer.Option(min=1, max=120, help="How long to listen for it.")] = 10.0,
    transport: Annotated[
        str, typer.Option(help="A bumble HCI transport; empty = this machine's Bluetooth.")
    ] = "",
) -> None:
    """Write a device into a configuration, under its room and seat. Nothing else in the file changes."""
    text = _read(config)
    name = _known(driver or _heard_driver(where, seconds, transport))
    family = drivers.load(name)
    key = "address" if family.link_kind is LinkKind.BLE else "port"
    device = {"id": device_id or free_id(text, family.kind), "driver": name, key: where}
    if seat:
        device["seat"] = seat
    _replace(config, enrolled(text, room, device))
    typer.echo(f"{config}: {room}: {line(device)}. It counts from the next start of the service.")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path} cannot be read: {error}"]) from error


def _known(name: str) -> str:
    if name not in drivers.DRIVERS:
        raise ConfigError([f"there is no driver {name!r}; choose one of {', '.join(drivers.DRIVERS)}"])
    return name


def _heard_driver(address: str, seconds: float, transport: str) -> str:
    """The driver that fits what this address advertises."""
    heard: list[Found] = []

    async def listen() -> None:
        chosen = Config(site=Site(id="scan"), bluetooth=Bluetooth(transport=transport))
        async with bluetooth(chosen, Clock()) as adapter:
            heard.extend(await adapter.scan(seconds))

    if "/" in address or address.upper().startswith("COM"):
        raise ConfigError([f"a serial port does not say what is behind it: name the driver of {address}"])
    run_until_ended(listen())
    found = next((each for each in heard if each.address.lower() == address.lower()), None)
    if found is None:
        raise ConfigError([f"{address} was not heard. Wake it up, near this machine, or name its driver"])
    fit = fitting(found.name, found.services)
    if not fit:
        raise ConfigError([f"{address} ({found.name or 'without a name'}) fits no driver; name one"])
    typer.echo(f"heard {found.name or 'a device without a name'} at {found.rssi} dBm: {fit[0]}")
    return fit[0]


def _replace(path: Path, text: str) -> None:
    """In one step, and only where the whole file is still right with it."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        fresh = Path(file.name)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        _, mistakes = examine(fresh, link_kinds())
        if mistakes:
            raise ConfigError([each.replace(str(fresh), str(path)) for each in mistakes])
        fresh.chmod(path.stat().st_mode & 0o777)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
