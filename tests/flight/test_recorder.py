"""The flight recorder: what it keeps of before, what it leaves out when it is too much, what a kill costs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.commands.replay import driver_of
from kapmonitor.config import load_routes
from kapmonitor.device import LinkKind
from kapmonitor.errors import LinkLostError
from kapmonitor.flight import recorder as recording
from kapmonitor.flight.file import Damage, read
from kapmonitor.flight.monitor import flown
from kapmonitor.flight.recorder import FlightRecorder
from kapmonitor.flight.records import Attached, Came, LeftOut, Part, Record, Ticked
from kapmonitor.model import DeviceData, DeviceKind, Moment, Origin, Phase, reading
from kapmonitor.monitor import Monitor
from kapmonitor.replay import replay
from kapmonitor.session.around import CuffDoing
from kapmonitor.session.entries import Gap
from kapmonitor.transports.memory import MemoryLink, memory_pair
from tests.alarms.script import default_rules
from tests.sessions import NOON, opened

RULES, ROUTES = default_rules(), load_routes()


class Hand:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def moment(self) -> Moment:
        return Moment(self.at, NOON.utc)


def records(path: Path) -> list[Record]:
    return [each for each in read(path.read_bytes()) if not isinstance(each, Damage)]


def monitor(recorder: FlightRecorder, hand: Hand, phase: Phase = Phase.PEAK) -> Monitor:
    session = opened(ident="s-1", at=hand.moment(), phase=phase)
    made = flown(recorder)(session, RULES, Origin.SIMULATED, ROUTES[session.route])
    made.begin(hand.moment())
    return made


def spo2(value: float) -> DeviceData:
    return DeviceData("ox-1", DeviceKind.OXIMETER, Origin.SIMULATED, (reading("spo2", value),))


def seconds(hand: Hand, each: Monitor, count: int, value: float | None) -> None:
    for _ in range(count):
        hand.at += 1.0
        if value is not None:
            each.take(spo2(value), hand.moment())
        each.tick(hand.moment())


@asynccontextmanager
async def line(recorder: FlightRecorder) -> AsyncGenerator[tuple[MemoryLink, MemoryLink]]:
    """A tapped link and its far end."""
    near, far = memory_pair()

    @asynccontextmanager
    async def connect() -> AsyncGenerator[MemoryLink]:
        yield near

    tapped = recorder.tapped("ox-1", "contec-cms50", LinkKind.SERIAL, connect, lambda: Origin.SIMULATED)
    async with tapped() as link:
        assert not isinstance(link, MemoryLink)
        yield link, far  # type: ignore[misc] # it looks like one


async def test_of_an_open_connection_its_beginning_and_its_last_seconds_are_kept(tmp_path: Path) -> None:
    hand = Hand()
    recorder = FlightRecorder(tmp_path, hand.now)
    async with line(recorder) as (link, far):
        for nth in range(2000):
            hand.at += 0.1
            await far.write(b"%04d" % nth)
            await link.read()
        monitor(recorder, hand)
        recorder.session_of = lambda _: "s-1"
        hand.at += 0.1
        await far.write(b"now!")
        await link.read()
    recorder.close()
    came = [each for each in records(recorder.path("s-1")) if isinstance(each, Came)]
    data = [each.data for each in came]
    assert data[0] == b"0000"
    assert data[recording.HEAD - 2 : recording.HEAD + 1] == [b"0298", b"1501", b"1502"]
    assert data[-2:] == [b"1999", b"now!"]
    [attached] = [each for each in records(recorder.path("s-1")) if isinstance(each, Attached)]
    assert attached.at == came[-1].at


async def test_what_happens_without_a_session_is_in_no_recording(tmp_path: Path) -> None:
    hand = Hand()
    recorder = FlightRecorder(tmp_path, hand.now)
    one = monitor(recorder, hand)
    async with line(recorder) as (link, far):
        await far.write(b"nobody asked")
        await link.read()
        far.pull_plug()
        with pytest.raises(LinkLostError):
            await link.read()
    one.end()
    recorder.close()
    assert not [each for each in records(recorder.path("s-1")) if isinstance(each, Came)]


async def test_too_large_a_recording_leaves_the_bytes_of_waveforms_out_and_says_so(tmp_path: Path) -> None:
    hand = Hand()
    recorder = FlightRecorder(tmp_path, hand.now, session_bytes=3000)
    one = monitor(recorder, hand)
    recorder.session_of = lambda _: "s-1"
    async with line(recorder) as (link, far):
        for _ in range(60):
            for _ in range(20):
                hand.at += 0.05
                await far.write(os.urandom(20))
                await link.read()
            one.tick(hand.moment())
            await asyncio.sleep(0.01)  # the disk's thread gets its turn
    recorder.close()
    everything = records(recorder.path("s-1"))
    assert recorder.path("s-1").stat().st_size < 40_000
    [left_out] = [each for each in everything if isinstance(each, LeftOut)]
    assert left_out.device == "ox-1"
    assert not [each for each in everything if isinstance(each, Came) and each.at > left_out.at]
    assert len([each for each in everything if isinstance(each, Ticked)]) == 60


def test_the_oldest_recordings_go_when_all_are_too_large(tmp_path: Path) -> None:
    for name, age in (("new", 7200), ("old", 90_000)):
        path = tmp_path / f"{name}.kapflight"
        path.write_bytes(bytes(600))
        now = path.stat().st_mtime
        os.utime(path, (now - age, now - age))
    FlightRecorder(tmp_path, Hand().now, all_bytes=1000).close()
    assert [path.stem for path in tmp_path.iterdir()] == ["new"]


def test_a_disk_that_fails_costs_the_recording_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    hand = Hand()
    recorder = FlightRecorder(tmp_path, hand.now)
    recorder.path("s-1").mkdir()  # nothing can be written there
    one = monitor(recorder, hand)
    seconds(hand, one, 20, 97)
    recorder.close()
    assert caplog.text.count("the flight recorder cannot write") == 1


def test_a_session_that_came_back_after_a_restart_is_replayed_in_both_parts(tmp_path: Path) -> None:
    hand = Hand()
    recorder = FlightRecorder(tmp_path, hand.now)
    before = monitor(recorder, hand)
    seconds(hand, before, 10, 97)
    seconds(hand, before, 25, 84)
    alarm = next(each for each in before.engine.open_alarms(hand.at) if each.name == "spo2-low")
    before.do(Acknowledge(alarm.alarm, alarm.seq, "nurse-1"), hand.moment())
    recorder.close()
    again = FlightRecorder(tmp_path, hand.now)
    after = flown(again).restored(
        before.session, before.engine.state, RULES, Origin.SIMULATED, before.keeper.table, cuff=CuffDoing.NONE
    )
    gap = Gap(since=hand.moment().utc, until=hand.moment().utc)
    after.resume(gap, hand.moment())
    seconds(hand, after, 30, 98)
    again.close()
    data = again.path("s-1").read_bytes()
    assert len([each for each in read(data) if isinstance(each, Part)]) == 2
    replayed = replay(data, "it", driver_of)
    assert replayed.now == replayed.then
    events = [each.event for each in replayed.now if each.alarm == "spo2-low"]
    assert events[0] == "start"
    assert "acknowledge" in events
    assert len(events) > events.index("acknowledge") + 1


WRITES = """
import sys, time
from pathlib import Path
from tests.flight.test_recorder import Hand, monitor, seconds
from kapmonitor.flight.recorder import FlightRecorder
hand = Hand()
recorder = FlightRecorder(Path(sys.argv[1]), hand.now)
one = monitor(recorder, hand)
while True:
    seconds(hand, one, 1, 97.0)
    if hand.at % 50 == 0:
        print(hand.at, flush=True)
        time.sleep(0.05)
"""


def test_a_kill_in_the_middle_leaves_what_was_written(tmp_path: Path) -> None:
    import subprocess

    with subprocess.Popen([sys.executable, "-c", WRITES, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = [float(process.stdout.readline()) for _ in range(6)]
        process.send_signal(signal.SIGKILL)
    found = list(read((tmp_path / "s-1.kapflight").read_bytes()))
    ticks = [each.moment.at for each in found if isinstance(each, Ticked)]
    assert ticks == [float(n + 1) for n in range(len(ticks))]
    assert told[-2] - 2 * recording.BLOCK_S <= ticks[-1]
    assert len([each for each in found if isinstance(each, Damage)]) <= 1


def test_a_recording_is_forced_to_the_disk_when_it_begins_and_when_its_session_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And every half minute between: a power cut loses no more, and nobody waits for it."""
    forced: list[int] = []
    there = os.fsync

    def fsync(handle: int) -> None:
        there(handle)
        forced.append(os.fstat(handle).st_size)

    monkeypatch.setattr(os, "fsync", fsync)
    hand = Hand()
    recorder = FlightRecorder(tmp_path, hand.now)
    each = monitor(recorder, hand)
    seconds(hand, each, 60, 97)
    each.end()
    recorder.close()
    size = recorder.path("s-1").stat().st_size
    assert forced[0] < size
    assert forced[-1] == size
    assert len(forced) == 2
