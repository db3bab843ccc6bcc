"""Home Assistant is told what there is, where it looks for it, and nothing stays behind."""

from __future__ import annotations

import json
from typing import Any

from kapmonitor import documents
from kapmonitor.documents import DeviceInfo, Message, SessionMeta
from kapmonitor.mqtt.client import connect
from kapmonitor.mqtt.publisher import Publisher
from kapmonitor.mqtt.server import parse_servers
from tests.brokers import Broker
from tests.mqtt.listener import Listener, listen
from tests.mqtt.samples import NOW
from tests.mqtt.waiting import running

ROOT = "kap/v1/north-clinic"
DEVICE = "homeassistant/device/kap-north-clinic-device-oximeter-1/config"
SESSION = "homeassistant/device/kap-north-clinic-session-s-1/config"


def device(battery: float | None = 80.0) -> Message:
    info = DeviceInfo(
        origin="live",
        driver="contec-cms50",
        kind="oximeter",
        model="CMS50D",
        room="room-1",
        seat="a",
        battery=battery,
    )
    return documents.device_info("oximeter-1", info)


def session() -> Message:
    meta = SessionMeta(
        origin="simulated", drill=True, room="room-1", seat="a", phase="screening", started=NOW
    )
    return documents.session_meta("s-1", meta)


async def kept(heard: Listener, *topics: str) -> None:
    """Wait until exactly these are there."""
    await heard.until(lambda it: {topic for topic, payload in it.newest().items() if payload} == set(topics))


async def test_what_there_is_is_told_once_and_taken_away_at_the_end(broker: Broker) -> None:
    publisher = Publisher([broker.service_url], "north-clinic", origin="live", home_assistant=True)
    async with listen(broker.reader_url, "homeassistant/#") as heard:
        async with running(publisher):
            for message in (device(), device(battery=79.0), session(), session()):
                publisher.publish(message)
            await kept(heard, DEVICE, SESSION)
            async with listen(broker.reader_url, "homeassistant/#") as late:
                await late.until(lambda it: len(it.heard) == 2)
                assert all(each.retain for each in late.heard)
            assert len(heard.heard) == 2, "a battery that falls changes no configuration"
            for topic in (DEVICE, SESSION):
                as_home_assistant_wants_it(json.loads(heard.newest()[topic]))
            assert json.loads(heard.newest()[SESSION])["dev"]["name"] == "room-1 a (simulated) (drill)"
            publisher.publish(documents.session_meta("s-1", None))
            await kept(heard, DEVICE)
        await kept(heard)


def as_home_assistant_wants_it(found: dict[str, Any]) -> None:
    """Device and origin, and of each component its platform, an id of its own, and a topic of ours."""
    assert found["dev"]["ids"]
    assert found["o"]["name"] == "kapmonitor"
    assert found["availability_topic"] == f"{ROOT}/service/status"
    ids = [each["unique_id"] for each in found["cmps"].values()]
    assert len(set(ids)) == len(ids)
    for each in found["cmps"].values():
        assert each["p"] == "sensor"
        assert each["state_topic"].removeprefix(f"{ROOT}/") in {
            "device/oximeter-1/info", "device/oximeter-1/status", "session/s-1/vitals", "session/s-1/nibp",
        }  # fmt: skip


async def test_what_a_crash_left_goes_and_what_is_another_sites_stays(broker: Broker) -> None:
    theirs = "homeassistant/device/kap-south-clinic-device-oximeter-1/config"
    (server,) = parse_servers([broker.service_url])
    async with connect(server, "before") as before:
        for topic in (DEVICE, SESSION, theirs):
            await before.publish(topic, b"{}", qos=1, retain=True)
    publisher = Publisher([broker.service_url], "north-clinic", origin="live", home_assistant=True)
    publisher.publish(device())
    async with listen(broker.reader_url, "homeassistant/#") as heard, running(publisher):
        await kept(heard, DEVICE, theirs)


async def test_who_did_not_ask_gets_nothing(broker: Broker) -> None:
    async with (
        listen(broker.reader_url, "#" if "reader" not in broker.reader_url else "homeassistant/#") as heard,
        running(Publisher([broker.service_url], "north-clinic", origin="live")) as publisher,
        listen(broker.reader_url) as ours,
    ):
        publisher.publish(device())
        await ours.until(lambda it: it.payloads("device/oximeter-1/info") != [])
        assert not [each for each in heard.heard if each.topic.startswith("homeassistant/")]
