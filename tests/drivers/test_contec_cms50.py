"""The Contec driver and the simulated oximeter: over worse and worse lines in memory, and on real ports."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from drivers.contec_cms50 import ContecCms50
from kapmonitor.clock import Clock
from kapmonitor.codecs import masimo_ascii
from kapmonitor.codecs.contec_cms50 import KEEP_ALIVE, START, STOP, Sample, commands, encode_5
from kapmonitor.device import ByteLink, SerialSettings
from kapmonitor.errors import DeviceNotFoundError, LinkLostError
from kapmonitor.model import DeviceReport, DeviceState, Origin, Quality, Route, Waveform
from kapmonitor.supervisor import Supervisor
from kapmonitor.transports.memory import Faults, MemoryLink, memory_pair
from kapmonitor.transports.serial import serial_connector
from simulators import contec_cms50
from simulators.contec_cms50 import Variant
from simulators.physiology import Body, BodyEvent
from simulators.wire import pty_port
from tests.drivers.conversation import WIRES, Seen, Tapped, end
from tests.warp import WarpClock, warped

variants = pytest.mark.parametrize("variant", ["5", "9"])


def oximeter(clock: Clock, variant: Variant, *events: BodyEvent) -> contec_cms50.ContecCms50:
    body = Body(3, Route.INTRAMUSCULAR, clock.now(), events, dosed_at=float("inf"))
    return contec_cms50.ContecCms50(body, clock, seed=1, variant=variant)


@asynccontextmanager
async def talking(
    device: contec_cms50.ContecCms50, driver: ContecCms50, faults: Faults | None = None
) -> AsyncIterator[tuple[Seen, MemoryLink]]:
    near, far = memory_pair(faults)
    seen = Seen()
    tasks = [asyncio.create_task(device.run(far)), asyncio.create_task(driver.run(near, seen.report))]
    try:
        yield seen, near
    finally:
        for task in reversed(tasks):
            await end(task)


@variants
@pytest.mark.parametrize("faults", WIRES)
@warped
async def test_numbers_and_pleth_come_through_any_line(variant: Variant, faults: Faults) -> None:
    clock = WarpClock()
    driver = ContecCms50(clock)
    async with talking(oximeter(clock, variant), driver, faults) as (seen, _):
        await asyncio.sleep(60)
    assert len(seen.values("spo2")) >= 45
    assert all(94 <= value <= 100 for value in seen.values("spo2"))
    assert all(45 <= value <= 110 for value in seen.values("pulse_rate"))
    assert len(seen.pleth()) > 0.9 * 60 * 50
    assert driver.frames > 0.9 * 60 * 55
    assert (driver.errors == 0) == (faults.loss == faults.garbage == 0)


@variants
@warped
async def test_a_good_line_loses_no_frame(variant: Variant) -> None:
    clock = WarpClock()
    driver, device = ContecCms50(clock), oximeter(clock, variant)
    near, far = memory_pair()
    reading = asyncio.create_task(driver.run(near, Seen().report))
    sending = asyncio.create_task(device.run(far))
    await asyncio.sleep(120)
    await end(sending)
    await asyncio.sleep(0.1)
    await end(reading)
    assert driver.frames == device.frames > 110 * 60
    assert driver.errors == 0


@variants
@warped
async def test_numbers_come_once_a_second_and_at_once_when_they_change(variant: Variant) -> None:
    clock = WarpClock()
    device = oximeter(clock, variant, BodyEvent(20, "finger_off", 10))
    async with talking(device, ContecCms50(clock)) as (seen, _):
        await asyncio.sleep(60)
    times = [at for at, each in seen.all if not isinstance(each, Waveform) and each in seen.readings("spo2")]
    assert 55 <= len(times) <= 120
    assert max(after - before for before, after in itertools.pairwise(times)) < 1.1


@variants
@warped
async def test_without_a_finger_there_is_a_reason_and_no_number(variant: Variant) -> None:
    clock = WarpClock()
    device = oximeter(clock, variant, BodyEvent(15, "finger_off", 100))
    async with talking(device, ContecCms50(clock)) as (seen, _):
        await asyncio.sleep(20)
        before = len(seen.pleth())
        await asyncio.sleep(20)
    last = seen.readings("spo2")[-1]
    assert (last.value, last.reason, last.quality) == (None, "no_finger", Quality.NOT_AVAILABLE)
    assert seen.readings("pulse_rate")[-1].reason == "no_finger"
    assert len(seen.pleth()) == before


@warped
async def test_a_newer_device_is_kept_sending() -> None:
    """It would fall silent 30 s after it was last asked."""
    clock = WarpClock()
    async with talking(oximeter(clock, "9"), ContecCms50(clock)) as (seen, _):
        await asyncio.sleep(300)
    assert len(seen.pleth()) == pytest.approx(60 * 295, abs=60)


@warped
async def test_a_newer_device_is_told_we_are_there_and_told_to_stop() -> None:
    clock = WarpClock()
    near, far = memory_pair()
    tapped = Tapped(near)
    device = asyncio.create_task(oximeter(clock, "9").run(far))
    driver = asyncio.create_task(ContecCms50(clock).run(tapped, Seen().report))
    await asyncio.sleep(60)
    await end(driver)
    await end(device)
    sent = [(at, command) for at, data in tapped.sent for command in commands().feed(data)]
    assert sent[-1][1] == STOP
    for command, longest_s in ((KEEP_ALIVE, 5.1), (START, 15.1)):
        times = [at for at, each in sent if each == command]
        assert max(after - before for before, after in itertools.pairwise(times)) <= longest_s


@warped
async def test_an_older_device_is_not_talked_to() -> None:
    clock = WarpClock()
    near, far = memory_pair()
    tapped = Tapped(near)
    device = asyncio.create_task(oximeter(clock, "5").run(far))
    driver = asyncio.create_task(ContecCms50(clock).run(tapped, Seen().report))
    await asyncio.sleep(60)
    await end(driver)
    await end(device)
    assert tapped.sent == []


class Line(ByteLink):
    """A line with a speed: at any other, bytes become others, both ways."""

    def __init__(self, link: ByteLink, right: SerialSettings) -> None:
        self._link = link
        self._right = right
        self.set: list[SerialSettings] = []

    def _heard(self, data: bytes) -> bytes:
        return data if self.set[-1] == self._right else bytes(each * 167 + 13 & 0xFF for each in data)

    async def read(self) -> bytes:
        return self._heard(await self._link.read())

    async def write(self, data: bytes) -> None:
        await self._link.write(self._heard(data))

    def configure(self, settings: SerialSettings) -> None:
        self.set.append(settings)


@pytest.mark.parametrize(
    ("variant", "right"),
    [("5", SerialSettings(19_200, "O")), ("9", SerialSettings(115_200)), ("5", SerialSettings(4800))],
)
@warped
async def test_the_right_speed_is_found_and_tried_first_the_next_time(
    variant: Variant, right: SerialSettings
) -> None:
    clock = WarpClock()
    driver = ContecCms50(clock)
    tried = []
    for _ in range(2):
        near, far = memory_pair()
        line = Line(near, right)
        seen = Seen()
        device = asyncio.create_task(oximeter(clock, variant).run(far))
        running = asyncio.create_task(driver.run(line, seen.report))
        await asyncio.sleep(10)
        await end(running)
        await end(device)
        assert seen.values("spo2")
        assert line.set[-1] == right
        assert not any(settings.xonxoff for settings in line.set)
        tried.append(len(line.set))
    assert tried[1] == 1


@warped
async def test_a_silent_line_is_tried_at_every_speed_again_and_again() -> None:
    near, _ = memory_pair()
    line = Line(near, SerialSettings())
    running = asyncio.create_task(ContecCms50(WarpClock()).run(line, Seen().report))
    await asyncio.sleep(10)
    await end(running)
    assert len(set(line.set)) == 3
    assert len(line.set) >= 9


@warped
async def test_bytes_that_are_never_recognised_are_not_called_silence() -> None:
    """As of a Masimo on its line: staff are told to look at the format, not at the finger."""
    clock = WarpClock()
    near, far = memory_pair()

    @asynccontextmanager
    async def connect() -> AsyncIterator[ByteLink]:
        yield near

    async def masimo() -> None:
        while True:
            await far.write(masimo_ascii.encode(masimo_ascii.Line(97, 70)))
            await clock.sleep(1)

    said: list[DeviceReport] = []
    supervisor = Supervisor(
        "ox", ContecCms50(clock), connect, clock, lambda: Origin.SIMULATED, lambda _: None, said.append
    )
    tasks = [asyncio.create_task(masimo()), asyncio.create_task(supervisor.run())]
    await clock.sleep(6)
    for task in tasks:
        await end(task)
    [stale] = {(each.text, each.advice) for each in said if each.state is DeviceState.STALE} - {
        (each.text, each.advice) for each in said if "nothing came yet" in each.text
    }
    assert "not understood" in stale[0]
    assert "format" in stale[1]


@variants
@warped
async def test_a_device_that_vanishes_mid_frame_is_a_lost_link(variant: Variant) -> None:
    clock = WarpClock()
    near, far = memory_pair()
    device = asyncio.create_task(oximeter(clock, variant).run(far))
    seen = Seen()
    driver = asyncio.create_task(ContecCms50(clock).run(near, seen.report))
    await asyncio.sleep(10)
    await end(device)
    await far.write(b"\x84\x10")
    far.pull_plug()
    with pytest.raises(LinkLostError):
        await driver
    assert None not in [each.value for each in seen.readings("spo2")[-3:]]


@warped
async def test_an_edge_inside_one_read_is_reported() -> None:
    """A stalled machine hands over many frames at once; a dip among them must not be lost."""
    near, far = memory_pair()
    seen = Seen()
    driver = asyncio.create_task(ContecCms50(WarpClock()).run(near, seen.report))
    good, low = encode_5(Sample(spo2=97, pulse_rate=60)), encode_5(Sample(spo2=79, pulse_rate=60))
    await far.write(good * 60)
    await asyncio.sleep(0.1)
    await far.write(good * 5 + low * 10 + good * 10)
    await asyncio.sleep(0.1)
    await end(driver)
    assert seen.values("spo2") == [97, 79, 97]


@warped
async def test_one_frame_alone_never_changes_a_number() -> None:
    """A byte too many in a frame without checksum: SpO2 would be the pulse rate."""
    near, far = memory_pair()
    seen = Seen()
    driver = asyncio.create_task(ContecCms50(WarpClock()).run(near, seen.report))
    good = encode_5(Sample(spo2=97, pulse_rate=60, pleth=50))
    await far.write(good * 60 + good[:1] + b"\x05" + good[1:] + good * 60)
    await asyncio.sleep(0.1)
    await end(driver)
    assert seen.values("spo2") == [97]
    assert seen.values("pulse_rate") == [60]


@variants
async def test_on_a_real_port(variant: Variant) -> None:
    clock = Clock(4)
    driver, seen = ContecCms50(clock), Seen()
    async with pty_port() as (url, far):
        device = asyncio.create_task(oximeter(clock, variant).run(far))
        async with serial_connector(url, SerialSettings())() as near:
            running = asyncio.create_task(driver.run(near, seen.report))
            await asyncio.wait_for(seen.until("spo2"), 30)
            await end(running)
        await end(device)
    assert driver.errors == 0
    assert seen.pleth()


async def test_unplugged_from_a_real_port() -> None:
    clock = Clock(4)
    seen = Seen()
    async with pty_port() as (url, far):
        device = asyncio.create_task(oximeter(clock, "5").run(far))
        port = serial_connector(url, SerialSettings())()
        near = await port.__aenter__()
        running = asyncio.create_task(ContecCms50(clock).run(near, seen.report))
        await asyncio.wait_for(seen.until("spo2"), 30)
        await end(device)
        await far.write(b"\x84\x10")
    with pytest.raises(LinkLostError):
        await asyncio.wait_for(running, 30)
    await port.__aexit__(None, None, None)
    with pytest.raises(DeviceNotFoundError):
        await serial_connector(url, SerialSettings())().__aenter__()
