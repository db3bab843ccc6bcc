"""Reading TOML: a file that is none, or cannot be read, is one mistake that names it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeGuard, cast

from kapmonitor.errors import ConfigError

Table = dict[str, Any]


def read_toml(path: Path) -> Table:
    """The table in `path`.

    Raises:
        ConfigError: it cannot be read, or is not TOML.
    """
    return parse_toml(read_text(path), str(path))


def read_text(path: Path) -> str:
    """The text of `path`.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        remedy = "check the path and its rights"
        raise ConfigError([f"{path}: cannot be read ({error.strerror}); {remedy}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not TOML: {error}"]) from None


def parse_toml(text: str, where: str) -> Table:
    """The table in `text`; `where` it stands.

    Raises:
        ConfigError: it is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{where}: is not TOML: {error}"]) from None


def is_table(value: object) -> TypeGuard[Table]:
    """Whether this is a TOML table."""
    return isinstance(value, dict)


def items_of(value: object) -> list[object]:
    """What is in a list; in anything else nothing."""
    return list(cast("list[object]", value)) if isinstance(value, list) else []


def tables_of(value: object) -> list[Table]:
    """The tables in a list; whatever else is in it is somebody else's mistake to name."""
    return [each for each in items_of(value) if is_table(each)]
