"""Who can log in: mistakes in `[[users]]`, and the files that their passwords are in."""

from __future__ import annotations

from pathlib import Path

from kapmonitor.config.checks import Table, is_table, tables_of, twice
from kapmonitor.errors import ConfigError
from kapmonitor.people import SERVICE, Person, Role, Task


def mistakes_in_users(table: Table) -> list[str]:
    """What is wrong with the users of a configuration that are each well formed."""
    users = tables_of(table.get("users"))
    found = twice("users", "id", users) + twice("users", "password_file", users)
    for user in users:
        found += _mistakes_in(user)
    if users and not any(_may_acknowledge(str(user.get("role"))) for user in users):
        remedy = "give somebody the role medical or prescriber"
        found.append(f"users: nobody may acknowledge an alarm; {remedy}")
    dashboard = table.get("dashboard")
    if users and is_table(dashboard) and "password_file" in dashboard:
        remedy = "remove it, or the users"
        found.append(f"dashboard.password_file: is for the one user of a file without [[users]]; {remedy}")
    return found


def _mistakes_in(user: Table) -> list[str]:
    if user.get("id") == SERVICE.id:
        return [f"users: id {SERVICE.id!r} is kapmonitor's own in the record; choose another"]
    path = user.get("password_file")
    if not isinstance(path, str):
        return []
    try:
        read_password(Path(path), f"users: {user.get('id')}: password_file")
    except ConfigError as error:
        return error.mistakes
    return []


def _may_acknowledge(role: str) -> bool:
    return role in list(Role) and Person("somebody", Role(role)).may(Task.ACKNOWLEDGE)


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
