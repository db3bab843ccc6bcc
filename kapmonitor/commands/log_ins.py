"""Who can log in at this run of the service: the configured users, or one for all."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from kapmonitor.config import Config, read_password
from kapmonitor.people import Person, Role
from kapmonitor.web import STAFF, Access, User, hash_password


def log_ins(config: Config, environment: Mapping[str, str]) -> tuple[Access, list[str]]:
    """The access and the ids of those who have it. Hashing takes up to a second for each.

    Without `[[users]]` there is the one user `staff`, whose password is KAPMONITOR_PASSWORD, or in
    `dashboard.password_file`, or a new one that is shown once.

    Raises:
        ConfigError: a password cannot be read.
    """
    if config.users:
        users = [
            User(
                Person(user.id, Role(user.role)),
                hash_password(read_password(user.password_file, f"users: {user.id}: password_file")),
            )
            for user in config.users
        ]
        return Access(users), [user.id for user in config.users]
    password = environment.get("KAPMONITOR_PASSWORD")
    if password is None and config.dashboard.password_file is not None:
        password = read_password(config.dashboard.password_file, "dashboard.password_file")
    if password:
        return Access([User(STAFF, hash_password(password))]), [STAFF.id]
    access, user, password = Access.generate()
    typer.echo(f"log-in for this run: {user} / {password}")
    return access, [user]
