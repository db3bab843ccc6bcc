"""Alarm event to page: paging, the commit of the page, mosquitto, a pager in a process of its own.

Idle first, then beside the vitals of many sessions. The limit, in the same seconds and on the same broker, is
plain paho from one process to another. The pager reads what a pager may read: pages, and no values.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from tests.app.alarms import acknowledged, told
from tests.app.pager import Site, site
from tests.bench.children import Child, child
from tests.bench.mqtt import BUDGET_MS, _Mosquitto, _running, _vitals
from tests.bench.options import Options
from tests.bench.plain_mqtt import Heard
from tests.bench.report import Report, percentile
from tests.bench.ward import until

FLOOR = "kap/v1/bench/pager/floor/page"
PAGES = "kap/v1/+/pager/+/page"
_EVERY_S = 0.1
"""Between one alarm and the next, on average; a floor message goes half-way."""
BESIDE_VITALS = 2.0
"""How many times the idle p99 the one beside vitals may be."""


def pages(options: Options, report: Report) -> None:
    """Idle, then with vitals."""
    sessions, seconds = (10, 2.0) if options.quick else (100, 20.0)
    asyncio.run(_measured(sessions, seconds, report))


async def _measured(sessions: int, seconds: float, report: Report) -> None:
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(_running(_Mosquitto, report))
        if broker is None:
            return
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        there = await stack.enter_async_context(site(broker.service_url, Path(folder), "nurse-1"))
        reader = await stack.enter_async_context(child("plain_mqtt", "read", broker.reader_url, PAGES))
        writer = await stack.enter_async_context(child("plain_mqtt", "write", broker.service_url, FLOOR))
        await reader.hear(bool)
        await writer.hear(bool)
        await until(lambda: there.publisher.connected)
        there.pagers.take("pager/nurse-1/status", b"online", retained=True)
        idle = await _alarms(there, writer, 0, seconds)
        flowing = asyncio.create_task(_vitals(there.publisher, sessions))
        busy = await _alarms(there, writer, len(idle[0]), seconds)
        flowing.cancel()
        await asyncio.gather(flowing, return_exceptions=True)
        await asyncio.sleep(0.5)  # the last ones are on their way
        reader.end()
        came = _came(await reader.hear(list[Heard]))
    alone = _add("pages, idle", idle, came, report)
    beside = _add(f"pages, {sessions} sessions", busy, came, report)
    report.add(f"pages, {sessions} sessions: p99 against idle", beside / alone, "times", BESIDE_VITALS)


Put = tuple[dict[str, float], dict[str, float]]
"""When each alarm, by its page's alarm, and each floor message went out (monotonic s)."""


async def _alarms(there: Site, writer: Child, first: int, seconds: float) -> Put:
    """Each alarm calls, and is seen at the station at once: it is over before the next."""
    dice = random.Random(1)
    put: dict[str, float] = {}
    floor: dict[str, float] = {}
    for number in range(first, first + round(seconds / _EVERY_S)):
        await asyncio.sleep(dice.uniform(0, _EVERY_S))
        put[f"alarm-{number}"] = time.monotonic()
        there.publish(*told(number))
        await asyncio.sleep(dice.uniform(0, _EVERY_S))
        there.publish(*acknowledged(number))
        writer.say(msgspec.json.encode({"kind": "page", "alarm": f"floor-{number}"}).decode())
        floor[f"floor-{number}"] = await writer.hear(float)
    return put, floor


class _Page(msgspec.Struct):
    kind: str
    alarm: str


def _came(heard: list[Heard]) -> dict[str, float]:
    """When the page about each alarm came first."""
    read = [(msgspec.json.decode(each.payload, type=_Page), each.at) for each in reversed(heard)]
    return {page.alarm: at for page, at in read if page.kind == "page"}


def _add(name: str, put: Put, came: dict[str, float], report: Report) -> float:
    """The rows of one part; its p99 (ms)."""
    ours, floor = ({key: at for key, at in each.items() if key in came} for each in put)
    report.add_lost(f"{name}: pages", len(put[0]), len(ours))
    latencies = [1000 * (came[key] - at) for key, at in ours.items()]
    report.add_percentiles(f"{name}: alarm event to page", latencies, "ms", BUDGET_MS)
    report.add_percentiles(
        f"{name}: plain paho", [1000 * (came[key] - at) for key, at in floor.items()], "ms"
    )
    return percentile(latencies, 99)
