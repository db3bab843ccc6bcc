"""What is read from a broker: also what was written at the moment when we subscribed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kapmonitor.mqtt import ear
from kapmonitor.mqtt.client import connect
from kapmonitor.mqtt.publisher import Publisher
from kapmonitor.mqtt.server import parse_servers
from tests.brokers import Broker
from tests.mqtt.waiting import eventually, running

ROOT = "kap/v1/north-clinic"


class Told:
    """Keeps what it hears."""

    patterns: Mapping[str, int] = {"pager/+/receipt": 1, "pager/+/status": 0}

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []

    def connected(self) -> None:
        self.heard.clear()

    def take(self, topic: str, payload: bytes, *, retained: bool) -> None:
        self.heard.append((topic, payload, retained))


async def test_what_is_retained_is_read_again_and_what_happened_is_not(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ear, "READ_AGAIN_S", (0.2, 0.2))
    status, receipt = "pager/nurse-1/status", "pager/nurse-1/receipt"
    (server,) = parse_servers([broker.service_url])
    told = Told()
    async with connect(server, "pager") as pager:
        await pager.publish(f"{ROOT}/{status}", b"online", qos=1, retain=True)
        async with running(Publisher([broker.service_url], "north-clinic", origin="live", listener=told)):
            await eventually(lambda: told.heard == [(status, b"online", True)] * 3)
            await pager.publish(f"{ROOT}/{receipt}", b"{}", qos=1, retain=False)
            await eventually(lambda: told.heard[3:] == [(receipt, b"{}", False)])
