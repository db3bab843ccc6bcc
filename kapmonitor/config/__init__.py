"""The configuration of a site: one TOML file, checked completely before anything starts.

Every mistake is named at once, with the file, the key and what would be right. Secrets do not belong in the
file: they come from the environment or from files of their own. `tables` are its keys, `checks` its mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from kapmonitor.config.checks import LOOPBACK, contradictions, plain
from kapmonitor.config.dashboard import mistakes_in_dashboard
from kapmonitor.config.passwords import read_password
from kapmonitor.config.tables import (
    Bluetooth,
    Config,
    Dashboard,
    Device,
    Mqtt,
    Pager,
    Room,
    Simulation,
    Site,
    Storage,
    Tls,
)
from kapmonitor.device import LinkKind
from kapmonitor.errors import ConfigError
from kapmonitor.rulebook import defaults_dir, load_routes, load_rules, parse_rules, rules_text
from kapmonitor.toml import read_toml

__all__ = [
    "LOOPBACK",
    "Bluetooth",
    "Config",
    "Dashboard",
    "Device",
    "Mqtt",
    "Pager",
    "Room",
    "Simulation",
    "Site",
    "Storage",
    "Tls",
    "defaults_dir",
    "examine",
    "load",
    "load_routes",
    "load_rules",
    "parse_rules",
    "read_password",
    "rules_text",
    "warnings",
]


def load(path: Path, drivers: Mapping[str, LinkKind]) -> Config:
    """The configuration in `path`; `drivers` are the drivers there are, and their links.

    Raises:
        ConfigError: every mistake in the file.
    """
    config, mistakes = examine(path, drivers)
    if config is None or mistakes:
        raise ConfigError(mistakes)
    return config


def examine(path: Path, drivers: Mapping[str, LinkKind]) -> tuple[Config | None, list[str]]:
    """The configuration, if it has the right shape, and every mistake in it."""
    try:
        table = read_toml(path)
    except ConfigError as error:
        return None, error.mistakes
    mistakes: list[str] = []
    try:
        config = Config.model_validate(table)
    except ValidationError as error:
        mistakes = [f"{path}: {plain(each, table)}" for each in error.errors()]
        config = None
    mistakes += [f"{path}: {mistake}" for mistake in contradictions(table, drivers)]
    mistakes += [f"{path}: {mistake}" for mistake in mistakes_in_dashboard(table)]
    return config, mistakes


def warnings(config: Config) -> list[str]:
    """What will work, but not for long."""
    return [
        f"rooms: {device.id!r}: {device.port} can change its number when another device is plugged in; "
        "use its name under /dev/serial/by-path/"
        for _, device in config.devices
        if device.port and re.match(r"^/dev/tty(USB|ACM)\d", device.port)
    ]
