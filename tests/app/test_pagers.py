"""Paging over real brokers: what a raw client in a pager's place gets, and what it may do."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path

import pytest

from kapmonitor.documents import Alarm
from kapmonitor.pages import Refusal
from kapmonitor.people import Person, Role
from tests.app.alarms import acknowledged, told
from tests.app.pager import ROOT, carried, site
from tests.brokers import Broker
from tests.handset.pagers import plain_pager
from tests.mqtt.listener import listen
from tests.mqtt.waiting import eventually
from tests.storage.damage import well_again
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


async def test_a_page_is_in_the_record_before_it_is_on_the_broker(
    mosquitto: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk is as fast as it should be: here it may take its time, on a busy machine."""
    async with (
        site(mosquitto.service_url, tmp_path, "nurse-1") as there,
        listen(mosquitto.reader_url) as heard,
    ):
        monkeypatch.setattr(there.record, "durable", partial(there.record.durable, 30.0))
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


KNOWN_WITHIN_S = 30.0
"""What the protocol promises: no way to fail is silent for longer."""


async def test_a_battery_that_dies_is_known_at_the_station_and_somebody_else_is_called(
    mosquitto: Broker, tmp_path: Path
) -> None:
    """The pager stops without a word, its connection stands: only the broker's patience ends."""
    async with (
        site(mosquitto.service_url, tmp_path, "nurse-1", "nurse-2") as there,
        plain_pager(mosquitto.service_url, tmp_path) as dying,
        carried(mosquitto.service_url, "nurse-2") as other,
    ):
        await there.sees_online("nurse-1", "nurse-2")
        dying.process.send_signal(signal.SIGSTOP)
        there.publish(*told(1))
        async with asyncio.timeout(KNOWN_WITHIN_S):
            await other.until(lambda it: it.shown)
            await eventually(lambda: "pager-offline" in [each.alarm for each in there.pagers.troubles()])


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


async def test_an_answer_that_is_given_while_the_service_is_away_counts_when_it_is_back(
    broker: Broker, tmp_path: Path
) -> None:
    """Said three times it counts once; that the pager was offline for a moment counts for nothing."""
    async with carried(broker.service_url, "nurse-1", "delivered") as pager:
        async with site(broker.service_url, tmp_path, "nurse-1", client="kap-sure-test") as there:
            await there.sees_online("nurse-1")
            there.publish(*told(1))
            await there.called("alarm-1", "delivered")
        await pager.say("status", b"offline", retain=True)
        await pager.say("status", b"online", retain=True)
        for _ in range(3):
            await pager.answer(pager.shown[0], "accepted")
        async with site(broker.service_url, tmp_path, "nurse-1", client="kap-sure-test") as there:
            there.publish(*told(1, seq=2, event="update"))
            await there.called("alarm-1", "coming")
            assert there.newest("alarm-1").coming == "nurse-1"
            assert "everyone" not in [
                each.payload.called for each in there.said if isinstance(each.payload, Alarm)
            ]
            await eventually(lambda: len(column(tmp_path, "select status from receipt")) == 2)


async def test_an_answer_to_what_it_was_before_it_got_worse_can_be_replayed_and_changes_nothing(
    mosquitto: Broker, tmp_path: Path
) -> None:
    async with (
        site(mosquitto.service_url, tmp_path, "nurse-1") as there,
        carried(mosquitto.service_url, "nurse-1", "delivered") as pager,
    ):
        await there.sees_online("nurse-1")
        there.publish(*told(1, priority="medium"))
        await pager.until(lambda it: it.shown)
        await pager.answer(pager.shown[0], "accepted")
        await there.called("alarm-1", "coming")
        there.publish(*told(1, seq=2, event="escalate"))
        await pager.until(lambda it: len(it.shown) == 2)
        for answer in ("accepted", "rejected", "accepted"):
            await pager.answer(pager.shown[0], answer)
        await pager.answer({**pager.shown[0], "seq": 2}, "accepted")
        await eventually(lambda: there.pagers.dropped[Refusal.PAGE] == 1)
        assert there.newest("alarm-1").called == "delivered"
        await pager.answer(pager.shown[1], "accepted")
        await there.called("alarm-1", "coming")


async def test_a_retained_receipt_of_before_is_dropped(mosquitto: Broker, tmp_path: Path) -> None:
    async with carried(mosquitto.service_url, "nurse-1") as pager:
        await pager.say("receipt", b"{}", retain=True)
        async with site(mosquitto.service_url, tmp_path, "nurse-1") as there:
            await eventually(lambda: there.pagers.dropped[Refusal.RETAINED] == 1)


@pytest.mark.parametrize("fault", ["fails", "hangs"])
async def test_a_page_waits_for_no_disk_and_is_recorded_when_it_can_be(
    mosquitto: Broker, tmp_path: Path, fault: str
) -> None:
    folder = tmp_path / "disk"
    if fault == "hangs":
        folder.mkdir()
    async with (
        site(mosquitto.service_url, folder, "nurse-1") as there,
        carried(mosquitto.service_url, "nurse-1", "delivered", "accepted") as pager,
    ):
        await there.sees_online("nurse-1")
        with held(folder) if fault == "hangs" else nullcontext():
            there.publish(*told(1))
            await there.called("alarm-1", "coming")
        folder.mkdir(exist_ok=True)
        await well_again(there.record)
        assert column(folder, "select page_id from page") == [pager.shown[0]["page_id"]]
        assert column(folder, "select status from receipt") == ["delivered", "accepted"]


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Another program writes the record while inside: every commit waits for it."""
    with closing(sqlite3.connect(folder / "record.db", isolation_level=None)) as greedy:
        greedy.execute("begin immediate")
        yield
        greedy.execute("rollback")


async def test_who_goes_on_call_is_in_the_audit_log(mosquitto: Broker, tmp_path: Path) -> None:
    async with (
        site(mosquitto.service_url, tmp_path, "nurse-1", "nurse-2") as there,
        carried(mosquitto.service_url, "nurse-2", "accepted"),
    ):
        await there.sees_online("nurse-2")
        doctor = Person("dr-1", Role.PRESCRIBER)
        there.pagers.put_on_call("nurse-2", by=doctor)
        there.pagers.hand_over("nurse-2", by=doctor, minutes=30)
        noted = "select action, what, by, substr(detail, 1, 6) from audit order by id"
        await eventually(lambda: len(rows(tmp_path, noted)) == 2)
        assert rows(tmp_path, noted) == [
            ("on-call", "pager nurse-2", "dr-1", ""),
            ("cover", "pager nurse-2", "dr-1", "until "),
        ]


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
