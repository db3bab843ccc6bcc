"""`kapmonitor simulate`: only the simulated devices, for a service in another process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kapmonitor.app.scripts import playing, script_name
from kapmonitor.commands.running import (
    ConfigPath,
    configured,
    log_to_stderr,
    need_simulators,
    run_until_ended,
)
from kapmonitor.errors import ConfigError


def simulate(
    config: ConfigPath,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same patients.")] = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME", help="What happens in every room; see docs/simulating.md.")
    ] = None,
    script: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A scenario of your own, for every room.")
    ] = None,
) -> None:
    """Play the devices of a configuration at the far end of the wires that it names."""
    log_to_stderr()
    found = configured(config)
    need_simulators()
    from kapmonitor.app.simulation import check_wires, simulate_all  # noqa: PLC0415 - the extra `simulate`

    check_wires(found)
    if scenario is not None and script is not None:
        raise ConfigError(["--scenario and --script both say what happens; give one of them"])
    if script is not None:
        found = playing(found, script_name(script))
    elif scenario is not None:
        found = playing(found, scenario)
    chosen = found.simulation.seed if seed is None else seed
    run_until_ended(simulate_all(found, chosen, typer.echo))
