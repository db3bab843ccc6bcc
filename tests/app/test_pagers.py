"""Paging over real brokers: what a raw client in a pager's place gets, and what it may do."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from kapmonitor.pages import Refusal
from tests.app.alarms import acknowledged, told
from tests.app.pager import ROOT, Site, carried, site
from tests.brokers import Broker
from tests.mqtt.listener import listen
from tests.mqtt.samples import vitals as second
from tests.mqtt.waiting import eventually
from tests.storage.reading import column, rows


async def test_a_page_reaches_the_pager_and_its_receipts_come_back(broker: Broker, tmp_path: Path) -> None:
    async with (
        site(broker.service_url, tmp_path, "nurse-1") as there,
        carried(broker.service_url, "nurse-1") as pager,
    ):
        await there.sees_online("nurse-1")
        there.publish(*told(1))
        await pager.until(lambda it: it.shown)
        page = pager.shown[0]
        assert {name: page[name] for name in ("kind", "alarm", "seq", "priority", "room", "level")} == {
            "kind": "page",
            "alarm": "alarm-1",
            "seq": 1,
            "priority": "high",
            "room": "room-1",
            "level": 0,
        }
        for status, word in (("delivered", "delivered"), ("read", "delivered"), ("accepted", "coming")):
            await pager.answer(page, status)
            await there.called("alarm-1", word)
        assert there.newest("alarm-1").coming == "nurse-1"
        there.publish(*acknowledged(1))
        await pager.until(lambda it: it.of("withdraw"))
        assert there.newest("alarm-1").coming is None
        await eventually(lambda: len(column(tmp_path, "select status from receipt")) == 3)
        assert column(tmp_path, "select kind from page") == ["page", "withdraw"]


async def test_a_page_is_in_the_record_before_it_is_on_the_broker(mosquitto: Broker, tmp_path: Path) -> None:
    async with (
        site(mosquitto.service_url, tmp_path, "nurse-1") as there,
        listen(mosquitto.reader_url) as heard,
    ):
        for number in range(1, 6):
            there.publish(*told(number))
            await heard.until(lambda it, n=number: len(it.payloads("pager/nurse-1/page")) >= n)  # type: ignore[misc] # a default argument
            page_id = json.loads(heard.payloads("pager/nurse-1/page")[-1])["page_id"]
            assert page_id in column(tmp_path, "select page_id from page")


async def test_a_pager_that_goes_away_is_passed_over_at_once(broker: Broker, tmp_path: Path) -> None:
    async with (
        site(broker.service_url, tmp_path, "nurse-1", "nurse-2") as there,
        carried(broker.service_url, "nurse-1", "delivered") as first,
        carried(broker.service_url, "nurse-2", "delivered") as second,
    ):
        await there.sees_online("nurse-1", "nurse-2")
        there.publish(*told(1))
        await there.called("alarm-1", "delivered")
        assert first.shown
        assert not second.shown
        await first.say("status", b"offline", retain=True)
        await second.until(lambda it: it.shown)
        assert second.shown[0]["level"] == 1


async def test_without_anybody_online_everybody_is_called_and_the_station_sounds(
    broker: Broker, tmp_path: Path
) -> None:
    async with (
        site(broker.service_url, tmp_path, "nurse-1") as there,
        carried(broker.service_url, "nurse-1") as pager,
    ):
        await there.sees_online("nurse-1")
        await pager.say("status", b"offline", retain=True)
        await eventually(lambda: not there.pagers.pagers()[0].online)
        there.publish(*told(1))
        await there.called("alarm-1", "everyone")
        assert [each.alarm for each in there.pagers.troubles()] == ["page-undelivered", "pager-offline"]


GARBAGE = [
    (b"\x00" * 1_000_000, Refusal.SIZE),
    (b"{", Refusal.MALFORMED),
    (b"", Refusal.MALFORMED),
    (json.dumps({"page_id": "p-1", "seq": 1, "status": "accepted", "at": "x"}).encode(), Refusal.MALFORMED),
    (
        json.dumps({"page_id": "p-1", "seq": 1, "status": "accepted", "at": "2026-11-22T03:00:00Z"}).encode(),
        Refusal.PAGE,
    ),
]


async def test_garbage_a_foreign_answer_and_a_wrong_seq_change_nothing(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        site(broker.service_url, tmp_path, "nurse-1", "nurse-2") as there,
        carried(broker.service_url, "nurse-1") as pager,
        carried(broker.service_url, "nurse-2") as other,
    ):
        await there.sees_online("nurse-1", "nurse-2")
        there.publish(*told(1))
        await pager.until(lambda it: it.shown)
        page = pager.shown[0]
        dropped = there.pagers.dropped
        for payload, _ in GARBAGE * 2:
            await pager.say("receipt", payload)
        await other.answer(page, "accepted")
        await pager.answer({**page, "seq": 0}, "accepted")
        await pager.say("receipt", b"{}", pager="nobody")
        await eventually(lambda: dropped.total() == 2 * len(GARBAGE) + 3)
        assert dropped[Refusal.SIZE] == 2
        said = [each for each in caplog.messages if "was dropped" in each]
        assert len(said) == len({why for _, why in GARBAGE})
        assert there.newest("alarm-1").called == "calling"
        await pager.answer(page, "accepted")  # and still the service listens
        await there.called("alarm-1", "coming")


async def test_answered_twice_and_late_counts_once_and_a_retained_answer_never(
    broker: Broker, tmp_path: Path
) -> None:
    async with (
        site(broker.service_url, tmp_path, "nurse-1") as there,
        carried(broker.service_url, "nurse-1") as pager,
    ):
        await there.sees_online("nurse-1")
        there.publish(*told(1))
        await pager.until(lambda it: it.shown)
        page = pager.shown[0]
        for _ in range(3):
            await pager.answer(page, "accepted")
        await there.called("alarm-1", "coming")
        there.publish(*acknowledged(1))
        await pager.until(lambda it: it.of("withdraw"))
        await pager.answer(page, "rejected")
        await pager.answer(page, "read")
        await eventually(lambda: len(column(tmp_path, "select status from receipt")) == 3)
        assert rows(tmp_path, "select status from receipt order by id") == [
            ("accepted",),
            ("rejected",),
            ("read",),
        ]
        assert not there.pagers.paging.calling.calls


async def test_a_retained_receipt_of_before_is_dropped(mosquitto: Broker, tmp_path: Path) -> None:
    async with carried(mosquitto.service_url, "nurse-1") as pager:
        await pager.say("receipt", b"{}", retain=True)
        async with site(mosquitto.service_url, tmp_path, "nurse-1") as there:
            await eventually(lambda: there.pagers.dropped[Refusal.RETAINED] == 1)


@pytest.mark.timeout(180)
async def test_three_kills_of_the_broker_during_thirty_alarms(mosquitto: Broker, tmp_path: Path) -> None:
    """Mosquitto forgets all each time: retained documents, sessions, and pages that it had confirmed."""
    async with (
        site(mosquitto.service_url, tmp_path, "nurse-1") as there,
        carried(mosquitto.service_url, "nurse-1", "delivered") as pager,
    ):
        await there.sees_online("nurse-1")
        flowing = asyncio.create_task(vitals(there))
        for number in range(1, 31):
            there.publish(*told(number))
            if number % 10 == 5:
                await mosquitto.kill()
                await asyncio.sleep(0.1)
                await mosquitto.start()
            await asyncio.sleep(0.05)
        await pager.until(lambda it: len(set(it.of("page"))) == 30)
        flowing.cancel()
        first = [each["page_id"] for each in pager.shown if each["level"] == 0]
        assert len(first) == 30
        assert all(call.round() for call in there.pagers.paging.calling.calls.values())
        assert len(there.pagers.paging.calling.calls) == 30  # nothing was resolved by mistake


async def vitals(there: Site) -> None:
    number = 0
    while True:
        number += 1
        for session in range(20):
            there.publisher.publish(second(number, f"s-{session}"))
        await asyncio.sleep(0.02)


async def test_nobody_is_named_on_the_broker(mosquitto: Broker, tmp_path: Path) -> None:
    async with (
        listen(mosquitto.reader_url, "#") as heard,
        site(mosquitto.service_url, tmp_path, "nurse-1") as there,
        carried(mosquitto.service_url, "nurse-1", "delivered") as pager,
    ):
        await there.sees_online("nurse-1")
        there.publish(*told(1))
        await pager.until(lambda it: it.shown)
        await heard.until(lambda it: bool(it.payloads("pager/nurse-1/receipt")))
        assert all(each.topic.startswith(f"{ROOT}/") for each in heard.heard)
        page = json.loads(heard.payloads("pager/nurse-1/page")[0])
        assert set(page) == {
            "schema", "origin", "drill", "page_id", "kind", "alarm", "seq", "priority", "room", "seat",
            "text", "sent_at", "ttl_s", "level",
        }  # fmt: skip
