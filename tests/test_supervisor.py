"""A device that goes is noticed, said in words and looked for again; no failure of it harms anything else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import pytest

from kapmonitor import supervisor as room
from kapmonitor.clock import Clock
from kapmonitor.device import LinkKind, Report
from kapmonitor.errors import DeviceNotFoundError, LinkLostError, NeedsPairingError
from kapmonitor.model import DeviceData, DeviceKind, DeviceReport, DeviceState, Origin, Reading, reading
from kapmonitor.supervisor import Supervisor

FAST = 5.0
"""Times life: what the clock is for."""


class Link:
    """A link that lives until it is cut."""

    def __init__(self) -> None:
        self.cut = asyncio.Event()


class Talker:
    """A driver that says one thing over and over, while the test lets it."""

    kind = DeviceKind.OXIMETER
    link_kind = LinkKind.SERIAL
    model = "talker"
    battery: float | None = None
    serial_number = ""
    firmware = ""
    silence_s: Mapping[str, float] = {"spo2": 3.0}
    errors = 0

    def __init__(self) -> None:
        self.says: Reading | None = reading("spo2", 97)
        self.reports: list[Report] = []

    async def run(self, link: Link, report: Report) -> None:
        self.reports.append(report)
        while not link.cut.is_set():
            if self.says is not None:
                report([self.says])
            with suppress(TimeoutError):
                async with asyncio.timeout(0.002):
                    await link.cut.wait()
        raise LinkLostError("the cable was pulled")


class Bench:
    """A supervisor with everything it says, in order."""

    def __init__(self, driver: Talker | None = None) -> None:
        self.driver = driver or Talker()
        self.links: list[Link] = []
        self.failures: list[BaseException] = []
        self.hang = False
        self.task: asyncio.Task[None] | None = None
        self.data: asyncio.Queue[DeviceData] = asyncio.Queue()
        self.reports: asyncio.Queue[DeviceReport] = asyncio.Queue()
        self.supervisor = Supervisor(
            "ox-1",
            self.driver,
            self.connect,
            Clock(FAST),
            lambda: Origin.SIMULATED,
            self.data.put_nowait,
            self.reports.put_nowait,
        )

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Link]:
        if self.failures:
            raise self.failures.pop(0)
        if self.hang:
            await asyncio.Event().wait()
        self.links.append(Link())
        yield self.links[-1]

    def start(self) -> None:
        self.task = asyncio.create_task(self.supervisor.run())

    async def until(self, state: DeviceState) -> DeviceReport:
        while True:
            report = await self.reports.get()
            if report.state is state:
                return report


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    if made.task is not None:
        made.task.cancel()
        await asyncio.wait({made.task})


async def test_a_cancellation_from_below_is_a_lost_link_and_never_the_end_of_looking(bench: Bench) -> None:
    """Bluetooth stacks cancel what is pending when a link goes; some of it reaches whoever waits."""
    for failure in (asyncio.CancelledError(), LinkLostError("x"), asyncio.CancelledError()):
        bench.failures.append(failure)
    bench.start()
    assert (await bench.until(DeviceState.LOST)).text == "the connection was broken off"
    await bench.until(DeviceState.LIVE)
    assert not bench.failures


async def test_data_reach_the_monitor_with_their_origin(bench: Bench) -> None:
    bench.start()
    data = await bench.data.get()
    assert (data.device, data.origin, list(data.observations)) == ("ox-1", "simulated", [reading("spo2", 97)])
    await bench.until(DeviceState.LIVE)


async def test_a_lost_device_is_said_and_found_again(bench: Bench) -> None:
    bench.start()
    await bench.until(DeviceState.LIVE)
    bench.links[-1].cut.set()
    lost = await bench.until(DeviceState.LOST)
    assert "cable" in lost.text
    assert lost.advice
    await bench.until(DeviceState.LIVE)


async def test_connected_but_silent_is_noticed_and_reconnected(bench: Bench) -> None:
    bench.start()
    await bench.until(DeviceState.LIVE)
    bench.driver.says = None
    stale = await bench.until(DeviceState.STALE)
    assert "silent" in stale.text
    bench.driver.says = reading("spo2", 97)
    await bench.until(DeviceState.LIVE)


async def test_a_device_that_sends_what_its_driver_does_not_understand_is_not_called_silent(
    bench: Bench,
) -> None:
    """As an oximeter that is set to another format, or a line to another speed."""
    bench.start()
    await bench.until(DeviceState.LIVE)
    bench.driver.says = None
    while True:
        bench.driver.errors += 1
        with suppress(TimeoutError):
            async with asyncio.timeout(0.002):
                stale = await bench.until(DeviceState.STALE)
                if "nothing came yet" not in stale.text:
                    break
    assert "not understood" in stale.text
    assert "format" in stale.advice


async def test_other_words_do_not_hide_that_the_watched_quantity_is_silent(bench: Bench) -> None:
    bench.start()
    await bench.until(DeviceState.LIVE)
    bench.driver.says = reading("battery", 50)
    await bench.until(DeviceState.STALE)


async def test_a_device_that_is_not_there_is_tried_again(bench: Bench) -> None:
    bench.failures += [DeviceNotFoundError("nothing at /dev/x: plug it in") for _ in range(3)]
    bench.start()
    await bench.until(DeviceState.LIVE)
    assert bench.failures == []


async def test_a_refused_bond_is_a_matter_for_a_person(bench: Bench) -> None:
    bench.failures.append(NeedsPairingError("the cuff does not know this computer"))
    bench.start()
    report = await bench.until(DeviceState.NEEDS_PAIRING)
    assert "pair" in report.advice


async def test_a_hung_connect_is_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "CONNECT_WITHIN_S", 5.0)
    bench.hang = True
    bench.start()
    lost = await bench.until(DeviceState.LOST)
    assert "no connection" in lost.text
    bench.hang = False
    await bench.until(DeviceState.LIVE)


async def test_a_late_word_of_an_old_connection_is_not_taken(bench: Bench) -> None:
    bench.start()
    await bench.until(DeviceState.LIVE)
    bench.links[-1].cut.set()
    await bench.until(DeviceState.LOST)
    await bench.until(DeviceState.LIVE)
    bench.driver.reports[0]([reading("spo2", 50)])
    while not bench.data.empty():
        assert bench.data.get_nowait().observations == [reading("spo2", 97)]


async def test_a_driver_with_a_bug_costs_only_its_device(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.failures.append(ZeroDivisionError("a bug"))
    bench.start()
    await bench.until(DeviceState.LOST)
    assert "the driver failed" in caplog.text
    await bench.until(DeviceState.LIVE)


async def test_one_log_line_when_it_goes_and_one_when_it_is_back(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="kapmonitor")
    bench.start()
    await bench.until(DeviceState.LIVE)
    bench.failures += [DeviceNotFoundError("gone") for _ in range(4)]
    bench.links[-1].cut.set()
    await bench.until(DeviceState.LOST)
    await bench.until(DeviceState.LIVE)
    assert [record.message for record in caplog.records] == [
        "ox-1: is there",
        "ox-1: is not there: the cable was pulled",
        "ox-1: is back",
    ]


async def test_a_device_that_measures_only_now_and_then_is_there_when_it_answers(bench: Bench) -> None:
    """A cuff behind a serial server: the port opens, but only an answer shows that somebody is home."""
    bench.driver.silence_s = {}
    bench.driver.says = None
    bench.start()
    await bench.until(DeviceState.CONNECTING)
    while not bench.driver.reports:
        await asyncio.sleep(0)
    assert bench.supervisor.state is DeviceState.CONNECTING
    bench.driver.reports[-1](())
    await bench.until(DeviceState.LIVE)
    assert bench.data.empty()
