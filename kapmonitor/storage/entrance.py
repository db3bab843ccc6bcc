"""Who can log in, who is logged in, and the screens that show something without: as rows of the record."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from kapmonitor.people import GIVEN, Display, KeptLogin, Person, Role, User
from kapmonitor.ports import Known
from kapmonitor.storage.batch import Named
from kapmonitor.storage.instants import Row, from_us, to_us
from kapmonitor.storage.seals import SEALED
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
                found = {
                    kind: [dict(row) for row in (await connection.execute(select(table))).mappings()]
                    for kind, table in (("user", user), ("login", login), ("display", display))
                }
        except FAILURES:  # `problems` says so
            return None
        for kind, rows in found.items():
            self._writer.entrance |= {_named(kind, row)[0]: row for row in rows}
        return Known(
            [_user(row) for row in found["user"] if row["role"] in GIVEN],
            [_login(row) for row in found["login"]],
            [_display(row) for row in found["display"]],
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
            return _named("user", row | {"password_hash": what.password_hash, "pin_hash": what.pin_hash})
        case KeptLogin():
            row = {"key": what.key, "user": what.user, "locked": what.locked, "recent": " ".join(what.recent)}
            times = {f"{name}_us": _us(getattr(what, name)) for name in ("began", "used", "touched")}
            return _named("login", row | times)
        case Display():
            row = {"id": what.id, "room": what.room, "key": what.key, "by": what.by}
            return _named("display", row | {"paired_us": _us(what.paired)})


def _named(kind: str, row: Row) -> tuple[Named, Row]:
    return (kind, row[SEALED[kind].key[0]]), row


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
