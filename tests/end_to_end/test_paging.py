"""A service, a broker and a pager on a terminal, all killed for real: a page ends on somebody's screen."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.app.pager import carried
from tests.brokers import Broker, mosquitto
from tests.end_to_end.processes import Run, Subscriber, kapmonitor, subscribed
from tests.end_to_end.test_run import logged_in
from tests.handset.pagers import Pager, pager

__all__ = ["mosquitto"]
pytestmark = pytest.mark.timeout(240)


class Clinic:
    """A configuration of three rooms and two pagers, and what stands in its record."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self.env = {"XDG_STATE_HOME": str(folder)}
        self.config = folder / "clinic.toml"
        rooms = "".join(f'[[rooms]]\nid = "room-{number}"\n' for number in (1, 2, 3))
        self.config.write_text(f"""
[site]
id = "north-clinic"
[mqtt]
servers = ["{broker.service_url}"]
[dashboard]
bind = "127.0.0.1:0"
{rooms}
[[pagers]]
id = "nurse-1"
[[pagers]]
id = "nurse-2"
""")
        self._record = folder / "kapmonitor/north-clinic/kapmonitor.db"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[tuple[Run, httpx2.AsyncClient]]:
        """The service at work, and somebody who has logged in."""
        async with (
            kapmonitor("run", "--config", str(self.config), env=self.env) as run,
            logged_in(run) as staff,
        ):
            yield run, staff

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._record)) as connection:
            return connection.execute(query).fetchall()

    def pages(self, room: str) -> list[tuple[str, str]]:
        """Pager and id of the pages of a room, in order."""
        found = self.rows("select pager, page_id, document from page where kind = 'page' order by id")
        return [(who, page_id) for who, page_id, document in found if json.loads(document)["room"] == room]

    async def delivered(self, page_id: str) -> None:
        """Wait until the pager has said so, once."""
        query = f"select status from receipt where page_id = '{page_id}'"  # noqa: S608 - our own id
        while self.rows(query) != [("delivered",)]:
            await asyncio.sleep(0.1)


async def help_in(room: str, staff: httpx2.AsyncClient) -> None:
    """Somebody in that room calls for help."""
    started = await staff.post("/api/v1/sessions", json={"room": room, "route": "sublingual", "drill": True})
    session = started.json()["session"]
    assert (await staff.post(f"/api/v1/sessions/{session}/events", json={"kind": "help"})).status_code == 204


async def alarm_of(room: str, heard: Subscriber, **wanted: object) -> dict[str, Any]:
    return await heard.until(r"/alarm/[a-z0-9-]+$", name="help", room=room, **wanted)


async def killed_before_it_goes_out(
    clinic: Clinic, broker: Broker, room: str, run: Run, staff: httpx2.AsyncClient, nurse: Pager
) -> str:
    """The broker is away; a page is on the disk; then the service is killed, and who is on call knows.

    The id of the page to the one on call.
    """
    await broker.kill()
    await help_in(room, staff)
    while not clinic.pages(room):
        await asyncio.sleep(0.1)
    os.kill(run.process.pid, signal.SIGKILL)
    await run.gone()
    await broker.start()
    async with asyncio.timeout(30):
        await nurse.until("NO LINK")
    who, page_id = clinic.pages(room)[0]
    assert who == "nurse-1"
    return page_id


async def test_from_the_alarm_to_a_person_over_two_kills_of_the_service(
    mosquitto: Broker, tmp_path: Path
) -> None:
    clinic = Clinic(mosquitto, tmp_path)
    async with pager(mosquitto.service_url, tmp_path, "--site", "north-clinic") as nurse:
        async with (
            carried(mosquitto.service_url, "nurse-2") as other,
            clinic.open() as (run, staff),
            subscribed(mosquitto.reader_url) as heard,
        ):
            await nurse.until("linked")
            await help_in("room-1", staff)
            await rejected_and_accepted(nurse, other, heard)
            page_id = await killed_before_it_goes_out(clinic, mosquitto, "room-2", run, staff, nurse)
        async with clinic.open() as (run, staff):
            await nurse.until("HIGH room-2 DRILL NEW")
            await clinic.delivered(page_id)
            second = await killed_before_it_goes_out(clinic, mosquitto, "room-3", run, staff, nurse)
        async with clinic.open() as (run, _):
            await nurse.until("HIGH room-3 DRILL NEW")
            await clinic.delivered(second)
            assert await run.interrupt() == 0
        assert [each for each in clinic.pages("room-2") if each[0] == "nurse-1"] == [("nurse-1", page_id)]
        assert nurse.screen.count("room-2") == 1


async def rejected_and_accepted(nurse: Pager, other: Any, heard: Subscriber) -> None:
    """The first one cannot come: the next one is called at once, and everybody sees who is coming."""
    await nurse.until("HIGH room-1 DRILL NEW")
    assert (await alarm_of("room-1", heard, called="delivered"))["coming"] is None
    assert not other.shown
    nurse.press("x")
    await other.until(lambda it: it.shown)
    assert other.shown[0]["level"] == 1
    await other.answer(other.shown[0], "accepted")
    assert (await alarm_of("room-1", heard, called="coming"))["coming"] == "nurse-2"
