"""`kapmonitor devices`: the drivers there are."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.table import Table

import drivers


def devices() -> None:
    """List the device families that can be read, and how each is connected."""
    table = Table("driver", "measures with", "connected by", "what it is")
    for name in drivers.DRIVERS:
        driver = drivers.load(name)
        what = (sys.modules[drivers.DRIVERS[name].partition(":")[0]].__doc__ or "").partition("\n")[0]
        table.add_row(name, driver.kind, driver.link_kind, what)
    Console().print(table)
    typer.echo("Not listed is not supported. docs/devices.md says what was tried on hardware.")
