"""The configuration of a site: one TOML file, checked completely before anything starts.

Every mistake is named at once, with the file, the key and what would be right. Secrets do not belong in the
file: they come from the environment or from files of their own. `tables` are its keys, `checks` its mistakes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

import kapmonitor
from kapmonitor.alarms.ruleset import RuleSet, parse
from kapmonitor.config.checks import LOOPBACK, Table, contradictions, plain, tables_of
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
from kapmonitor.model import Route
from kapmonitor.session.routes import RouteTable, parse_routes

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


def defaults_dir() -> Path:
    """Where the default configuration lies: `config/` of a checkout, or inside an installed wheel."""
    package = Path(kapmonitor.__file__).parent
    installed = package / "_config"
    return installed if installed.is_dir() else package.parent / "config"


def load_rules(path: Path | None = None) -> RuleSet:
    """The alarm rules of `path`, or the shipped ones.

    Raises:
        ConfigError: every mistake in the file.
    """
    path = path or defaults_dir() / "alarms.toml"
    return parse_rules(rules_text(path), str(path))


def rules_text(path: Path | None = None) -> str:
    """The text of `path`, or of the shipped rules: what is signed.

    Raises:
        ConfigError: it cannot be read.
    """
    return _text(path or defaults_dir() / "alarms.toml")


def parse_rules(text: str, where: str = "alarms.toml") -> RuleSet:
    """The rules in `text`.

    Raises:
        ConfigError: every mistake in it, and every shipped rule that it leaves out: a rule is switched off in
            a session, by somebody and for a reason, never for good and in silence.
    """
    table = _parsed(text, where)
    rows = tables_of(table.get("rules"))
    mistakes = [f"{where}: {key}: no such key; rules are [[rules]]" for key in table if key != "rules"]
    names = {row.get("rule") for row in rows}
    mistakes += [
        f"{where}: rule {name!r} is missing; put it back (switch it off in the session)"
        for name in _shipped_rules()
        if name not in names
    ]
    try:
        rules = parse(rows, where=where)
    except ConfigError as error:
        raise ConfigError(mistakes + error.mistakes) from None
    if mistakes:
        raise ConfigError(mistakes)
    return rules


def _shipped_rules() -> list[str]:
    return [str(row["rule"]) for row in tables_of(_toml(defaults_dir() / "alarms.toml")["rules"])]


def load_routes(path: Path | None = None) -> dict[Route, RouteTable]:
    """The cuff timetables of `path`, or the shipped ones.

    Raises:
        ConfigError: every mistake in the file.
    """
    path = path or defaults_dir() / "routes.toml"
    return parse_routes(_toml(path).get("routes", []), where=str(path))


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
        table = _toml(path)
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


def _toml(path: Path) -> Table:
    return _parsed(_text(path), str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        remedy = "check the path and its rights"
        raise ConfigError([f"{path}: cannot be read ({error.strerror}); {remedy}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not TOML: {error}"]) from None


def _parsed(text: str, where: str) -> Table:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{where}: is not TOML: {error}"]) from None
