"""A pager on a real terminal and a real broker: shown, answered, killed, cut off, fed with rubbish."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kapmonitor.handset.store import Store
from kapmonitor.mqtt.client import connect
from kapmonitor.mqtt.publisher import Publisher
from kapmonitor.mqtt.server import parse_servers
from tests.brokers import Broker
from tests.handset.pagers import ROOT, Pager, call, pager, raw, service
from tests.mqtt.listener import Listener, listen
from tests.mqtt.waiting import eventually

KEYS = "a coming"


def receipts(heard: Listener, name: str = "nurse-1") -> list[tuple[str, str]]:
    made = [json.loads(each) for each in heard.payloads(f"pager/{name}/receipt")]
    return [(each["page_id"], each["status"]) for each in made]


async def receipt(heard: Listener, page_id: str, status: str) -> None:
    await heard.until(lambda it: (page_id, status) in receipts(it))


async def status(heard: Listener, word: str) -> None:
    await heard.last("pager/nurse-1/status", word.encode())


@asynccontextmanager
async def linked(broker: Broker, folder: Path, *, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pager]:
    """A pager that has heard the service."""
    async with pager(broker.service_url, folder, size=size) as made:
        await made.until(" linked")
        yield made


@pytest.mark.parametrize("size", [(80, 24), (40, 15)])
async def test_a_page_is_shown_and_keys_answer(
    mosquitto: Broker, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with (
        listen(mosquitto.reader_url) as heard,
        service(mosquitto.service_url) as calling,
        linked(mosquitto, tmp_path, size=size) as nurse,
    ):
        await status(heard, "online")
        calling.publish(call())
        there = await nurse.until("HIGH room-2 NEW")
        assert "SpO2 84 %" in there
        assert KEYS in there
        assert len(there.splitlines()) == size[1]
        assert max(len(line) for line in there.splitlines()) == size[0]
        assert nurse.bells == 1
        await receipt(heard, "p-1", "delivered")
        for key, answer, shown in (
            ("\r", "read", "READ"),
            ("a", "accepted", "COMING"),
            ("x", "rejected", "CANNOT"),
        ):
            nurse.press(key)
            await nurse.until(f"HIGH room-2 {shown}")
            await receipt(heard, "p-1", answer)
        assert [each for _, each in receipts(heard)] == ["delivered", "read", "accepted", "rejected"]
        nurse.press("q")
        await status(heard, "offline")
        assert await nurse.process.wait() == 0


async def test_a_restart_keeps_pages_and_answers_and_repeats_nothing(
    mosquitto: Broker, tmp_path: Path
) -> None:
    async with listen(mosquitto.reader_url) as heard, service(mosquitto.service_url) as calling:
        async with linked(mosquitto, tmp_path) as nurse:
            calling.publish(call("p-1", priority="medium"))
            calling.publish(call("p-2", alarm="alarm-2", room="room-3"))
            await receipt(heard, "p-2", "delivered")
            await nurse.until("HIGH room-3 NEW")
            nurse.press("k")
            await nurse.until(">HIGH room-3 NEW")
            nurse.press("a")
            await receipt(heard, "p-2", "accepted")
            await nurse.kill()
        await status(heard, "offline")
        before = receipts(heard)
        async with pager(mosquitto.service_url, tmp_path) as again:
            await again.until(lambda screen: "HIGH room-3 COMING" in screen and "MEDIUM room-2 NEW" in screen)
            await status(heard, "online")
            await again.until(" linked")
            assert again.bells == 0
        assert set(receipts(heard)) == set(before), "what is not known to have arrived may be said again"


async def test_killed_between_receipt_and_display_it_shows_the_page_after_the_restart(
    mosquitto: Broker, tmp_path: Path
) -> None:
    """Stopped right when the page was stored: nothing of it had been on the screen."""
    async with listen(mosquitto.reader_url) as heard, service(mosquitto.service_url) as calling:
        async with linked(mosquitto, tmp_path) as nurse:
            nurse.process.send_signal(signal.SIGSTOP)
            calling.publish(call())
            await heard.until(lambda it: it.payloads("pager/nurse-1/page") != [])
            await nurse.kill()
            assert "room-2" not in nurse.screen
        await status(heard, "offline")
        async with linked(mosquitto, tmp_path) as again:
            await again.until("HIGH room-2 NEW")
            await receipt(heard, "p-1", "delivered")
        assert receipts(heard).count(("p-1", "delivered")) == 1


async def test_stored_but_killed_before_anything_went_out_it_answers_after_the_restart(
    mosquitto: Broker, tmp_path: Path
) -> None:
    Store(tmp_path, "nurse-1").close()
    with sqlite3.connect(tmp_path / "nurse-1.pager") as file:
        page = json.loads(raw(call()))
        received = {"type": "received", "page": page, "age_s": 0.0, "here": page["sent_at"]}
        answered = {
            "type": "answered",
            "page_id": "p-1",
            "seq": 1,
            "status": "delivered",
            "at": page["sent_at"],
        }
        for fact in (received, answered):
            file.execute("INSERT INTO facts (fact) VALUES (?)", (json.dumps(fact),))
    file.close()
    async with (
        listen(mosquitto.reader_url) as heard,
        service(mosquitto.service_url),
        linked(mosquitto, tmp_path) as again,
    ):
        await receipt(heard, "p-1", "delivered")
        await again.until("HIGH room-2 NEW")


async def without_heartbeats_it_says_no_link_by_itself_and_rings(calling: Publisher, nurse: Pager) -> None:
    loop = asyncio.get_running_loop()
    calling._alive = lambda: False
    stopped = loop.time()
    await nurse.until("NO LINK")
    assert nurse.bells >= 1
    assert loop.time() - stopped < 10, "the one limit that the protocol promises"
    calling._alive = lambda: True
    await nurse.until(lambda screen: "NO LINK" not in screen)


@pytest.mark.parametrize("how", ["killed", pytest.param("frozen", marks=pytest.mark.soak)])
async def test_a_broker_that_is_gone_is_no_link_and_what_it_says_then_comes_back(
    mosquitto: Broker, tmp_path: Path, how: str
) -> None:
    """Frozen it is like a cable that was cut: connections stand and nothing comes. The service knows, too."""
    async with service(mosquitto.service_url) as calling, linked(mosquitto, tmp_path) as nurse:
        await without_heartbeats_it_says_no_link_by_itself_and_rings(calling, nurse)
        await mosquitto.kill() if how == "killed" else mosquitto.freeze()
        async with asyncio.timeout(30):
            await nurse.until(lambda screen: "NO LINK" in screen and "does not answer" in screen)
            await eventually(lambda: not calling.connected)
        await mosquitto.start() if how == "killed" else mosquitto.thaw()
        await nurse.until(lambda screen: "NO LINK" not in screen and "does not answer" not in screen)
        await eventually(lambda: calling.connected)
        calling.publish(call())
        await nurse.until("HIGH room-2 NEW")


async def test_rubbish_and_what_is_not_its_own_change_nothing(mosquitto: Broker, tmp_path: Path) -> None:
    (server,) = parse_servers([mosquitto.service_url])
    async with listen(mosquitto.reader_url) as heard, service(mosquitto.service_url) as calling:
        async with linked(mosquitto, tmp_path) as nurse, connect(server, "rude") as rude:
            for what in (b"", b"\xff\x00", b"{}", b"x" * 1_000_000, b"[" * 4000):
                await rude.publish(f"{ROOT}/pager/nurse-1/page", what, qos=1, retain=False)
            await rude.publish(f"{ROOT}/pager/nurse-1/page", raw(call("retained")), qos=1, retain=True)
            calling.publish(call("other", name="nurse-2"))
            calling.publish(call("p-4", seq=4))
            calling.publish(call("p-3", seq=3, text="an older one"))
            await receipt(heard, "p-3", "delivered")
            calling.publish(call("p-4", seq=4))
            await heard.until(lambda it: receipts(it).count(("p-4", "delivered")) == 2)
            there = await nurse.until("5 messages were no pages")
            assert "HIGH room-2 NEW" in there
            assert "an older one" not in there
        asked = [page_id for page_id, _ in receipts(heard)]
        assert asked == ["retained", "p-4", "p-3", "p-4"]
        assert receipts(heard, "nurse-2") == []


async def test_a_page_that_waited_for_it_is_shown_as_late(mosquitto: Broker, tmp_path: Path) -> None:
    store = Store(tmp_path, "nurse-1")
    (server,) = parse_servers([mosquitto.service_url])
    async with connect(server, store.client_id(), keep=True) as before:  # it was there once
        await before.subscribe(f"{ROOT}/pager/nurse-1/page", qos=1)
    store.close()
    async with listen(mosquitto.reader_url) as heard, service(mosquitto.service_url) as calling:
        calling.publish(call("p-1", age_s=300))
        calling.publish(call("p-2", alarm="alarm-2", room="room-3"))
        await heard.until(lambda it: len(it.payloads("pager/nurse-1/page")) == 2)
        async with linked(mosquitto, tmp_path) as nurse:
            await nurse.until(lambda screen: "HIGH room-2 LATE NEW" in screen and "HIGH room-3 NEW" in screen)


async def test_withdraw_summary_and_test_pages_and_one_pager_runs_once(
    mosquitto: Broker, tmp_path: Path
) -> None:
    async with (
        listen(mosquitto.reader_url) as heard,
        service(mosquitto.service_url) as calling,
        linked(mosquitto, tmp_path) as nurse,
    ):
        calling.publish(call("p-1"))
        await nurse.until("HIGH room-2 NEW")
        calling.publish(call("w-1", kind="withdraw", seq=2, text="acknowledged"))
        await nurse.until("HIGH room-2 WITHDRAWN")
        calling.publish(call("s-1", kind="summary", seq=3, text="3 calls"))
        await nurse.until("HIGH room-2 SUMMARY NEW")
        calling.publish(call("t-1", kind="test", alarm="test-1", priority="low", room="", text="a test"))
        await nurse.until("LOW TEST NEW")
        await receipt(heard, "t-1", "delivered")
        await receipt(heard, "w-1", "delivered")
        async with pager(mosquitto.service_url, tmp_path) as second:
            assert await second.process.wait() == 1
            while "runs already" not in second.written:
                second.came.clear()
                await second.came.wait()


async def test_what_cannot_be_stored_is_shown_and_called_delivered_only_once_it_is(
    mosquitto: Broker, tmp_path: Path
) -> None:
    """The file's own limit is reached: SQLite answers as on a full disk. Then there is room again."""
    calls = [call(f"p-{number}", alarm=f"alarm-{number}", text="x" * 400) for number in range(60)]
    async with (
        listen(mosquitto.reader_url) as heard,
        service(mosquitto.service_url) as calling,
        linked(mosquitto, tmp_path) as nurse,
    ):
        limit = (tmp_path / "nurse-1.pager").stat().st_size
        import resource

        _, most = resource.prlimit(nurse.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(nurse.process.pid, resource.RLIMIT_FSIZE, (limit, most))
        for each in calls:
            calling.publish(each)
        await nurse.until(lambda screen: "Pages are not kept" in screen)
        await heard.until(lambda it: len(it.payloads("pager/nurse-1/page")) == 60)
        assert len(receipts(heard)) < 60
        resource.prlimit(nurse.process.pid, resource.RLIMIT_FSIZE, (most, most))
        for each in calls:
            calling.publish(each)
        await heard.until(lambda it: len(set(receipts(it))) == 60)
        await nurse.kill()
    with sqlite3.connect(tmp_path / "nurse-1.pager") as file:
        (kept,) = file.execute("SELECT count(*) FROM facts WHERE fact LIKE '%received%'").fetchone()
    file.close()
    assert kept == 60
