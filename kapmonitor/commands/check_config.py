"""`kapmonitor check-config`: every mistake of a configuration in one go."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kapmonitor.app.kinds import link_kinds
from kapmonitor.app.scripts import scenarios_of
from kapmonitor.certificates.look import mistakes_in, warnings_of
from kapmonitor.config import Config, examine, load_rules, warnings
from kapmonitor.errors import ConfigError


def check_config(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The configuration to check.")],
) -> None:
    """Name every mistake in a configuration, with its key and what would be right."""
    config, mistakes = examine(file, link_kinds())
    alarms = file.parent / "alarms.toml"
    if alarms.exists():
        mistakes += _mistakes_in_rules(alarms)
    if config is not None:
        mistakes += [f"{file}: {each}" for each in _mistakes_in_scenarios(config)]
        mistakes += [f"{file}: {each}" for each in _mistakes_in_certificate(config)] if not mistakes else []
    if mistakes or config is None:
        raise ConfigError(mistakes)
    for warning in (*warnings(config), *_warnings_of_certificate(config)):
        typer.echo(f"warning: {file}: {warning}")
    typer.echo(f"{file}: good. {len(config.rooms)} rooms, {len(config.devices)} devices.")


def _mistakes_in_certificate(config: Config) -> list[str]:
    tls = config.dashboard.tls
    found = [] if tls is None else mistakes_in(tls.certificate, tls.key, datetime.now(UTC))
    return [f"dashboard.tls: {each}" for each in found]


def _warnings_of_certificate(config: Config) -> list[str]:
    tls = config.dashboard.tls
    names = config.dashboard.certified
    found = [] if tls is None else warnings_of(tls.certificate, names, datetime.now(UTC))
    return [f"dashboard.tls: {each}" for each in found]


def _mistakes_in_rules(path: Path) -> list[str]:
    try:
        load_rules(path)
    except ConfigError as error:
        return error.mistakes
    return []


def _mistakes_in_scenarios(config: Config) -> list[str]:
    try:
        scenarios_of(config)
    except ConfigError as error:
        return error.mistakes
    return []
