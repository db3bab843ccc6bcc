"""`kapmonitor users`: the people who can log in, for the first administrator and where nobody can log in.

Everything else about users is done at `/admin`. One process writes a record: stop the service first.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from kapmonitor.commands.run import storage_url
from kapmonitor.commands.running import ConfigPath, configured, run_until_ended
from kapmonitor.config import read_password
from kapmonitor.errors import ConfigError, KapmonitorError, RefusedError
from kapmonitor.people import GIVEN, Person, Role, User
from kapmonitor.storage import Record
from kapmonitor.web.passwords import hash_password, must_be_good, new_password
from kapmonitor.web.users import Users

users = typer.Typer(
    no_args_is_help=True, help="Who can log in: add somebody, list them, set a password anew."
)

Name = Annotated[str, typer.Argument(metavar="ID", help="1 to 40 of a-z, 0-9 and -; stands in the record.")]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="Has the password; without it one is made and shown.")
]
OPERATOR = f"os:{getpass.getuser()}"


@users.command("add")
def add(
    name: Name,
    config: ConfigPath,
    role: Annotated[str, typer.Option("--role", help=", ".join(GIVEN))],
    password_file: PasswordFile = None,
) -> None:
    """Add somebody; the first one is an administrator."""
    if role not in GIVEN:
        raise ConfigError([f"--role {role}: is one of {', '.join(GIVEN)}"])
    if not name.replace("-", "").isalnum() or name != name.lower() or not name.isascii() or len(name) > 40:  # noqa: PLR2004 - as ids everywhere
        raise ConfigError([f"{name}: an id has 1 to 40 of a-z, 0-9 and -"])
    password = _password(name, password_file)
    user = User(Person(name, Role(role)), hash_password(password))
    _change(config, lambda there: there.add(user), "user-added", name, role)
    _show(name, password, password_file)


@users.command("password")
def password(name: Name, config: ConfigPath, password_file: PasswordFile = None) -> None:
    """Give somebody a new password; the PIN goes with the old one."""
    made = _password(name, password_file)
    hashed = hash_password(made)
    _change(
        config, lambda there: there.give_password(name, hashed, keep_pin=False), "password-reset", name, ""
    )
    _show(name, made, password_file)


@users.command("list")
def list_users(config: ConfigPath) -> None:
    """Everybody who can log in, with the role."""

    def show(there: Users) -> None:
        for user in there.all():
            typer.echo(f"{user.person.id}  {user.person.role}{'  disabled' if user.disabled else ''}")

    _change(config, show, "", "", "")


def _password(name: str, file: Path | None) -> str:
    if file is None:
        return new_password()
    found = read_password(file, "--password-file")
    try:
        must_be_good(found, name)
    except RefusedError as error:
        raise ConfigError([f"--password-file {file}: {error}"]) from None
    return found


def _show(name: str, made: str, file: Path | None) -> None:
    typer.echo(f"{name}: password from {file}" if file else f"{name} / {made}")


def _change(config: Path, change: Callable[[Users], None], action: str, name: str, detail: str) -> None:
    run_until_ended(_changed(storage_url(configured(config), os.environ), change, action, name, detail))


async def _changed(url: str, change: Callable[[Users], None], action: str, name: str, detail: str) -> None:
    async with Record.open(url) as record:
        known = await record.entrance.known()
        if known is None:
            raise KapmonitorError(record.problems()[0])
        change(Users(known.users, record.entrance))
        if not action:
            return
        for login in known.logins:
            if login.user == name:
                record.entrance.forget(login)
        record.audit.note(action, name, by=OPERATOR, detail=detail)
        await record.durable()
        problems = record.problems()
    if problems:
        raise KapmonitorError(problems[0])
