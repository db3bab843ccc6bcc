"""Who can log in at a run: the configured users with their roles, or one for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from kapmonitor.commands.log_ins import log_ins
from kapmonitor.config import Config, Dashboard, Site
from kapmonitor.config import User as Configured
from kapmonitor.errors import ConfigError
from kapmonitor.people import Person, Role

SITE = Site(id="north")


async def test_configured_users_log_in_with_their_own_password_and_role(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("of-the-nurse\n")
    (tmp_path / "two").write_text("of-the-guide\n")
    config = Config(
        site=SITE,
        users=(
            Configured(id="nurse-1", role="medical", password_file=tmp_path / "one"),
            Configured(id="guide-1", role="therapist", password_file=tmp_path / "two"),
        ),
    )
    access, ids = log_ins(config, {"KAPMONITOR_PASSWORD": "of-nobody"})
    assert ids == ["nurse-1", "guide-1"]
    assert await access.verify("nurse-1", "of-the-nurse")
    assert not await access.verify("nurse-1", "of-the-guide")
    assert not await access.verify("staff", "of-nobody")
    login = access.use(access.begin("guide-1"))
    assert login is not None
    assert login.person == Person("guide-1", Role.THERAPIST)


async def test_without_users_there_is_staff_who_may_do_everything_clinical(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    access, ids = log_ins(Config(site=SITE), {"KAPMONITOR_PASSWORD": "from-outside"})
    assert ids == ["staff"]
    assert await access.verify("staff", "from-outside")
    login = access.use(access.begin("staff"))
    assert login is not None
    assert login.person == Person("staff", Role.PRESCRIBER)

    (tmp_path / "password").write_text("from-a-file\n")
    dashboard = Dashboard(password_file=tmp_path / "password")
    access, _ = log_ins(Config(site=SITE, dashboard=dashboard), {})
    assert await access.verify("staff", "from-a-file")

    access, _ = log_ins(Config(site=SITE), {})
    password = capsys.readouterr().out.split(" / ")[1].strip()
    assert await access.verify("staff", password)


def test_a_password_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    user = Configured(id="nurse-1", role="medical", password_file=tmp_path / "gone")
    with pytest.raises(ConfigError, match=r"users: nurse-1: password_file: .*gone cannot be read"):
        log_ins(Config(site=SITE, users=(user,)), {})
