"""Passwords that the configuration names a file for."""

from __future__ import annotations

from pathlib import Path

from kapmonitor.errors import ConfigError


def read_password(path: Path, key: str) -> str:
    """The password in the file that `key` of the configuration names, without white space around it.

    Raises:
        ConfigError: it cannot be read, or is empty.
    """
    try:
        password = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        remedy = "check the path and its rights"
        raise ConfigError([f"{key}: {path} cannot be read ({error.strerror}); {remedy}"]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{key}: {path} is not text; write the password into it, as UTF-8"]) from None
    if not password:
        raise ConfigError([f"{key}: {path} is empty; write the password into it"])
    return password
