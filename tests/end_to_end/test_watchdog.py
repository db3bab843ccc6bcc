"""`kapmonitor watchdog` beside `kapmonitor run`: two processes and a mosquitto, as in a clinic."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import Broker, Mosquitto
from tests.end_to_end.processes import Subscriber, kapmonitor, need, subscribed

pytestmark = pytest.mark.timeout(180)
OWN = r"/alarm/clinic-7-not-monitoring"


@pytest.fixture
async def mosquitto(tmp_path: Path) -> AsyncIterator[Broker]:
    need("mosquitto_sub")
    broker = Mosquitto(tmp_path)
    try:
        await broker.start()
        yield broker
    finally:
        await broker.kill()


@pytest.fixture
def config(tmp_path: Path, mosquitto: Broker) -> Path:
    path = tmp_path / "clinic.toml"
    path.write_text(f"""
[site]
id = "clinic-7"
[mqtt]
servers = ["{mosquitto.service_url}"]
[dashboard]
bind = "127.0.0.1:0"
[storage]
url = "sqlite+aiosqlite:///{tmp_path}/kapmonitor.db"
[[rooms]]
id = "room-1"
devices = [{{ id = "oximeter-1", driver = "contec-cms50", port = "{tmp_path}/oximeter" }}]
""")
    return path


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """systemd's end of NOTIFY_SOCKET."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(tmp_path / "notify"))
        end.settimeout(60)
        yield end


def environment(config: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(config.parent), "KAPMONITOR_PASSWORD": "only-here"}


async def event(heard: Subscriber, name: str) -> dict[str, Any]:
    return await heard.until(rf"{OWN}/event$", event=name)


@pytest.mark.soak  # whole processes for half a minute; its parts are tried every time
async def test_kill_9_of_the_service_is_an_alarm_and_its_return_the_end(
    config: Path, mosquitto: Broker
) -> None:
    arguments, env = ("run", "--config", str(config)), environment(config)
    async with (
        subscribed(mosquitto.reader_url) as heard,
        kapmonitor("watchdog", "--config", str(config)) as watchdog,
    ):
        await watchdog.until("watching clinic-7")
        async with kapmonitor(*arguments, env=env) as service:
            await service.until("dashboard: ")
            await heard.until(r"/service/heartbeat$", seq=2)
            os.kill(service.process.pid, signal.SIGKILL)
            started = await event(heard, "start")
        assert (started["priority"], started["page"], started["room"]) == ("high", True, "")
        standing = await heard.until(rf"{OWN}$", state="active")
        assert standing["text"].startswith("Not monitoring since ")
        async with kapmonitor(*arguments, env=env):
            await event(heard, "end")
            await heard.until(rf"{OWN}$", state="inactive")
        assert await watchdog.interrupt() == 0


@pytest.mark.soak  # a frozen service is tried in tests/watchdog every time
async def test_a_service_that_hangs_is_an_alarm_although_its_connection_stands(
    config: Path, mosquitto: Broker
) -> None:
    async with (
        subscribed(mosquitto.reader_url) as heard,
        kapmonitor("run", "--config", str(config), env=environment(config)) as service,
        kapmonitor("watchdog", "--config", str(config)),
    ):
        await service.until("dashboard: ")
        await heard.until(r"/service/heartbeat$", seq=3)
        os.kill(service.process.pid, signal.SIGSTOP)
        await event(heard, "start")
        os.kill(service.process.pid, signal.SIGCONT)
        await event(heard, "end")


async def test_systemd_is_told_that_the_watchdog_itself_lives(config: Path, manager: socket.socket) -> None:
    env = {"NOTIFY_SOCKET": str(manager.getsockname())}
    async with kapmonitor("watchdog", "--config", str(config), env=env) as watchdog:
        await watchdog.until("watching clinic-7")
        assert [manager.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        assert await watchdog.interrupt() == 0
        heard = b""
        while heard != b"STOPPING=1":
            heard = manager.recv(100)


async def test_an_embedded_broker_cannot_be_watched_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text('[site]\nid = "clinic-7"\n')
    async with kapmonitor("watchdog", "--config", str(path)) as watchdog:
        assert await watchdog.ended() == 2
        assert "mqtt.servers" in watchdog.printed
        assert "Traceback" not in watchdog.printed
