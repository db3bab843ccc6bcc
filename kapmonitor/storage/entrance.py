"""Who can log in, who is logged in, and the screens that show something without: as rows of the record."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Table, select

from kapmonitor.people import GIVEN, Display, KeptLogin, Person, Role, User
from kapmonitor.ports import Known
from kapmonitor.storage.batch import Named
from kapmonitor.storage.instants import Row, from_us, to_us
from kapmonitor.storage.tables import display, login, user
from kapmonitor.storage.writer import FAILURES, Writer


class Entrance:
    """Keeps them; implements `kapmonitor.ports.Entrance`."""

    def __init__(self, writer: Writer) -> None:
        """Of the record that `writer` writes."""
        self._writer = writer

    def keep(self, what: User | KeptLogin | Display) -> None:
        """It is so from now on; neither waits nor fails."""
        name, row = _row(what)
        self._put(name, row)

    def forget(self, what: KeptLogin | Display) -> None:
        """It is gone."""
        name, _ = _row(what)
        self._put(name, None)

    async def known(self) -> Known | None:
        """All of it; None where the record cannot be read."""
        try:
            async with self._writer.reading() as connection:
                found = [
                    [dict(row) for row in (await connection.execute(select(table))).mappings()]
                    for table in (user, login, display)
                ]
        except FAILURES:  # `problems` says so
            return None
        for table, rows in zip((user, login, display), found, strict=True):
            self._writer.entrance |= {_named(table, row)[0]: row for row in rows}
        users, logins, displays = found
        return Known(
            [_user(row) for row in users if row["role"] in GIVEN],
            [_login(row) for row in logins],
            [_display(row) for row in displays],
        )

    def _put(self, name: Named, row: Row | None) -> None:
        self._writer.pending.entrance[name] = row
        if row is None:
            self._writer.entrance.pop(name, None)
        else:
            self._writer.entrance[name] = row
        self._writer.changed(urgent=True)


def _row(what: User | KeptLogin | Display) -> tuple[Named, Row]:
    match what:
        case User(person=person):
            row = {"id": person.id, "role": person.role.value, "disabled": what.disabled}
            return _named(user, row | {"password_hash": what.password_hash, "pin_hash": what.pin_hash})
        case KeptLogin():
            row = {"key": what.key, "user": what.user, "locked": what.locked, "recent": " ".join(what.recent)}
            times = {f"{name}_us": _us(getattr(what, name)) for name in ("began", "used", "touched")}
            return _named(login, row | times)
        case Display():
            row = {"id": what.id, "room": what.room, "key": what.key, "by": what.by}
            return _named(display, row | {"paired_us": _us(what.paired)})


def _named(table: Table, row: Row) -> tuple[Named, Row]:
    return (table.name, row[next(iter(table.primary_key.columns)).name]), row


def _user(row: Row) -> User:
    person = Person(row["id"], Role(row["role"]))
    return User(person, row["password_hash"], row["pin_hash"], row["disabled"])


def _login(row: Row) -> KeptLogin:
    began, used, touched = (_seconds(row[f"{name}_us"]) for name in ("began", "used", "touched"))
    recent = tuple(row["recent"].split())
    return KeptLogin(row["key"], row["user"], began, used, touched, row["locked"], recent)


def _display(row: Row) -> Display:
    return Display(row["id"], row["room"], row["key"], _seconds(row["paired_us"]), row["by"])


def _us(seconds: float) -> int:
    return to_us(datetime.fromtimestamp(seconds, UTC))


def _seconds(us: int) -> float:
    return from_us(us).timestamp()
