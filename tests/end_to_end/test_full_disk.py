"""The disk fills up under the whole running service: staff are told, it goes on, and nothing is lost."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from tests.brokers import Broker
from tests.end_to_end.processes import kapmonitor
from tests.end_to_end.test_service_alarms import alarms, logged_in
from tests.end_to_end.test_watchdog import config, environment, mosquitto
from tests.storage.disks import fill, small

__all__ = ["config", "mosquitto"]
pytestmark = pytest.mark.timeout(180)
LATER = 202


@pytest.fixture
def disk(tmp_path: Path, config: Path) -> Iterator[Path]:
    """A small one, and the record on it."""
    with small(tmp_path / "disk", "2m") as folder:
        config.write_text(config.read_text().replace("/kapmonitor.db", "/disk/kapmonitor.db"))
        yield folder


async def entered(browser: httpx2.AsyncClient, session: str) -> int:
    """A note; the answer."""
    answer = await browser.post(f"/api/v1/sessions/{session}/notes", json={"text": "well " * 200})
    assert answer.status_code in (204, LATER), answer.text
    return answer.status_code


async def test_a_full_disk_is_an_alarm_and_what_was_answered_meanwhile_is_written_when_there_is_room(
    config: Path, disk: Path, mosquitto: Broker
) -> None:
    del mosquitto
    async with (
        kapmonitor("run", "--config", str(config), env=environment(config)) as service,
        logged_in(service) as browser,
    ):
        begun = await browser.post("/api/v1/sessions", json={"room": "room-1", "route": "intramuscular"})
        session = begun.json()["session"]
        fill(disk)
        while await entered(browser, session) != LATER:
            pass
        stopped = [each for each in await alarms(browser) if each["name"] == "recording-stopped"]
        while not stopped:
            stopped = [each for each in await alarms(browser) if each["name"] == "recording-stopped"]
        assert "disk is full" in stopped[0]["text"]
        assert await entered(browser, session) == LATER
        entries = (await browser.get(f"/api/v1/sessions/{session}/entries")).json()
        (disk / "films").unlink()
        while await entered(browser, session) == LATER:
            await asyncio.sleep(0.2)
        assert await service.interrupt() == 0
    with closing(sqlite3.connect(disk / "kapmonitor.db")) as connection:
        seqs = [row[0] for row in connection.execute("select seq from session_entry order by seq")]
        answers = {row[0] for row in connection.execute("select detail from audit where what like '%/notes'")}
    assert seqs == [*range(1, len(seqs) + 1)]
    assert len(seqs) > len(entries)
    assert {"204", "202"} <= answers
