"""The service's own alarms, and what systemd hears of it, on the whole running service."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import httpx2
import pytest

from tests.brokers import Broker
from tests.end_to_end.processes import kapmonitor
from tests.end_to_end.test_watchdog import config, environment, manager, mosquitto

__all__ = ["config", "manager", "mosquitto"]
pytestmark = pytest.mark.timeout(180)


async def test_systemd_hears_of_every_second_that_was_judged(config: Path, manager: socket.socket) -> None:
    env = {**environment(config), "NOTIFY_SOCKET": str(manager.getsockname())}
    async with kapmonitor("run", "--config", str(config), env=env) as service:
        await service.until("dashboard: ")
        heard = {await asyncio.to_thread(manager.recv, 100) for _ in range(4)}
        assert heard == {b"READY=1", b"WATCHDOG=1"}
        assert await service.interrupt() == 0
        while await asyncio.to_thread(manager.recv, 100) != b"STOPPING=1":
            pass


async def test_a_lost_broker_is_an_alarm_on_the_page_that_can_be_acknowledged(
    config: Path, mosquitto: Broker
) -> None:
    async with kapmonitor("run", "--config", str(config), env=environment(config)) as service:
        page = (await service.until(r"dashboard: (\S+)"))[1]
        async with httpx2.AsyncClient(
            base_url=page, follow_redirects=True, headers={"Origin": page.rstrip("/")}
        ) as browser:
            await browser.post("/login", data={"user": "staff", "password": "only-here"})
            await mosquitto.kill()
            while not (found := (await browser.get("/api/v1/alarms")).json()):
                await asyncio.sleep(0.2)
            (alarm,) = found
            assert (alarm["name"], alarm["priority"], alarm["room"]) == ("broker-lost", "medium", "")
            done = await browser.post(
                f"/api/v1/alarms/{alarm['alarm']}/acknowledge", json={"seq": alarm["seq"]}
            )
            assert done.status_code < 300, done.text
            await mosquitto.start()
            while (await browser.get("/api/v1/alarms")).json():
                await asyncio.sleep(0.2)
