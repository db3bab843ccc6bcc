"""One set of rights on three brokers, as they are configured here: embedded, mosquitto, a cluster."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from kapmonitor import pages
from kapmonitor.handset import Handset
from kapmonitor.handset.store import Store
from kapmonitor.mqtt.client import Connection
from kapmonitor.mqtt.errors import BrokerError
from kapmonitor.mqtt.publisher import Publisher
from kapmonitor.mqtt.server import parse_servers
from tests.app.alarms import told
from tests.app.pager import site as paging_site
from tests.handset.pagers import call, raw
from tests.mqtt.listener import Listener
from tests.mqtt.samples import alarm, payload
from tests.mqtt.sites import ROOT, SERVICE, BrokerSite, Cluster, Embedded, GeneratedMosquitto, client, hearing
from tests.mqtt.waiting import eventually, running

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(params=[Embedded, GeneratedMosquitto, Cluster])
async def site(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[BrokerSite]:
    async for each in started(request.param(tmp_path / "broker"), monkeypatch):
        yield each


async def started(made: BrokerSite, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BrokerSite]:
    if made.authority is not None:
        monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    try:
        await made.start()
        yield made
    finally:
        await made.end()


async def heard_by(
    site: BrokerSite, listener: str, writer: str, *topics: str, expected: Sequence[str]
) -> list[str]:
    """Which of `topics`, written by `writer`, `listener` hears, once the `expected` are among them.

    In order of writing: a cluster promises that within one topic only.
    """
    async with hearing(site, listener, *topics) as heard, client(site, writer) as connection:
        await _joined(heard, connection, topics[-1])
        for topic in topics:
            await connection.publish(f"{ROOT}/{topic}", b"x", qos=1, retain=False)
        for topic in expected:
            await heard.last(topic, b"x")
        came = {each.topic.removeprefix(f"{ROOT}/") for each in heard.heard if each.payload == b"x"}
        return [topic for topic in topics if topic in came]


async def _joined(heard: Listener, connection: Connection, newest: str) -> None:
    """Until the writer's node of a cluster knows what was subscribed at the other: it learns in order."""
    while not heard.payloads(newest):
        await connection.publish(f"{ROOT}/{newest}", b"?", qos=1, retain=False)
        with suppress(TimeoutError):
            await asyncio.wait_for(heard.until(lambda it: bool(it.payloads(newest))), 0.2)


async def test_everybody_may_do_what_is_theirs_and_nothing_else(site: BrokerSite) -> None:
    """A pager answers for itself alone and is told nothing that is for another; a reader only reads."""
    written = ("alarm/a", "pager/nurse-2/receipt", "pager/nurse-2/status", "pager/nurse-1/page")
    own = ["pager/nurse-1/receipt"]
    assert await heard_by(site, SERVICE, "nurse-1", *written, *own, expected=own) == own
    told = ("session/s-1/vitals", "alarm/a", "pager/nurse-2/page")
    own = ["service/heartbeat", "pager/nurse-1/page"]
    assert await heard_by(site, "nurse-1", SERVICE, *told, *own, expected=own) == own
    async with client(site, "reader") as forger:
        for topic in ("alarm/a", "pager/nurse-1/receipt", "service/status"):
            await forger.publish(f"{ROOT}/{topic}", b"forged", qos=1, retain=True)
    async with hearing(site, "reader", "#") as heard, client(site, SERVICE) as service:
        await service.publish(f"{ROOT}/alarm/b", b"x", qos=1, retain=False)
        await heard.last("alarm/b", b"x")
        assert [each.payload for each in heard.heard] == [b"x"]


async def test_nobody_comes_in_without_their_own_password(site: BrokerSite) -> None:
    for user, password in (("", None), (SERVICE, "wrong"), ("nobody", "nothing"), ("nurse-1", "nurse-1")):
        with pytest.raises(BrokerError, match="refuses the log-in"):
            async with client(site, user, password):
                pass


async def test_pages_reach_a_pager_and_its_answers_the_service(site: BrokerSite, tmp_path: Path) -> None:
    publisher = Publisher(site.urls(SERVICE), "north-clinic", origin="live")
    store = Store(tmp_path, "nurse-1")
    handset = Handset("nurse-1", parse_servers(site.urls("nurse-1")), store, lambda _: None)
    async with hearing(site, SERVICE, "pager/+/receipt", "pager/+/status") as heard, running(publisher):
        publisher.publish(alarm())
        async with at_work(handset):
            await heard.last("pager/nurse-1/status", b"online")
            publisher.publish(call())
            await heard.until(lambda it: it.payloads("pager/nurse-1/receipt") != [])
            handset.face.look(handset.moment())
            handset.press("accepted")
            await heard.until(lambda it: len(it.payloads("pager/nurse-1/receipt")) == 2)
        answers = [
            pages.read_receipt(each, retained=False) for each in heard.payloads("pager/nurse-1/receipt")
        ]
        assert [(each.page_id, each.status) for each in answers] == [
            ("p-1", "delivered"),
            ("p-1", "accepted"),
        ]
        await heard.last("pager/nurse-1/status", b"offline")
        assert publisher.problems() == []
    store.close()
    async with hearing(site, "reader", "alarm/+") as kept:
        await kept.last("alarm/spo2-low-1", payload(alarm()))


class at_work:  # noqa: N801 - used like a function
    """A handset at work."""

    def __init__(self, handset: Handset) -> None:
        self.handset = handset

    async def __aenter__(self) -> None:
        self.task = asyncio.create_task(self.handset.run())

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])
        assert self.task.cancelled()


async def test_a_node_that_dies_in_an_alarm_costs_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async for cluster in started(Cluster(tmp_path / "broker"), monkeypatch):
        gap_s = await longest_gap(cluster, tmp_path)
        print(f"30 of 30 pages, longest gap {gap_s:.1f} s")  # noqa: T201 - reported


async def longest_gap(cluster: BrokerSite, folder: Path) -> float:
    """30 alarms, one each 0.1 s; at the tenth the node dies on which service and pager are.

    The longest time (s) in which nothing was heard at the pager: neither a page nor a heartbeat.
    """
    heard, shown = [time.monotonic()], set[str]()

    def changed(_: bool) -> None:  # noqa: FBT001 - the handset's callback
        pages_now = {each.page.alarm for each in handset.face.box.pages()}
        silent_s = handset.face.pulse.silent_s(handset.moment().at)
        heard.append(time.monotonic() - (0.0 if pages_now - shown else silent_s))
        shown.update(pages_now)

    store = Store(folder, "nurse-1")
    handset = Handset("nurse-1", parse_servers(cluster.urls("nurse-1")), store, changed)
    async with (
        paging_site(cluster.urls(SERVICE), folder, "nurse-1", client="kap-sure-cluster") as there,
        at_work(handset),
    ):
        await eventually(lambda: handset.face.pulse.known)
        await there.sees_online("nurse-1")
        for number in range(30):
            there.publish(*told(number))
            if number == 10:
                cluster.processes[0].kill()
            await asyncio.sleep(0.1)
        await eventually(lambda: len(shown) == 30)
        await eventually(lambda: not handset.face.pulse.lost(handset.moment().at))
    store.close()
    return max(later - earlier for earlier, later in pairwise(sorted(heard)))


def test_raw_is_what_a_page_is() -> None:
    assert pages.read_page(raw(call()), retained=False).page_id == "p-1"
