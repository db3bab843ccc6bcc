"""The rules of alarms and the routes' timetables: a site's own, or the shipped ones, checked completely.

Every mistake is named at once, with the file, the key and what would be right. It stands beside
`kapmonitor.config`, which needs pydantic: a rehearsal needs rules and no configuration.
"""

from __future__ import annotations

from pathlib import Path

import kapmonitor
from kapmonitor.alarms.ruleset import RuleSet, parse
from kapmonitor.errors import ConfigError
from kapmonitor.model import Route
from kapmonitor.session.routes import RouteTable, parse_routes
from kapmonitor.toml import parse_toml, read_text, read_toml, tables_of


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
    return read_text(path or defaults_dir() / "alarms.toml")


def parse_rules(text: str, where: str = "alarms.toml") -> RuleSet:
    """The rules in `text`.

    Raises:
        ConfigError: every mistake in it, and every shipped rule that it leaves out: a rule is switched off in
            a session, by somebody and for a reason, never for good and in silence.
    """
    table = parse_toml(text, where)
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
    return [str(row["rule"]) for row in tables_of(read_toml(defaults_dir() / "alarms.toml")["rules"])]


def load_routes(path: Path | None = None) -> dict[Route, RouteTable]:
    """The cuff timetables of `path`, or the shipped ones.

    Raises:
        ConfigError: every mistake in the file.
    """
    path = path or defaults_dir() / "routes.toml"
    return parse_routes(read_toml(path).get("routes", []), where=str(path))
