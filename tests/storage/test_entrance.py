"""Users, log-ins and paired screens survive a restart, and a record that had to begin anew."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url

from kapmonitor.people import Display, KeptLogin, Person, Role, User
from kapmonitor.storage import Record
from tests.storage.damage import well_again
from tests.storage.patient import url
from tests.storage.reading import rows

NURSE = User(Person("nurse-1", Role.MEDICAL), "$argon2id$x", "$argon2id$y")
GUEST = User(Person("guest-1", Role.VIEWER), "$argon2id$z", disabled=True)
LOGIN = KeptLogin("aa", "nurse-1", 1e9, 1e9 + 60.5, 1e9 + 30, locked=True, recent=("nurse-1", "guest-1"))
OTHER = KeptLogin("bb", "guest-1", 1e9, 1e9, 1e9)
SCREEN = Display("wall-1", "", "cc", 1e9, "boss-1")
ROOM = Display("room-1-screen", "room-1", "dd", 1e9, "boss-1")


async def test_all_of_it_is_there_after_a_restart_and_what_is_gone_is_not(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        for each in (NURSE, GUEST, LOGIN, OTHER, SCREEN, ROOM):
            record.entrance.keep(each)
        record.entrance.keep(NURSE)
        record.entrance.forget(OTHER)
        record.entrance.forget(SCREEN)
        assert await record.durable(30)
    async with Record.open(url(tmp_path)) as record:
        known = await record.entrance.known()
        assert known is not None
        assert {each.person.id: each for each in known.users} == {"nurse-1": NURSE, "guest-1": GUEST}
        assert (known.logins, known.displays) == ([LOGIN], [ROOM])
        record.entrance.forget(LOGIN)
        record.entrance.keep(User(NURSE.person, "$argon2id$new"))
        assert await record.durable(30)
        known = await record.entrance.known()
        assert known is not None
        assert known.logins == []
        assert {each.password_hash for each in known.users} == {"$argon2id$new", "$argon2id$z"}


async def test_a_record_that_begins_anew_has_the_users_of_the_old_one(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        record.entrance.keep(NURSE)
        assert await record.durable(30)
    async with Record.open(url(tmp_path)) as record:
        assert await record.entrance.known() is not None
        path = Path(make_url(url(tmp_path)).database or "")
        await record._writer.failed(OSError("the disk was away"))
        for each in path.parent.glob(f"{path.name}*"):
            if not each.name.endswith(("audit", "lock")):
                each.unlink()
        record.entrance.keep(GUEST)
        await well_again(record)
    assert {row[0] for row in rows(tmp_path, "select id from user")} == {"nurse-1", "guest-1"}


async def test_of_a_token_or_a_password_nothing_but_its_hash_is_kept(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        record.entrance.keep(LOGIN)
        assert await record.durable(30)
    (row,) = rows(tmp_path, "select * from login")
    assert "aa" in row


async def test_a_record_that_cannot_be_read_says_nothing_of_users(tmp_path: Path) -> None:
    (tmp_path / "record.db").write_bytes(b"no database" * 100)
    async with Record.open(url(tmp_path)) as record:
        assert await record.entrance.known() is None
        assert record.problems()


async def test_the_audit_log_is_read_newest_first_and_by_who_and_what(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        for n in range(5):
            by = "nurse-1" if n % 2 else "boss-1"
            record.audit.note("command", f"/api/{n}", by=by, address="10.0.0.1", detail="204")
        record.audit.note("log-in", "dashboard", by="boss-1")
        assert await record.durable(30)
        assert [each.what for each in await record.audit.newest(2)] == ["dashboard", "/api/4"]
        third = (await record.audit.newest(3))[-1]
        assert [each.what for each in await record.audit.newest(9, third.id)] == [
            "/api/2",
            "/api/1",
            "/api/0",
        ]
        assert [each.what for each in await record.audit.newest(9, by="nurse-1")] == ["/api/3", "/api/1"]
        (found,) = await record.audit.newest(9, action="log-in")
        assert (found.by, found.what) == ("boss-1", "dashboard")
        assert found.ts.endswith("Z")
