"""`kapmonitor simulate`: only the simulated devices, for a service in another process."""

from __future__ import annotations

from typing import Annotated

import typer

from kapmonitor.commands.running import (
    ConfigPath,
    configured,
    log_to_stderr,
    need_simulators,
    run_until_ended,
)


def simulate(
    config: ConfigPath,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same patients.")] = None,
) -> None:
    """Play the devices of a configuration at the far end of the wires that it names."""
    log_to_stderr()
    found = configured(config)
    need_simulators()
    from kapmonitor.app.simulation import check_wires, simulate_all  # noqa: PLC0415 - the extra `simulate`

    check_wires(found)
    chosen = found.simulation.seed if seed is None else seed
    run_until_ended(simulate_all(found, chosen, typer.echo))
