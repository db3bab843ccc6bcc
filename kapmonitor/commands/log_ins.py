"""Who can log in at this run of the service: the users in the record, or one for all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import typer

from kapmonitor.config import Config, read_password
from kapmonitor.people import Task, User
from kapmonitor.ports import Known
from kapmonitor.storage import Record
from kapmonitor.web import STAFF, Access, Displays, hash_password
from kapmonitor.web.passwords import new_password


async def log_ins(
    config: Config, environment: Mapping[str, str], record: Record
) -> tuple[Access, Displays, list[str]]:
    """The access, the paired displays, and the ids of those who can log in.

    Where the record has no users, or cannot be read, there is the one user `staff`, whose password is
    KAPMONITOR_PASSWORD, or in `dashboard.password_file`, or a new one that is shown once.

    Raises:
        ConfigError: a password cannot be read.
    """
    known = await record.entrance.known()
    lock_s = config.dashboard.lock_after_min * 60
    displays = Displays((known or Known()).displays, entrance=record.entrance)
    if known is not None and any(not user.disabled for user in known.users):
        access = Access(known.users, entrance=record.entrance, lock_s=lock_s)
        _warn(access)
    else:
        shared = User(STAFF, await asyncio.to_thread(hash_password, _password(config, environment)))
        access = Access([shared], entrance=record.entrance, lock_s=lock_s, keep_users=False)
    access.restore(known or Known())
    return access, displays, [user.person.id for user in access.users.all() if not user.disabled]


def _password(config: Config, environment: Mapping[str, str]) -> str:
    password = environment.get("KAPMONITOR_PASSWORD")
    if password is None and config.dashboard.password_file is not None:
        password = read_password(config.dashboard.password_file, "dashboard.password_file")
    if not password:
        password = new_password()
        typer.echo(f"log-in for this run: {STAFF.id} / {password}")
    return password


def _warn(access: Access) -> None:
    """Say what users alone cannot do."""
    there = [user.person for user in access.users.all() if not user.disabled]
    for task, role in ((Task.ACKNOWLEDGE, "medical"), (Task.ADMINISTER, "administrator")):
        if not any(person.may(task) for person in there):
            remedy = f"kapmonitor users add ID --role {role}"
            typer.echo(f"warning: users: nobody may {task.value}; {remedy}", err=True)
