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
        table.add_row(name, driver.kind, driver.link_kind, _what(name))
    Console().print(table)
    typer.echo("Not listed is not supported. docs/devices.md says what was tried on hardware.")


def _what(name: str) -> str:
    """The first line of its module's text, or of its class's where several share the module."""
    module, _, _ = drivers.DRIVERS[name].partition(":")
    alone = sum(each.startswith(f"{module}:") for each in drivers.DRIVERS.values()) == 1
    text = sys.modules[module].__doc__ if alone else drivers.load(name).__doc__
    return (text or "").partition("\n")[0]
