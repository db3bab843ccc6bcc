"""A simulated patient, the service, real pagers, in full time: nobody accepts, until everybody is called."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.app.pager import Pager, carried
from tests.brokers import Broker, mosquitto
from tests.end_to_end.processes import Subscriber, kapmonitor, subscribed
from tests.end_to_end.test_run import logged_in
from tests.handset.pagers import pager

__all__ = ["mosquitto"]

SCRIPT = """
title = "Hypoxic and nobody comes"
shows = "spo2-low, high, for minutes"
route = "intramuscular"
[[timeline]]
at = "start + 0:30"
what = "desaturation"
to = 78
for = "20:00"
"""


def configured(folder: Path, broker: Broker) -> str:
    path = folder / "clinic.toml"
    path.write_text(f"""
[site]
id = "north-clinic"
[mqtt]
servers = ["{broker.service_url}"]
[dashboard]
bind = "127.0.0.1:0"
[[rooms]]
id = "room-1"
devices = [{{ id = "oximeter-1", driver = "contec-cms50", port = "{folder}/oximeter" }}]
[[pagers]]
id = "nurse-1"
[[pagers]]
id = "nurse-2"
[[pagers]]
id = "nurse-3"
""")
    return str(path)


def after_s(later: dict[str, Any], first: dict[str, Any]) -> float:
    """By the service's own clock."""
    sent = [datetime.fromisoformat(each["sent_at"]) for each in (first, later)]
    return (sent[1] - sent[0]).total_seconds()


async def alarm(heard: Subscriber, **wanted: object) -> dict[str, Any]:
    return await heard.until(r"/alarm/[a-z0-9-]+$", name="spo2-low", priority="high", **wanted)


async def called(who: Pager) -> dict[str, Any]:
    await who.until(lambda it: it.of("page"))
    return next(each for each in who.shown if each["kind"] == "page")


@pytest.mark.soak
async def test_delivered_not_accepted_then_the_backup_then_everybody_then_somebody_comes(
    mosquitto: Broker, tmp_path: Path
) -> None:
    """Real times: 60 s to the backup, 120 s to everybody."""
    config, script = configured(tmp_path, mosquitto), tmp_path / "script.toml"
    script.write_text(SCRIPT)
    async with (
        kapmonitor("simulate", "--config", config, "--script", str(script)) as devices,
        kapmonitor("run", "--config", config, env={"XDG_STATE_HOME": str(tmp_path)}) as service,
        logged_in(service) as staff,
        subscribed(mosquitto.reader_url) as heard,
        pager(mosquitto.service_url, tmp_path, "--site", "north-clinic") as first,
        carried(mosquitto.service_url, "nurse-2", "delivered") as second,
        carried(mosquitto.service_url, "nurse-3", "delivered") as third,
    ):
        await devices.until("simulating 1 device")
        await first.until(" linked")
        started = {"room": "room-1", "route": "intramuscular", "drill": True}
        session = (await staff.post("/api/v1/sessions", json=started)).json()["session"]
        dose = {"amount": 60, "reason": "a drill"}
        assert (await staff.post(f"/api/v1/sessions/{session}/doses", json=dose)).status_code == 204
        paged = await heard.until(r"/pager/nurse-1/page$", kind="page", priority="high")
        assert paged["text"].startswith("SIMULATED DRILL SpO2"), paged["text"]
        assert (await alarm(heard, called="delivered"))["coming"] is None
        while "HIGH room-1 DRILL NEW" not in first.screen:
            first.came.clear()
            await first.came.wait()
        backup, everybody = await called(second), await called(third)
        assert (backup["level"], everybody["level"]) == (1, 2)
        assert 60 <= after_s(backup, paged) < 75
        assert 120 <= after_s(everybody, paged) < 135
        await alarm(heard, called="everyone")
        first.press("a")
        assert (await alarm(heard, called="coming"))["coming"] == "nurse-1"
        [shown] = [each for each in (await staff.get("/api/v1/alarms")).json() if each["name"] == "spo2-low"]
        assert shown["coming"] == "nurse-1"
