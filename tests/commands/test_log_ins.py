"""Who can log in at a run: the users of the record with their roles, or one for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from kapmonitor.commands.log_ins import log_ins
from kapmonitor.config import Config, Dashboard, Site
from kapmonitor.errors import ConfigError
from kapmonitor.people import Display, Person, Role, User
from kapmonitor.storage import Record
from kapmonitor.web import hash_password
from tests.storage.patient import url

SITE = Site(id="north")
NURSE = Person("nurse-1", Role.MEDICAL)
OUT = User(Person("guest-1", Role.VIEWER), "", disabled=True)


async def test_the_users_of_the_record_log_in_and_go_on_after_a_restart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Record.open(url(tmp_path)) as record:
        record.entrance.keep(User(NURSE, hash_password("of-the-nurse")))
        record.entrance.keep(OUT)
        record.entrance.keep(Display("wall-1", "", "cc", 1e9, "boss-1"))
    tokens: list[str] = []
    for _ in ("start", "restart"):
        async with Record.open(url(tmp_path)) as record:
            access, displays, ids = await log_ins(
                Config(site=SITE), {"KAPMONITOR_PASSWORD": "of-nobody"}, record
            )
            assert ids == ["nurse-1"]
            assert await access.verify("nurse-1", "of-the-nurse")
            assert not await access.verify("staff", "of-nobody")
            assert [each.id for each in displays.all()] == ["wall-1"]
            for token in tokens:
                login = access.use(token)
                assert login is not None
                assert login.person == NURSE
            tokens.append(access.begin("nurse-1"))
    assert "nobody may change how the clinic is set up" in capsys.readouterr().err


async def test_without_users_there_is_staff_who_may_do_everything_clinical(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "password").write_text("from-a-file\n")
    from_file = Config(site=SITE, dashboard=Dashboard(password_file=tmp_path / "password"))
    async with Record.open(url(tmp_path)) as record:
        access, _, ids = await log_ins(Config(site=SITE), {"KAPMONITOR_PASSWORD": "from-outside"}, record)
        assert ids == ["staff"]
        assert await access.verify("staff", "from-outside")
        token = access.begin("staff")
        access, _, _ = await log_ins(from_file, {}, record)
        assert await access.verify("staff", "from-a-file")
        assert await record.durable(30)
        access, _, _ = await log_ins(Config(site=SITE), {}, record)
        password = capsys.readouterr().out.split(" / ")[1].strip()
        assert await access.verify("staff", password)
        login = access.use(token)
        assert login is not None
        assert login.person == Person("staff", Role.PRESCRIBER)
        access.users.give_pin("staff", "$argon2id$x")
        assert await record.durable(30)
        known = await record.entrance.known()
        assert known is not None
        assert known.users == []  # the one for all is never a user of the record


async def test_where_the_record_cannot_be_read_somebody_can_still_log_in(tmp_path: Path) -> None:
    (tmp_path / "record.db").write_bytes(b"no database" * 100)
    async with Record.open(url(tmp_path)) as record:
        access, _, ids = await log_ins(Config(site=SITE), {"KAPMONITOR_PASSWORD": "from-outside"}, record)
        assert ids == ["staff"]
        assert await access.verify("staff", "from-outside")


async def test_a_password_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    config = Config(site=SITE, dashboard=Dashboard(password_file=tmp_path / "gone"))
    async with Record.open(url(tmp_path)) as record:
        with pytest.raises(ConfigError, match=r"dashboard.password_file: .*gone cannot be read"):
            await log_ins(config, {}, record)
