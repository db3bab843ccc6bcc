"""`kapmonitor demo`: simulated rooms, a broker and the dashboard, without hardware."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kapmonitor.commands.running import log_to_stderr, need_simulators, run_until_ended

if TYPE_CHECKING:
    from kapmonitor.app.demo import Welcome

MOST_ROOMS = 200


def demo(
    rooms: Annotated[int, typer.Option(min=1, max=MOST_ROOMS, help="How many rooms.")] = 3,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The dashboard's port; 0 = any free one.")
    ] = 8000,
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="Times real time.")] = 1.0,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same patients.")] = None,
    scenario: Annotated[
        str, typer.Option(metavar="NAME", help="What happens in every room; see docs/simulating.md.")
    ] = "demo",
) -> None:
    """Show everything in one minute: simulated patients, alarms, dashboard and MQTT, on this machine only."""
    log_to_stderr()
    need_simulators()
    from kapmonitor.app.demo import run_demo  # noqa: PLC0415 - needs the extra `simulate`

    chosen = random.randrange(1_000_000) if seed is None else seed  # noqa: S311 - no secret
    typer.echo(f"kapmonitor demo: {rooms} simulated rooms, seed {chosen}. Starting ...")
    run_until_ended(run_demo(rooms, port, speed, chosen, _greet, scenario))


def _greet(welcome: Welcome) -> None:
    """One fact a line and no line wrapped: scripts read these, too."""
    typer.echo(f"dashboard: {welcome.dashboard}")
    typer.echo(f"log-in:    {welcome.user} / {welcome.password}")
    typer.echo(f"admin:     {welcome.administrator} / {welcome.password}")
    typer.echo(f"broker:    {welcome.broker}")
    typer.echo(f"           mosquitto_sub -L '{welcome.broker}/kap/v1/#' -v")
    program = sys.argv[0] if Path(sys.argv[0]).name == "kapmonitor" else "kapmonitor"
    typer.echo(f"pager:     {program} pager {welcome.pager}")
    typer.echo("All data are simulated. Ctrl-C ends it.")
