"""The vitals lane sends what is new or nothing, and holds no more than it should."""

from __future__ import annotations

import time

from kapmonitor.mqtt.lanes import Statistics, VitalsLane
from kapmonitor.mqtt.outbox import Entry
from kapmonitor.mqtt.server import parse_servers
from kapmonitor.mqtt.tree import Tree
from tests.brokers import Broker
from tests.mqtt.listener import Listener, listen


def lane(statistics: Statistics) -> VitalsLane:
    root = "kap/v1/north-clinic"
    return VitalsLane(root, Tree(root, lambda _: None, lambda _: True), statistics)


def value(number: int, topic: str = "session/s-1/vitals", age_s: float = 0.0) -> Entry:
    return Entry(topic, str(number).encode(), retain=False, put_at=time.monotonic() - age_s)


async def sent(vitals: VitalsLane, broker: Broker, last: Entry) -> Listener:
    """What a listener hears of `vitals` until `last`."""
    import asyncio

    (server,) = parse_servers([broker.service_url])
    async with listen(broker.reader_url) as live:
        task = asyncio.create_task(vitals.run(server))
        await live.last(last.topic, last.payload)
        task.cancel()
        await asyncio.wait([task])
    return live


async def test_a_value_that_waited_too_long_is_not_sent(mosquitto: Broker) -> None:
    statistics = Statistics()
    vitals = lane(statistics)
    vitals.put(value(1, "session/s-1/vitals", age_s=VitalsLane.WORTHLESS_AFTER_S + 1))
    vitals.put(value(2, "session/s-2/vitals"))
    live = await sent(vitals, mosquitto, value(2, "session/s-2/vitals"))
    assert live.payloads("session/s-1/vitals") == []
    assert (statistics.published, statistics.dropped) == (1, 1)


async def test_topics_take_turns_and_the_longest_waiting_goes_when_there_are_too_many(
    mosquitto: Broker,
) -> None:
    statistics = Statistics()
    vitals = lane(statistics)
    many = VitalsLane.LIMIT + 5
    for number in range(many):
        vitals.put(value(number, f"session/s-{number}/vitals"))
    live = await sent(vitals, mosquitto, value(many - 1, f"session/s-{many - 1}/vitals"))
    assert [each.payload for each in live.heard] == [str(number).encode() for number in range(5, many)]
    assert statistics.dropped == 5
