"""Kill -9 in the middle of an alarm, start again: the session goes on and the alarm is announced anew."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

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


STEPS: dict[str, list[tuple[str, dict[str, object]]]] = {
    "screening": [],
    "baseline": [("phase", {"phase": "baseline"})],
    "ready": [("phase", {"phase": "baseline"}), ("phase", {"phase": "ready", "reason": "no cuff"})],
    "onset": [("doses", {"amount": 60, "reason": "no cuff"}), ("preset", {"preset": "quiet"})],
    "peak": [("doses", {"amount": 60}), ("phase", {"phase": "peak"})],
}
STEPS["recovery"] = [*STEPS["peak"], ("phase", {"phase": "recovery"}), ("cuff/not-now", {"minutes": 9})]
STEPS["discharge"] = [
    *STEPS["recovery"],
    ("phase", {"phase": "discharge"}),
    ("checklist", {"item": "transport"}),
]
STEPS["aborted"] = [*STEPS["onset"], ("phase", {"phase": "aborted", "reason": "chest pain"})]
"""A room each, and how staff bring its session into that phase."""
INTACT = ("id", "route", "phase", "preset", "cuff", "cuff_due_why", "baseline", "gates", "doses", "present")
TIMES = ("phase_since", "cuff_due", "deferred_until", "started")


def _apart_s(one: str | None, other: str | None) -> float:
    if one is None or other is None:
        return 0.0 if one is other else float("inf")
    return abs((datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds())


def _signed(view: dict[str, Any]) -> list[str]:
    return [each["item"] for each in view["checklist"] if each["signed_by"]]


async def test_every_phase_goes_on_with_its_timetable_and_gates(tmp_path: Path) -> None:
    """One kill, a room in each phase."""
    config = tmp_path / "clinic.toml"
    rooms = "".join(f'[[rooms]]\nid = "{phase}"\n' for phase in STEPS)
    config.write_text(CONFIG.replace('[[rooms]]\nid = "room-1"\n', rooms))
    env = {"XDG_STATE_HOME": str(tmp_path)}
    before: dict[str, Any] = {}
    async with kapmonitor("run", "--config", str(config), env=env) as service:
        async with logged_in(service) as browser:
            for phase, steps in STEPS.items():
                start = {"room": phase, "route": "intramuscular"}
                session = (await browser.post("/api/v1/sessions", json=start)).json()["session"]
                for address, body in steps:
                    done = await browser.post(f"/api/v1/sessions/{session}/{address}", json=body)
                    assert done.status_code == 204, done.text
                before[session] = (await browser.get(f"/api/v1/sessions/{session}")).json()
        os.kill(service.process.pid, signal.SIGKILL)
        await service.gone()
    assert [one["phase"] for one in before.values()] == list(STEPS)
    async with kapmonitor("run", "--config", str(config), env=env) as service:
        async with logged_in(service) as browser:
            for session, was in before.items():
                now = (await browser.get(f"/api/v1/sessions/{session}")).json()
                assert {name: now[name] for name in INTACT} == {name: was[name] for name in INTACT}
                assert max(_apart_s(now[name], was[name]) for name in TIMES) < 1.0
                signed = [
                    [each["item"] for each in one["checklist"] if each["signed_by"]] for one in (now, was)
                ]
                assert signed[0] == signed[1]
                record = (await browser.get(f"/api/v1/sessions/{session}/record")).json()
                assert len(record["chapters"]["gaps"]) == 1
                assert record["chapters"]["notes"] == []
        assert await service.interrupt() == 0


@pytest.mark.soak  # whole processes for half a minute; its parts are tried every time
async def test_a_second_service_does_not_write_the_same_record(tmp_path: Path) -> None:
    config = tmp_path / "clinic.toml"
    config.write_text(CONFIG)
    env = {"XDG_STATE_HOME": str(tmp_path)}
    async with kapmonitor("run", "--config", str(config), env=env) as first:
        await first.until("dashboard:")
        async with kapmonitor("run", "--config", str(config), env=env) as second:
            assert await second.ended() != 0
            assert "Traceback" not in second.printed
