"""`kapmonitor simulate`: only the simulated devices, for a service in another process."""

from __future__ import annotations

from typing import Annotated

import typer

from kapmonitor.app.simulation import Simulation, check_wires, hci_address
from kapmonitor.clock import Clock
from kapmonitor.commands.running import ConfigPath, configured, log_to_stderr, run_until_ended
from kapmonitor.config import Config
from simulators.radio import Radio


def simulate(
    config: ConfigPath,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same patients.")] = None,
) -> None:
    """Play the devices of a configuration at the far end of the wires that it names."""
    log_to_stderr()
    found = configured(config)
    check_wires(found)
    run_until_ended(_simulate(found, found.simulation.seed if seed is None else seed))


async def _simulate(config: Config, seed: int) -> None:
    async with Radio() as radio:
        if any(device.address is not None for _, device in config.devices):
            await radio.serve_hci(*hci_address(config))
        typer.echo(f"simulating {len(config.devices)} devices, seed {seed}. Ctrl-C ends it.")
        await Simulation(config, Clock(), seed).run(radio)
