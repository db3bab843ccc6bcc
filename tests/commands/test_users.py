"""The first administrator comes from the command line; so does a way back in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kapmonitor.__main__ import command_line
from kapmonitor.errors import ConfigError, RefusedError
from kapmonitor.people import KeptLogin, Role
from kapmonitor.ports import Known
from kapmonitor.storage import Record, RecordInUseError
from kapmonitor.storage.sqlite import Lock
from kapmonitor.web.users import Users
from tests.storage.patient import url

RUN = CliRunner()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "clinic.toml"
    path.write_text(f'[site]\nid = "north"\n[storage]\nurl = "{url(tmp_path)}"\n', encoding="utf-8")
    return path


def users(config: Path, *arguments: str) -> str:
    """What `kapmonitor users …` prints."""
    group = command_line(["users"])
    found = RUN.invoke(group, ["users", *arguments, "--config", str(config)])
    if found.exception is not None:
        raise found.exception
    return found.output


async def known(tmp_path: Path) -> Known:
    async with Record.open(url(tmp_path)) as record:
        found = await record.entrance.known()
        assert found is not None
        return found


def test_the_first_administrator_gets_a_password_and_later_another(config: Path, tmp_path: Path) -> None:
    password = users(config, "add", "boss-1", "--role", "administrator").split(" / ")[1].strip()
    assert users(config, "list").split() == ["boss-1", "administrator"]

    async def log_in() -> None:
        async with Record.open(url(tmp_path)) as record:
            record.entrance.keep(KeptLogin("aa", "boss-1", 1e9, 1e9, 1e9))

    asyncio.run(log_in())
    another = users(config, "password", "boss-1").split(" / ")[1].strip()
    found = asyncio.run(known(tmp_path))
    assert [user.person.role for user in found.users] == [Role.ADMINISTRATOR]
    assert found.logins == []
    there = Users(found.users)
    assert not asyncio.run(there.knows_password("boss-1", password))
    assert asyncio.run(there.knows_password("boss-1", another))


def test_a_password_of_ones_own_comes_from_a_file(config: Path, tmp_path: Path) -> None:
    (tmp_path / "good").write_text("three different words\n")
    (tmp_path / "bad").write_text("short\n")
    arguments = ("add", "nurse-1", "--role", "medical", "--password-file")
    assert "three" not in users(config, *arguments, str(tmp_path / "good"))
    found = asyncio.run(known(tmp_path))
    assert asyncio.run(Users(found.users).knows_password("nurse-1", "three different words"))
    with pytest.raises(ConfigError, match="at least 10 characters"):
        users(config, "password", "nurse-1", "--password-file", str(tmp_path / "bad"))


def test_what_makes_no_sense_is_refused(config: Path) -> None:
    with pytest.raises(ConfigError, match="--role guru: is one of prescriber"):
        users(config, "add", "boss-1", "--role", "guru")
    with pytest.raises(ConfigError, match="an id has 1 to 40"):
        users(config, "add", "Dr. A", "--role", "medical")
    users(config, "add", "boss-1", "--role", "administrator")
    with pytest.raises(RefusedError, match="already"):
        users(config, "add", "boss-1", "--role", "medical")


def test_beside_a_running_service_it_says_so(config: Path, tmp_path: Path) -> None:
    there = Lock(tmp_path / "record.db")
    with pytest.raises(RecordInUseError, match="in use by another kapmonitor"):
        users(config, "list")
    there.close()
