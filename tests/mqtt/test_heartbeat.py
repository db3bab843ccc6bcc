"""No heart, no heartbeat: a service that does not judge must not look as if it did."""

from __future__ import annotations

from kapmonitor.mqtt.publisher import Publisher
from tests.brokers import Broker
from tests.mqtt.listener import listen
from tests.mqtt.samples import alarm
from tests.mqtt.waiting import running


async def test_what_is_not_alive_does_not_beat_but_still_publishes(mosquitto: Broker) -> None:
    alive: list[bool] = []
    publisher = Publisher([mosquitto.service_url], "clinic", origin="simulated", alive=lambda: bool(alive))
    async with listen(mosquitto.reader_url) as heard, running(publisher):
        publisher.publish(alarm(alarm_id="first"))
        await heard.until(lambda it: it.payloads("alarm/first") != [])
        assert heard.payloads("service/heartbeat") == []
        alive.append(True)
        await heard.until(lambda it: it.payloads("service/heartbeat") != [])
