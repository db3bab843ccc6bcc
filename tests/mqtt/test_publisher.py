"""What subscribers can rely on while brokers come and go."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from kapmonitor import documents
from kapmonitor.documents import SURE, Message
from kapmonitor.errors import ConfigError
from kapmonitor.mqtt.publisher import Publisher
from tests.brokers import Broker
from tests.mqtt.listener import Listener, listen
from tests.mqtt.samples import alarm, event, payload, snapshot, vitals
from tests.mqtt.waiting import eventually, running

EVENT = "alarm/spo2-low-1/event"


def publisher_on(*brokers: Broker) -> Publisher:
    return Publisher([each.service_url for each in brokers], "north-clinic", origin="simulated")


def numbers(payloads: Iterable[bytes]) -> list[int]:
    """The sequence numbers in `payloads`, each where it came first."""
    return list(dict.fromkeys(json.loads(each)["seq"] for each in payloads))


async def test_each_kind_of_message_arrives_with_what_is_kept_kept(broker: Broker) -> None:
    publisher = publisher_on(broker)
    async with listen(broker.reader_url) as live, running(publisher):
        for message in (alarm(), event(1), vitals(1), snapshot("s-1")):
            publisher.publish(message)
            await live.last(message.topic, payload(message))
        await live.last("service/status", b"online")
        assert not any(each.retain for each in live.heard)
        async with listen(broker.reader_url) as late:
            await late.until(lambda it: len(it.heard) >= 3)
            kept = {each.topic.removeprefix("kap/v1/north-clinic/") for each in late.heard if each.retain}
            assert kept == {"service/status", "alarm/spo2-low-1", "session/s-1/snapshot"}
        assert publisher.connected
        assert publisher.problems() == []


async def test_the_heartbeat_counts_from_one_in_real_time(broker: Broker) -> None:
    async with listen(broker.reader_url) as live, running(publisher_on(broker)):
        await live.until(lambda it: len(it.payloads("service/heartbeat")) >= 3)
        beats = [json.loads(each) for each in live.payloads("service/heartbeat")]
    assert [beat["seq"] for beat in beats[:3]] == [1, 2, 3]
    assert {(beat["schema"], beat["origin"], beat["drill"]) for beat in beats} == {(1, "simulated", False)}
    assert all(beat["ts"].endswith("Z") for beat in beats)


async def test_an_orderly_end_says_offline_after_everything_that_was_pending(broker: Broker) -> None:
    publisher = publisher_on(broker)
    async with listen(broker.reader_url) as live:
        async with running(publisher):
            await live.last("service/status", b"online")
            for number in range(1, 51):
                publisher.publish(event(number))
        await live.last("service/status", b"offline")
    assert numbers(live.payloads(EVENT)) == list(range(1, 51))
    assert live.heard[-1].topic.endswith("service/status")


async def test_retained_documents_are_there_again_after_the_broker_forgot_them(broker: Broker) -> None:
    publisher = publisher_on(broker)
    async with running(publisher):
        publisher.publish(alarm(1))
        publisher.publish(alarm(2))
        publisher.publish(snapshot("s-1"))
        publisher.publish(documents.session_snapshot("s-1", None))
        await eventually(lambda: publisher.statistics.waiting == 0 and publisher.connected)
        await broker.kill()
        broker.forget()
        await broker.start()
        async with listen(broker.reader_url) as late:
            await late.last("alarm/spo2-low-1", payload(alarm(2)))
            await late.last("service/status", b"online")
            assert not any(late.payloads("session/s-1/snapshot"))


async def test_alarm_events_of_an_outage_arrive_after_it_in_order(nats: Broker) -> None:
    publisher = publisher_on(nats)
    async with running(publisher):
        async with listen(nats.reader_url, session="pager-1") as before:
            publisher.publish(event(1))
            await before.until(lambda it: bool(it.payloads(EVENT)))
        await nats.kill()
        await eventually(lambda: not publisher.connected)
        for number in range(2, 301):
            publisher.publish(event(number))
        assert publisher.statistics.waiting >= 299
        await nats.start()
        async with listen(nats.reader_url, session="pager-1") as after:
            await after.until(lambda it: 300 in numbers(it.payloads(EVENT)))
            assert [each for each in numbers(after.payloads(EVENT)) if each > 1] == list(range(2, 301))
    assert publisher.statistics.dropped == 0


async def test_alarm_events_survive_a_kill_in_the_middle_of_them(nats: Broker) -> None:
    publisher = publisher_on(nats)
    heard = Listener()
    async with running(publisher):
        async with listen(nats.reader_url, session="pager-1", into=heard):
            for number in range(1, 501):
                publisher.publish(event(number))
            await heard.until(lambda it: len(it.payloads(EVENT)) >= 50)
            await nats.kill()
        await nats.start()
        async with listen(nats.reader_url, session="pager-1", into=heard):
            await heard.until(lambda it: 500 in numbers(it.payloads(EVENT)))
    assert numbers(heard.payloads(EVENT)) == list(range(1, 501))


async def test_a_broker_that_froze_gets_what_it_missed(broker: Broker) -> None:
    publisher = publisher_on(broker)
    async with listen(broker.reader_url) as live, running(publisher):
        await live.last("service/status", b"online")
        broker.freeze()
        for number in range(1, 101):
            publisher.publish(event(number))
        await eventually(lambda: not publisher.connected)
        broker.thaw()
        await live.until(lambda it: 100 in numbers(it.payloads(EVENT)))
        assert numbers(live.payloads(EVENT)) == list(range(1, 101))


async def test_an_alarm_overtakes_whatever_else_is_waiting(broker: Broker) -> None:
    publisher = publisher_on(broker)
    for number in range(200):
        publisher.publish(snapshot(f"s-{number}"))
    publisher.publish(alarm())
    async with listen(broker.reader_url) as live, running(publisher):
        await live.last("session/s-199/snapshot", payload(snapshot("s-199")))
        topics = [each.topic for each in live.heard]
    assert topics.index("kap/v1/north-clinic/alarm/spo2-low-1") < topics.index(
        "kap/v1/north-clinic/session/s-0/snapshot"
    )


async def test_of_vitals_that_waited_only_the_newest_goes_out(broker: Broker) -> None:
    publisher = publisher_on(broker)
    for number in range(1, 11):
        publisher.publish(vitals(number))
    async with listen(broker.reader_url) as live, running(publisher):
        await live.last("session/s-1/vitals", payload(vitals(10)))
        assert numbers(live.payloads("session/s-1/vitals")) == [10]
    assert publisher.statistics.dropped == 9


async def test_the_second_broker_is_used_when_the_first_is_gone(mosquitto: Broker, nats: Broker) -> None:
    publisher = publisher_on(mosquitto, nats)
    async with running(publisher):
        await eventually(lambda: publisher.connected)
        async with listen(nats.reader_url) as second:
            await mosquitto.kill()
            publisher.publish(alarm())
            await second.last("alarm/spo2-low-1", payload(alarm()))
            publisher.publish(vitals(1))
            await second.last("session/s-1/vitals", payload(vitals(1)))
        assert publisher.statistics.reconnects == 1


@pytest.mark.parametrize(
    "message",
    [
        Message("session/has space/nibp", "x", SURE),
        Message("session/#", "x", SURE),
        Message("", "x", SURE),
        Message("alarm/x", object(), SURE),  # type: ignore[arg-type]  # what a mistake elsewhere may pass
    ],
)
async def test_a_message_that_cannot_be_sent_is_dropped_alone(broker: Broker, message: Message) -> None:
    publisher = publisher_on(broker)
    async with listen(broker.reader_url) as live, running(publisher):
        publisher.publish(message)
        publisher.publish(event(1))
        await live.last(EVENT, payload(event(1)))
    assert publisher.statistics.dropped == 1
    assert publisher.statistics.reconnects == 0


async def test_the_latency_of_a_confirmed_message_is_known(broker: Broker) -> None:
    publisher = publisher_on(broker)
    assert publisher.statistics.latency_s is None
    async with running(publisher):
        await eventually(lambda: publisher.statistics.published)
    assert publisher.statistics.latency_s is not None


def test_a_wrong_server_is_a_mistake_in_the_configuration() -> None:
    with pytest.raises(ConfigError, match="allow_plain"):
        Publisher(["mqtt://broker.clinic"], "north-clinic", origin="live")


async def test_several_publishers_on_one_loop_do_not_disturb_each_other(mosquitto: Broker) -> None:
    first = Publisher([mosquitto.service_url], "north-clinic", origin="simulated")
    second = Publisher([mosquitto.service_url], "south-clinic", origin="simulated")
    async with running(first), running(second):
        first.publish(alarm())
        second.publish(alarm(alarm_id="spo2-low-2"))
        await eventually(lambda: first.statistics.waiting == second.statistics.waiting == 0)
        async with listen(mosquitto.reader_url, "kap/v1/+/alarm/+") as late:
            await late.until(lambda it: len(it.heard) == 2)
