"""`kapmonitor demo`: three rooms come up, one alarms within a minute, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import httpx2
import pytest

from kapmonitor.flight.file import read_first_line
from tests.end_to_end.processes import Run, kapmonitor, need, subscribed

pytestmark = pytest.mark.timeout(180)
ADDRESS = r"dashboard: (http://127\.0\.0\.1:\d+/)"
LOGIN = r"log-in:\s+(\S+) / (\S+)"
BROKER = r"broker:\s+(mqtt://\S+)"


async def addresses(run: Run) -> tuple[str, str, str, str]:
    """Dashboard, user, password, broker."""
    broker = (await run.until(BROKER))[1]
    user, password = (await run.until(LOGIN)).groups()
    return (await run.until(ADDRESS))[1], user, password, broker


async def must_administer(browser: httpx2.AsyncClient, demo: Run) -> None:
    """The second log-in that was printed opens what only administrators may see; devices are all there."""
    user, password = (await demo.until(r"admin:\s+(\S+) / (\S+)")).groups()
    origin = {"Origin": str(browser.base_url).rstrip("/")}
    assert (await browser.get("/api/v1/users")).status_code == 403
    await browser.post("/login", data={"user": user, "password": password}, headers=origin)
    assert [each["id"] for each in (await browser.get("/api/v1/users")).json()] == ["admin", "staff"]
    devices = (await browser.get("/api/v1/devices")).json()
    assert {(each["status"], each["origin"]) for each in devices if each["heard_s"] is not None} == {
        ("online", "simulated")
    }
    assert [
        each for each in devices if each["signal"] is not None
    ]  # Bluetooth says how strongly it was heard
    limits = (await browser.get("/api/v1/limits")).json()
    assert (limits["signed"], limits["last"], limits["differences"]) == (None, None, None)


async def test_a_room_alarms_within_a_minute_on_broker_and_page_with_any_seed(tmp_path: Path) -> None:
    need("mosquitto_sub")
    async with asyncio.TaskGroup() as runs:
        for seed in ("1", "20261121"):
            (tmp_path / seed).mkdir()
            runs.create_task(_alarms_within_a_minute(seed, tmp_path / seed))


async def _alarms_within_a_minute(seed: str, folder: Path) -> None:
    """What it records in flight and in its database lies in a folder of its own, which goes with it."""
    env = {"TMPDIR": str(folder)}
    async with kapmonitor("demo", "--port", "0", "--seed", seed, env=env) as demo:
        page, user, password, broker = await addresses(demo)
        async with subscribed(broker) as heard, asyncio.timeout(60):
            alarm = await heard.until(r"/alarm/[a-z0-9-]+$", name="spo2-low", state="active")
            event = await heard.until(r"/alarm/[a-z0-9-]+/event$", name="spo2-low", event="start")
        assert (alarm["origin"], alarm["drill"], alarm["room"]) == ("simulated", True, "room-2")
        assert alarm["value"] < 92
        assert event["alarm"] == alarm["alarm"]
        async with httpx2.AsyncClient(base_url=page, follow_redirects=True) as browser:
            answer = await browser.post(
                "/login", data={"user": user, "password": password}, headers={"Origin": page.rstrip("/")}
            )
            assert answer.status_code == 200
            shown = (await browser.get("/api/v1/alarms")).json()
            await must_administer(browser, demo)
        assert alarm["alarm"] in str(shown)
        flights = [*folder.glob("kapmonitor-demo-*/flights/room-2-*.kapflight")]
        assert [read_first_line(each.read_bytes(), "")[0].session for each in flights] == [alarm["session"]]
        assert await demo.interrupt() == 0
        await demo.gone()
        assert [*folder.iterdir()] == []


@pytest.mark.soak  # whole processes for half a minute; its parts are tried every time
async def test_all_five_devices_of_the_demo_come_to_life() -> None:
    async with kapmonitor("demo", "--port", "0", "--seed", "3") as demo:
        *_, broker = await addresses(demo)
        async with subscribed(broker) as heard:
            for device in ("strap-1", "oximeter-1", "oximeter-2", "cuff-1", "oximeter-3", "cuff-3"):
                await heard.until_status(f"kap/v1/demo/device/{device}/status", "online")
            vitals = await heard.until(r"/session/room-3-.*/vitals$")
            assert vitals["schema"] == 1
            pressure = await heard.until(r"/session/room-1-.*/nibp$", quality="valid")
            assert 80 < pressure["systolic"] < 220


async def test_what_it_prints_is_true_and_kill_9_leaves_no_process_behind() -> None:
    async with kapmonitor("demo", "--port", "0", "--rooms", "1") as demo:
        page, *_, broker = await addresses(demo)
        await the_broker_user_may_read_and_not_write(broker)
        pager = (await demo.until(r"pager:\s+\S+ (pager --id nurse-1 .*)\n"))[1]
        await the_pager_command_is_a_pager_on_this_broker(pager.split(), broker)
        await a_port_in_use_is_one_clear_line(page.rstrip("/").rpartition(":")[2])
        assert len(demo.family()) > 1
        os.kill(demo.process.pid, signal.SIGKILL)
        async with asyncio.timeout(5):
            await demo.gone()


async def the_broker_user_may_read_and_not_write(broker: str) -> None:
    async with subscribed(broker) as heard:
        await heard.until_status("kap/v1/demo/service/status", "online")
        forged = ["-L", f"{broker}/kap/v1/demo/service/status", "-q", "1", "-r", "-m", "forged"]
        publisher = await asyncio.create_subprocess_exec(need("mosquitto_pub"), *forged)
        await publisher.wait()
        await heard.until(r"/service/heartbeat$")
        await heard.until(r"/session/.*/snapshot$")
        assert b"forged" not in [payload for _, payload in heard.seen]


async def a_port_in_use_is_one_clear_line(port: str) -> None:
    async with kapmonitor("demo", "--port", port) as second:
        assert await second.ended() == 2
        assert re.search(rf"kapmonitor: .*{port}", second.printed)
        assert "Traceback" not in second.printed


async def the_pager_command_is_a_pager_on_this_broker(command: list[str], broker: str) -> None:
    async with subscribed(broker) as heard, kapmonitor(*command, "--plain") as pager:
        await heard.until_status("kap/v1/demo/pager/nurse-1/status", "online")
        await pager.until(r"(?m)^linked$")
        assert await pager.interrupt() == 0
        await heard.until_status("kap/v1/demo/pager/nurse-1/status", "offline")
