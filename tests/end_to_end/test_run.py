"""`kapmonitor run` against `kapmonitor simulate`: two processes, joined only by the wires in one file."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from tests.end_to_end.processes import Run, kapmonitor, subscribed

pytestmark = pytest.mark.timeout(180)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "clinic.toml"
    path.write_text(f"""
[site]
id = "two-processes"
[dashboard]
bind = "127.0.0.1:0"
[bluetooth]
transport = "tcp-client:127.0.0.1:{free_port()}"
[[rooms]]
id = "room-1"
devices = [
  {{ id = "strap-1", driver = "heart-rate-strap", address = "C0:00:00:00:00:01" }},
  {{ id = "oximeter-1", driver = "contec-cms50", port = "{tmp_path}/oximeter" }},
  {{ id = "cuff-1", driver = "suntech-nibp", port = "socket://127.0.0.1:{free_port()}" }},
]
""")
    return path


@asynccontextmanager
async def logged_in(run: Run) -> AsyncIterator[httpx2.AsyncClient]:
    user, password = (await run.until(r"log-in for this run: (\S+) / (\S+)")).groups()
    page = (await run.until(r"dashboard: (\S+)"))[1]
    headers = {"Origin": page.rstrip("/")}
    async with httpx2.AsyncClient(base_url=page, follow_redirects=True, headers=headers) as browser:
        assert (await browser.post("/login", data={"user": user, "password": password})).status_code == 200
        yield browser


SESSION = {"room": "room-1", "seat": "a", "route": "intramuscular"}


async def test_simulated_data_are_marked_everywhere(config: Path) -> None:
    """Pseudo-terminal, loopback socket and virtual Bluetooth: all of it counts as simulated."""
    async with kapmonitor("simulate", "--config", str(config)) as devices:
        await devices.until("simulating 3 devices")
        async with kapmonitor(
            "run", "--config", str(config), env={"XDG_STATE_HOME": str(config.parent)}
        ) as service:
            broker = (await service.until(r"broker: (mqtt://\S+)"))[1]
            async with logged_in(service) as browser, subscribed(broker) as heard:
                for device in ("strap-1", "oximeter-1", "cuff-1"):
                    info = await heard.until(rf"/device/{device}/info$")
                    assert info["origin"] == "simulated"
                    await heard.until_status(f"kap/v1/two-processes/device/{device}/status", "online")
                started = await browser.post("/api/v1/sessions", json={**SESSION, "drill": True})
                assert started.status_code in (200, 201)
                meta = await heard.until(r"/meta$", phase="screening")
                assert (meta["origin"], meta["drill"]) == ("simulated", True)
                vitals = await heard.until(r"/vitals$", seq=5)
                assert vitals["origin"] == "simulated"
                assert vitals["values"]["spo2"]["value"] > 90
                assert vitals["values"]["heart_rate"]["device"] == "strap-1"
                assert "SIMULATED" in (await browser.get("/")).text.upper()
            assert await service.interrupt() == 0
            await service.gone()
        assert await devices.interrupt() == 0


@pytest.mark.soak  # whole processes for half a minute; its parts are tried every time
async def test_simulated_data_are_refused_in_a_session_that_is_no_drill(config: Path) -> None:
    async with (
        kapmonitor("simulate", "--config", str(config)),
        kapmonitor("run", "--config", str(config), env={"XDG_STATE_HOME": str(config.parent)}) as service,
    ):
        broker = (await service.until(r"broker: (mqtt://\S+)"))[1]
        async with logged_in(service) as browser, subscribed(broker) as heard:
            await heard.until_status("kap/v1/two-processes/device/oximeter-1/status", "online")
            await browser.post("/api/v1/sessions", json={**SESSION, "drill": False})
            vitals = await heard.until(r"/vitals$", seq=5)
            spo2 = vitals["values"]["spo2"]
            assert (spo2["value"], spo2["raw"], spo2["reason"]) == (None, None, "simulated_source")


@pytest.mark.soak  # whole processes for half a minute; its parts are tried every time
async def test_devices_that_vanish_are_said_and_come_back(config: Path) -> None:
    async with kapmonitor(
        "run", "--config", str(config), env={"XDG_STATE_HOME": str(config.parent)}
    ) as service:
        broker = (await service.until(r"broker: (mqtt://\S+)"))[1]
        status = "kap/v1/two-processes/device/oximeter-1/status"
        async with kapmonitor("simulate", "--config", str(config)), subscribed(broker) as heard:
            await heard.until_status(status, "online")
        async with subscribed(broker) as heard:
            await heard.until_status(status, "offline")
        async with kapmonitor("simulate", "--config", str(config)), subscribed(broker) as heard:
            await heard.until_status(status, "online")


async def test_five_mistakes_are_five_lines_and_exit_2(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("""
[site]
id = "North"
[dashboard]
bind = "8000"
[mqtt]
servers = ["http://x"]
[[rooms]]
id = "room-1"
devices = [{ id = "a", driver = "nothing", port = "x" }, { id = "b", driver = "contec-cms50" }]
""")
    for verb in (["check-config", str(path)], ["run", "--config", str(path)]):
        async with kapmonitor(*verb) as checked:
            assert await checked.ended() == 2
            assert checked.printed.count("bad.toml") == 5
            assert "Traceback" not in checked.printed
