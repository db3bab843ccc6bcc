"""The site's own tree tells the truth: no ghosts of a crash, and never `offline` while we are there."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kapmonitor.mqtt import embedded
from kapmonitor.mqtt.client import Connection, connect
from kapmonitor.mqtt.publisher import Publisher
from kapmonitor.mqtt.server import parse_servers
from tests.brokers import Broker, Nats
from tests.mqtt.listener import listen
from tests.mqtt.samples import alarm, payload
from tests.mqtt.waiting import eventually, running

ROOT = "kap/v1/north-clinic"
SERVICE = """
import asyncio, sys
from kapmonitor.mqtt.publisher import Publisher
asyncio.run(Publisher([sys.argv[1]], "north-clinic", origin="simulated").run())
"""


@asynccontextmanager
async def somebody_else(broker: Broker) -> AsyncIterator[Connection]:
    (server,) = parse_servers([broker.service_url])
    async with connect(server, "somebody-else") as connection:
        yield connection


def publisher_on(broker: Broker) -> Publisher:
    return Publisher([broker.service_url], "north-clinic", origin="simulated")


async def test_what_a_crash_left_behind_is_emptied_and_what_is_not_ours_stays(broker: Broker) -> None:
    ghosts = {f"{ROOT}/session/s-{number}/snapshot" for number in range(300)}
    ghosts |= {f"{ROOT}/alarm/old", f"{ROOT}/device/gone/status"}
    others = [f"{ROOT}/pager/nurse-1/status", "kap/v1/south-clinic/alarm/old"]
    async with somebody_else(broker) as former:
        for topic in [*ghosts, *others]:
            await former.publish(topic, b"{}", qos=1, retain=True)
    publisher = publisher_on(broker)
    publisher.publish(alarm(alarm_id="still-on"))
    async with listen(broker.reader_url) as live, running(publisher):
        await live.until(lambda it: ghosts <= {topic for topic, last in it.newest().items() if not last})
        async with listen(broker.reader_url) as late:
            kept = {f"{ROOT}/service/status", f"{ROOT}/alarm/still-on", *others}
            await late.until(lambda it: kept <= {each.topic for each in it.heard})
            assert {each.topic for each in late.heard if each.retain} == kept


async def test_a_topic_that_became_ours_is_not_emptied(broker: Broker) -> None:
    async with somebody_else(broker) as former:
        await former.publish(f"{ROOT}/alarm/spo2-low-1", b'{"seq":0}', qos=1, retain=True)
        await former.publish(f"{ROOT}/alarm/old", b"{}", qos=1, retain=True)
    publisher = publisher_on(broker)
    publisher.publish(alarm(5))
    async with listen(broker.reader_url) as live, running(publisher):
        await live.last("alarm/old", b"")
        assert live.payloads("alarm/spo2-low-1") == [b'{"seq":0}', payload(alarm(5))]


async def test_a_last_will_that_comes_late_is_answered(broker: Broker) -> None:
    async with listen(broker.reader_url) as live, running(publisher_on(broker)) as publisher:
        await live.last("service/status", b"online")
        async with somebody_else(broker) as late_broker:
            await late_broker.publish(f"{ROOT}/service/status", b"offline", qos=1, retain=True)
        await live.until(lambda it: b"offline" in it.payloads("service/status"))
        await live.last("service/status", b"online")
        assert publisher.connected


async def test_a_killed_service_is_offline_for_everybody(broker: Broker) -> None:
    async with listen(broker.reader_url) as live:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVICE, broker.service_url)
        try:
            await live.last("service/status", b"online")
        finally:
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
        await live.last("service/status", b"offline")
        async with listen(broker.reader_url) as late:
            await late.last("service/status", b"offline")
            assert late.heard[0].retain


async def test_a_frozen_service_is_offline_for_everybody(nats: Broker) -> None:
    async with listen(nats.reader_url) as live:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVICE, nats.service_url)
        try:
            await live.last("service/status", b"online")
            process.send_signal(signal.SIGSTOP)
            await live.last("service/status", b"offline")
        finally:
            process.kill()
            await process.wait()


async def test_a_broker_that_hides_the_tree_is_named_and_alarms_go_out_all_the_same(tmp_path: Path) -> None:
    broker = Nats(tmp_path)
    file = embedded.configuration_file(broker.directory)
    before, _, rest = file.read_text().partition('subscribe: ["kap.v1"')  # the first user is the service
    file.write_text(f'{before}subscribe: {{ deny: ">" }}{rest[rest.index("]") + 1 :]}')
    try:
        await broker.start()
        publisher = publisher_on(broker)
        publisher.publish(alarm())
        async with listen(broker.reader_url) as live, running(publisher):
            await live.last("alarm/spo2-low-1", payload(alarm()))
            await eventually(publisher.problems)
            assert publisher.connected
            assert f"127.0.0.1:{broker.port} does not let us read {ROOT}/#" in publisher.problems()[0]
    finally:
        await broker.kill()
