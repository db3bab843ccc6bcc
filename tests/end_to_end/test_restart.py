"""Kill -9 in the middle of an alarm, start again: the session goes on and the alarm is announced anew."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.end_to_end.processes import kapmonitor, subscribed
from tests.end_to_end.test_run import logged_in

pytestmark = pytest.mark.timeout(180)

CONFIG = """
[site]
id = "restarted"
[dashboard]
bind = "127.0.0.1:0"
[[rooms]]
id = "room-1"
"""


async def test_what_was_in_force_comes_back_and_is_announced_again(tmp_path: Path) -> None:
    config = tmp_path / "clinic.toml"
    config.write_text(CONFIG)
    env = {"XDG_STATE_HOME": str(tmp_path)}
    async with kapmonitor("run", "--config", str(config), env=env) as service:
        broker = (await service.until(r"broker: (mqtt://\S+)"))[1]
        async with logged_in(service) as browser, subscribed(broker) as heard:
            started = await browser.post("/api/v1/sessions", json={"room": "room-1", "route": "sublingual"})
            session = started.json()["session"]
            phase = await browser.post(f"/api/v1/sessions/{session}/phase", json={"phase": "baseline"})
            assert phase.status_code == 204
            await browser.post(f"/api/v1/sessions/{session}/notes", json={"text": "The dog is with her."})
            await browser.post(f"/api/v1/sessions/{session}/events", json={"kind": "help"})
            before = await heard.until(r"/alarm/[a-z0-9-]+$", name="help", state="active")
        os.kill(service.process.pid, signal.SIGKILL)
        await service.gone()
    async with kapmonitor("run", "--config", str(config), env=env) as service:
        broker = (await service.until(r"broker: (mqtt://\S+)"))[1]
        async with logged_in(service) as browser, subscribed(broker) as heard:
            meta = await heard.until(r"/meta$")
            assert (meta["room"], meta["phase"]) == ("room-1", "baseline")
            after = await heard.until(r"/alarm/[a-z0-9-]+$", name="help")
            assert (after["alarm"], after["state"]) == (before["alarm"], "active")
            assert after["seq"] > before["seq"]
            entries = (await browser.get(f"/api/v1/sessions/{session}/entries")).json()
            kinds = [each["what"]["kind"] for each in entries]
            assert [each["seq"] for each in entries] == list(range(1, len(entries) + 1))
            assert kinds.index("opened") == 0
            assert kinds.index("note") < kinds.index("gap")
            assert "unreadable" not in kinds
            refused = await browser.post("/api/v1/sessions", json={"room": "room-1", "route": "sublingual"})
            assert refused.status_code == 409
            here = await browser.post(f"/api/v1/sessions/{session}/here")
            assert here.status_code == 204
            await heard.until(r"/event$", name="help", event="end")
        assert await service.interrupt() == 0


async def test_a_second_service_does_not_write_the_same_record(tmp_path: Path) -> None:
    config = tmp_path / "clinic.toml"
    config.write_text(CONFIG)
    env = {"XDG_STATE_HOME": str(tmp_path)}
    async with kapmonitor("run", "--config", str(config), env=env) as first:
        await first.until("dashboard:")
        async with kapmonitor("run", "--config", str(config), env=env) as second:
            assert await second.ended() != 0
            assert "Traceback" not in second.printed
