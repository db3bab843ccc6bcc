"""The whole service as users run it: how soon it answers, what it weighs at rest, what a session costs.

`kapmonitor run` in a process of its own, its devices in another (`kapmonitor simulate`), with the broker that
comes along and one wall watching. CPU and memory are those of the service's own process.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import httpx2
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from tests.bench.children import INSTALLED
from tests.bench.options import Options
from tests.bench.report import Report
from tests.brokers import free_port
from tests.end_to_end.processes import Run, kapmonitor

START_S, REST_MB = 2.0, 120.0
SESSION_CPU_PERCENT, SESSION_MB = 1.0, 1.0
_SETTLE_S = 2.0
_LIVE_S = 120.0
_TICKS = os.sysconf("SC_CLK_TCK")


def service(options: Options, report: Report) -> None:
    """At rest; then a clinic's rooms, first with devices only, then with a session in each."""
    starts, rooms, seconds = (1, 1, 1.0) if options.quick else (5, 12, 20.0)
    asyncio.run(_at_rest(starts, report))
    asyncio.run(_sessions(rooms, seconds, report))


async def _at_rest(starts: int, report: Report) -> None:
    seconds, megabytes = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(starts):
            began = time.monotonic()
            async with _running(folder, _clinic(Path(folder), rooms=0)) as run:
                await _answers(run)
                seconds.append(time.monotonic() - began)
                async with _browser(run):
                    await asyncio.sleep(_SETTLE_S)
                    megabytes.append(memory_mb(run.process.pid))
    report.add("service at rest: dashboard answers after", median(seconds), "s", START_S)
    report.add("service at rest: memory", median(megabytes), "MB", REST_MB)


async def _sessions(rooms: int, seconds: float, report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = _clinic(Path(folder), rooms)
        async with (
            kapmonitor("simulate", "--config", str(config)) as devices,
            _running(folder, config) as run,
            _browser(run) as browser,
        ):
            await devices.until("simulating")
            await _all_online(browser, rooms * 3)
            pid = run.process.pid
            without = await _cpu_percent(pid, seconds), memory_mb(pid)
            for number in range(rooms):
                session = {"room": f"room-{number}", "route": "intramuscular", "drill": True}
                (await browser.post("/api/v1/sessions", json=session)).raise_for_status()
            await asyncio.sleep(_SETTLE_S)
            total = await _cpu_percent(pid, seconds), memory_mb(pid)
    name = f"service, {rooms} rooms"
    report.add(f"{name}: CPU with devices, no session", without[0], "% of a core")
    report.add(f"{name}: CPU, all in", total[0], "% of a core", SESSION_CPU_PERCENT * rooms)
    report.add(f"{name}: memory, all in", total[1], "MB")
    report.add(f"{name}: memory, each session", (total[1] - without[1]) / rooms, "MB", SESSION_MB)


def _running(folder: str, config: Path) -> AbstractAsyncContextManager[Run]:
    """The service with its record and its broker's files in `folder`: every run begins with nothing."""
    return kapmonitor("run", "--config", str(config), env={**INSTALLED, "STATE_DIRECTORY": folder})


def _clinic(folder: Path, rooms: int) -> Path:
    """A configuration with strap, oximeter and cuff in each room; with none, one empty room."""
    tables = [
        '[site]\nid = "bench"\n[dashboard]\nbind = "127.0.0.1:0"',
        f'[bluetooth]\ntransport = "tcp-client:127.0.0.1:{free_port()}"' if rooms else "",
        *(_room(folder, number) for number in range(rooms)),
        "" if rooms else '[[rooms]]\nid = "room-0"',
    ]
    path = folder / "clinic.toml"
    path.write_text("\n".join(tables))
    return path


def _room(folder: Path, number: int) -> str:
    return f"""[[rooms]]
id = "room-{number}"
devices = [
  {{ id = "strap-{number}", driver = "heart-rate-strap", address = "C0:00:00:00:00:{number:02X}" }},
  {{ id = "oximeter-{number}", driver = "contec-cms50", port = "{folder}/oximeter-{number}" }},
  {{ id = "cuff-{number}", driver = "suntech-nibp", port = "{folder}/cuff-{number}" }},
]"""


async def _answers(run: Run) -> None:
    """Wait until the dashboard shows somebody its log-in."""
    page = (await run.until(r"dashboard: (\S+)"))[1]
    async with httpx2.AsyncClient(base_url=page) as stranger:
        (await stranger.get("/login")).raise_for_status()


@asynccontextmanager
async def _browser(run: Run) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who is logged in, with the wall open."""
    user, password = (await run.until(r"log-in for this run: (\S+) / (\S+)")).groups()
    page = (await run.until(r"dashboard: (\S+)"))[1].rstrip("/")
    async with httpx2.AsyncClient(base_url=page, headers={"Origin": page}, follow_redirects=True) as browser:
        (await browser.post("/login", data={"user": user, "password": password})).raise_for_status()
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        wall = f"ws://{urlsplit(page).netloc}/ws"
        async with connect(wall, origin=Origin(page), additional_headers={"Cookie": cookies}) as socket:
            watching = asyncio.create_task(_watch(socket))
            yield browser
            watching.cancel()
            await asyncio.wait([watching])


async def _watch(socket: ClientConnection) -> None:
    async for _ in socket:
        pass


class _Device(msgspec.Struct):
    status: str | None = None


class _Place(msgspec.Struct):
    devices: list[_Device]


async def _all_online(browser: httpx2.AsyncClient, count: int) -> None:
    """Wait until `count` devices are online."""
    online = 0
    deadline = time.monotonic() + _LIVE_S
    while online < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {online} of {count} devices online within {_LIVE_S:g} s")
        await asyncio.sleep(0.2)
        places = msgspec.json.decode((await browser.get("/api/v1/rooms")).content, type=list[_Place])
        online = sum(device.status == "online" for place in places for device in place.devices)


async def _cpu_percent(pid: int, seconds: float) -> float:
    """What share of a core process `pid` takes in the next `seconds`."""
    before, began = _cpu_s(pid), time.monotonic()
    await asyncio.sleep(seconds)
    return 100 * (_cpu_s(pid) - before) / (time.monotonic() - began)


def _cpu_s(pid: int) -> float:
    """User and system time so far (proc(5): fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_mb(pid: int) -> float:
    """Resident memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
