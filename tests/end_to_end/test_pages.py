"""A page that is durable goes out, whatever is killed: the real service, a real broker, a raw pager."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.app.pager import carried
from tests.brokers import Broker, mosquitto
from tests.end_to_end.processes import kapmonitor
from tests.end_to_end.test_run import logged_in
from tests.end_to_end.test_watchdog import manager

__all__ = ["manager", "mosquitto"]
pytestmark = pytest.mark.timeout(240)

CONFIG = """
[site]
id = "north-clinic"
[dashboard]
bind = "127.0.0.1:0"
[mqtt]
servers = ["{broker}"]
[[rooms]]
id = "room-1"
[[rooms]]
id = "room-2"
[[pagers]]
id = "nurse-1"
"""


@pytest.fixture
def config(mosquitto: Broker, tmp_path: Path) -> Path:
    path = tmp_path / "clinic.toml"
    path.write_text(CONFIG.format(broker=mosquitto.service_url))
    return path


@pytest.mark.soak  # with a real pager and kills of both sides it is in test_paging.py every time
async def test_two_kills_between_the_durable_page_and_the_broker(mosquitto: Broker, config: Path) -> None:
    env = {"XDG_STATE_HOME": str(config.parent)}
    paged: list[str] = []
    for room in ("room-1", "room-2"):
        async with (
            kapmonitor("run", "--config", str(config), env=env) as service,
            logged_in(service) as browser,
        ):
            started = await browser.post("/api/v1/sessions", json={"room": room, "route": "sublingual"})
            session = started.json()["session"]
            await mosquitto.kill()
            await browser.post(f"/api/v1/sessions/{session}/events", json={"kind": "help"})
            known, paged = paged, []
            while len(paged) <= len(known):
                paged = pages_of(config.parent)
                await asyncio.sleep(0.05)  # another process writes it
            os.kill(service.process.pid, signal.SIGKILL)
            await service.gone()
        await mosquitto.start()
    async with (
        carried(mosquitto.service_url, "nurse-1", "delivered") as pager,
        kapmonitor("run", "--config", str(config), env=env) as service,
        logged_in(service) as browser,
    ):
        await pager.until(lambda it: set(paged) <= {each["page_id"] for each in it.shown})
        rooms = {each["room"] for each in pager.shown if each["page_id"] in paged}
        assert rooms == {"room-1", "room-2"}
        found = (await browser.get("/api/v1/alarms")).json()
        calls = [each for each in found if each["name"] == "help"]
        assert len(calls) == 2  # nothing was resolved by mistake
        assert {each["state"] for each in calls} == {"active"}


def pages_of(folder: Path) -> list[str]:
    """The pages in the record, looked at from outside."""
    path = next(folder.glob("**/kapmonitor.db"))
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("select page_id from page where kind = 'page'")]


async def test_somebody_answers_the_test_page_and_the_gate_opens(
    mosquitto: Broker, config: Path, manager: socket.socket
) -> None:
    """And systemd hears of every second that was judged."""
    env = {"XDG_STATE_HOME": str(config.parent), "NOTIFY_SOCKET": str(manager.getsockname())}
    async with (
        kapmonitor("run", "--config", str(config), env=env) as service,
        logged_in(service) as browser,
        carried(mosquitto.service_url, "nurse-1", "delivered") as pager,
    ):
        started = await browser.post("/api/v1/sessions", json={"room": "room-1", "route": "sublingual"})
        session = started.json()["session"]

        async def gate_is(*, opened: bool) -> None:
            while True:
                view = (await browser.get(f"/api/v1/sessions/{session}")).json()
                gate = next(each for each in view["gates"] if each["name"] == "pagers")
                if (gate["open"], gate["holds"]) == (opened, True):
                    return

        await gate_is(opened=False)
        while (await browser.post("/api/v1/pagers/nurse-1/test")).status_code == 409:
            pass  # the service has not heard yet that it is online
        await pager.until(lambda it: it.of("test"))
        await pager.answer(pager.shown[-1], "read")
        await gate_is(opened=True)

        assert (await browser.post("/api/v1/rooms/room-2/here")).status_code == 409  # nobody calls there
        assert (
            await browser.post("/api/v1/rooms/room-2/help")
        ).status_code == 204  # and nobody has a session
        await pager.until(lambda it: it.of("page"))
        page = next(each for each in pager.shown if each["kind"] == "page")
        assert (page["room"], page["seat"], page["priority"]) == ("room-2", "a", "high")
        [alarm] = [each for each in (await browser.get("/api/v1/alarms")).json() if each["name"] == "help"]
        assert (alarm["alarm"], alarm["session"], alarm["room"]) == (page["alarm"], "", "room-2")
        seen = {"seq": alarm["seq"]}
        acknowledged = await browser.post(f"/api/v1/alarms/{alarm['alarm']}/acknowledge", json=seen)
        assert acknowledged.status_code == 204
        assert (await browser.post("/api/v1/rooms/room-2/here")).status_code == 204
        await pager.until(lambda it: page["alarm"] in it.of("withdraw"))
        found = (await browser.get("/api/v1/alarms")).json()
        assert "help" not in {each["name"] for each in found}
        heard = {await asyncio.to_thread(manager.recv, 100) for _ in range(4)}
        assert heard == {b"READY=1", b"WATCHDOG=1"}
        assert await service.interrupt() == 0
        while await asyncio.to_thread(manager.recv, 100) != b"STOPPING=1":
            pass
