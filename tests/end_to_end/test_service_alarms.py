"""The service's own alarms on the whole running service."""

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

from tests.brokers import Broker
from tests.end_to_end.processes import Run, kapmonitor, subscribed
from tests.end_to_end.test_watchdog import config, environment, mosquitto

__all__ = ["config", "mosquitto"]
pytestmark = pytest.mark.timeout(180)


@asynccontextmanager
async def logged_in(service: Run) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser of the staff."""
    page = (await service.until(r"dashboard: (\S+)"))[1]
    async with httpx2.AsyncClient(
        base_url=page, follow_redirects=True, headers={"Origin": page.rstrip("/")}
    ) as browser:
        await browser.post("/login", data={"user": "staff", "password": "only-here"})
        yield browser


async def alarms(browser: httpx2.AsyncClient) -> list[dict[str, Any]]:
    """The alarms in force, as soon as there are any."""
    found: list[dict[str, Any]] = []
    while not found:
        await asyncio.sleep(0.2)
        found = (await browser.get("/api/v1/alarms")).json()
    return found


def kept(config: Path) -> dict[str, Any]:
    """What the service's alarms are remembered as."""
    with closing(sqlite3.connect(config.parent / "kapmonitor.db")) as connection:
        (text,) = connection.execute("select state from service_state").fetchone()
    state: dict[str, Any] = json.loads(text)
    return state


@pytest.mark.soak  # whole processes for half a minute; its parts are tried every time
async def test_a_lost_broker_is_an_alarm_on_the_page_that_can_be_acknowledged(
    config: Path, mosquitto: Broker
) -> None:
    arguments, env = ("run", "--config", str(config)), environment(config)
    async with kapmonitor(*arguments, env=env) as service, logged_in(service) as browser:
        await mosquitto.kill()
        (alarm,) = await alarms(browser)
        assert (alarm["name"], alarm["priority"], alarm["room"]) == ("broker-lost", "medium", "")
        done = await browser.post(f"/api/v1/alarms/{alarm['alarm']}/acknowledge", json={"seq": alarm["seq"]})
        assert done.status_code < 300, done.text
        await mosquitto.start()
        while (await browser.get("/api/v1/alarms")).json():
            await asyncio.sleep(0.2)


@pytest.mark.soak  # three services; resuming is tried in tests/app, two kills in test_paging.py every time
async def test_kill_9_with_the_broker_lost_is_announced_again_and_leaves_nothing_behind(
    config: Path, mosquitto: Broker
) -> None:
    """The broker is away before and after the kill; what is over after another one is taken away."""
    arguments, env = ("run", "--config", str(config)), environment(config)
    async with kapmonitor(*arguments, env=env) as service, logged_in(service) as browser:
        await mosquitto.kill()
        (before,) = await alarms(browser)
        seen = await browser.post(
            f"/api/v1/alarms/{before['alarm']}/acknowledge", json={"seq": before["seq"]}
        )
        assert seen.status_code < 300, seen.text
        os.kill(service.process.pid, signal.SIGKILL)
        await service.gone()
    async with kapmonitor(*arguments, env=env) as service, logged_in(service) as browser:
        (again,) = await alarms(browser)
        assert (again["alarm"], again["name"]) == (before["alarm"], "broker-lost")
        assert (again["acknowledged"], again["seq"] > before["seq"]) == (False, True)
        await mosquitto.start()
        async with subscribed(mosquitto.reader_url) as heard:
            await heard.until(rf"/alarm/{again['alarm']}$", state="inactive")
            while kept(config)["hazards"]["broker-lost"]["holding"]:
                await asyncio.sleep(0.1)
            os.kill(service.process.pid, signal.SIGKILL)
            await service.gone()
    async with kapmonitor(*arguments, env=env) as service:
        await service.until("dashboard: ")
        async with subscribed(mosquitto.reader_url) as heard:
            await heard.until(r"/service/heartbeat$", seq=3)
        async with subscribed(mosquitto.reader_url) as late:
            await late.until(r"/service/heartbeat$")
            await late.until(r"/service/heartbeat$")
            assert not [topic for topic, _ in late.seen if "/alarm/" in topic]
        assert await service.interrupt() == 0
