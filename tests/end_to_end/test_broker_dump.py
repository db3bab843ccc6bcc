"""Every byte between the programs and the broker over a whole session: nobody is in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.brokers import Broker, mosquitto
from tests.end_to_end.processes import Subscriber, kapmonitor, subscribed
from tests.end_to_end.test_run import SESSION, logged_in
from tests.end_to_end.wiretap import Wiretap, wiretap
from tests.handset.pagers import Pager, pager

__all__ = ["mosquitto"]
pytestmark = pytest.mark.timeout(180)
CODE, NUMBER, WORDS, SECRET = "CLIENT-CODE-7Q", "NUMBER-4711", "words of a person", "the-brokers-password"


def configured(folder: Path, port: int) -> Path:
    path = folder / "clinic.toml"
    path.write_text(f"""
[site]
id = "north-clinic"
[mqtt]
servers = ["mqtt://127.0.0.1:{port}"]
[dashboard]
bind = "127.0.0.1:0"
[[rooms]]
id = "room-1"
[[pagers]]
id = "nurse-1"
""")
    return path


async def test_no_client_no_free_text_and_no_password_is_ever_on_the_broker(
    mosquitto: Broker, tmp_path: Path
) -> None:
    """Topics, payloads, client ids and wills, from log-in to end. Nothing is measured: that alarms, too."""
    login = {"KAPMONITOR_MQTT_USER": "kapmonitor", "KAPMONITOR_MQTT_PASSWORD": SECRET}
    async with wiretap(mosquitto.port) as tap:
        config = str(configured(tmp_path, tap.port))
        env = {"XDG_STATE_HOME": str(tmp_path), **login}
        async with (
            kapmonitor("run", "--config", config, env=env) as service,
            logged_in(service) as staff,
            subscribed(mosquitto.reader_url) as heard,
            pager(f"mqtt://127.0.0.1:{tap.port}", tmp_path / CODE, "--site", "north-clinic") as nurse,
        ):
            await nurse.until(" linked")
            await whole_session(staff, heard, nurse)
            password = (await service.until(r"log-in for this run: \S+ / (\S+)"))[1]
            assert await service.interrupt() == 0
    nobody_is_in(tap, password)


async def whole_session(staff: httpx2.AsyncClient, heard: Subscriber, nurse: Pager) -> None:
    """Everything that people can say, with words that identify somebody wherever they may be."""
    person = {"code": CODE, "number": NUMBER}
    started = await staff.post("/api/v1/sessions", json={**SESSION, "drill": True, "client": person})
    session = f"/api/v1/sessions/{started.json()['session']}"

    async def say(path: str, **body: object) -> None:
        answer = await staff.post(path, json=body)
        assert answer.status_code == 204, answer.text

    await say(f"{session}/screening", medicines=["opioid"], text=f"takes {WORDS}")
    await say(f"{session}/notes", text=f"a note in {WORDS}")
    await say(f"{session}/corrections", of=1, text=f"corrected in {WORDS}")
    await say(f"{session}/doses", amount=60, lot="L-1", reason=f"a dose in {WORDS}")
    await say(f"{session}/values", quantity="respiratory_rate", value=14)
    await say(f"{session}/interventions", what=f"done in {WORDS}", recheck_min=5)
    await say(f"{session}/events", kind="help", text=f"help in {WORDS}")
    called = await heard.until(r"/alarm/[a-z0-9-]+$", name="help", called="delivered")
    nurse.press("a")
    await heard.until(r"/alarm/[a-z0-9-]+$", name="help", called="coming")
    await say(f"/api/v1/alarms/{called['alarm']}/label", label="expected")
    await say(f"/api/v1/alarms/{called['alarm']}/acknowledge", seq=called["seq"])
    await say("/api/v1/pagers/nurse-1/test")
    await nurse.until("TEST NEW")
    await say("/api/v1/pagers/nurse-1/hand-over")
    await say(f"{session}/switch-off", rule="heart-rate-high", reason=f"off in {WORDS}")
    await say(f"{session}/interruption", minutes=2, with_whom=WORDS)
    await say(f"{session}/phase", phase="aborted", reason=f"aborted in {WORDS}")
    await say(f"{session}/end", reason=f"ended in {WORDS}")
    await heard.until_emptied(r"/meta$")


def nobody_is_in(tap: Wiretap, password: str) -> None:
    """Log-ins, of course, hold passwords; nothing else does, and no client id or will says who it is."""
    everything = b"\n".join([*tap.connects(), tap.rest()]).lower()
    for secret in (CODE, NUMBER, WORDS, password):
        assert secret.lower().encode() not in everything
    assert SECRET.encode() not in tap.rest()
    ids = [found[1] for each in tap.connects() if (found := re.search(rb"(kap-[a-z]+)-[0-9a-f]{8}", each))]
    assert set(ids) == {b"kap-sure", b"kap-vitals", b"kap-pager"}
    assert len(ids) == len(tap.connects())
    wills: set[Any] = {found for each in tap.connects() for found in re.findall(rb"kap/v1/[a-z0-9/-]+", each)}
    assert wills == {b"kap/v1/north-clinic/service/status", b"kap/v1/north-clinic/pager/nurse-1/status"}
    assert b"accepted" in tap.rest(), "the tap was there"
