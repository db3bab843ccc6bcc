"""Which record a command is about."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import URL

from kapmonitor.commands.environment import state_folder
from kapmonitor.commands.run import storage_url
from kapmonitor.commands.running import configured
from kapmonitor.errors import ConfigError
from kapmonitor.storage.engine import parse

MaybeConfigPath = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE", help="The clinic's configuration; not needed for an only record."
    ),
]


def record_url(config: Path | None, environment: Mapping[str, str]) -> URL:
    """Where the record of a configuration is; without one, the only record in the service's own folder.

    Raises:
        ConfigError: the configuration cannot be used, or without one there is none or more than one.
    """
    if config is not None:
        return parse(storage_url(configured(config), environment))
    folder = state_folder(environment)
    found = sorted(folder.glob("*/kapmonitor.db"))
    if len(found) == 1:
        return parse(f"sqlite+aiosqlite:///{found[0]}")
    there = f"{len(found) or 'no'} records are in {folder}"
    raise ConfigError([f"{there}; name the clinic's configuration with --config"])
