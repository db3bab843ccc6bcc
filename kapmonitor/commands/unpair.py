"""`kapmonitor unpair`: the bond with a Bluetooth device is forgotten, so that it can be paired anew."""

from __future__ import annotations

from typing import Annotated

import typer

from kapmonitor.app.equipment import bluetooth
from kapmonitor.clock import Clock
from kapmonitor.commands.running import ConfigPath, configured, run_until_ended
from kapmonitor.config import Config
from kapmonitor.errors import ConfigError


def unpair(
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="A Bluetooth device's id or address.")],
    config: ConfigPath,
) -> None:
    """Forget the bond with a device that refuses us, as a cuff after its battery was changed.

    The service may run meanwhile: it pairs the device anew when it tries next, if that is in pairing mode.
    """
    run_until_ended(forget(configured(config), device))
    typer.echo(f"{device}: forgotten. Put it into pairing mode: it is paired within a minute.")


async def forget(config: Config, device: str) -> None:
    """Forget the bond with the configured device of this id or address.

    Raises:
        ConfigError: there is none, or its bond is not kept where it could be forgotten.
    """
    address = _address(config, device)
    if config.bluetooth.transport and config.bluetooth.bonds is None:
        raise ConfigError(["bluetooth.bonds: is not set, so bonds end with the service: start that anew"])
    async with bluetooth(config, Clock()) as adapter:
        await adapter.forget(address)


def _address(config: Config, device: str) -> str:
    by_id = {each.id: each.address for _, each in config.devices if each.address is not None}
    found = [address for name, address in by_id.items() if device.lower() in (name, address.lower())]
    if not found:
        names = ", ".join(by_id) or "none"
        raise ConfigError(
            [f"there is no Bluetooth device {device!r}; those of the configuration are: {names}"]
        )
    return found[0]
