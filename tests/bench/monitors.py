"""The pure core: alarms and monitors of many sessions, one second each."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from kapmonitor.alarms.engine import Engine
from kapmonitor.alarms.inputs import PhaseSet, Tick
from kapmonitor.alarms.state import EngineState
from kapmonitor.config import load_rules
from kapmonitor.documents import encode
from kapmonitor.model import Phase, reading
from tests.bench.children import INSTALLED
from tests.bench.options import Options
from tests.bench.report import Report
from tests.bench.sessions import Room, moment, numerics
from tests.bench.timing import Case, compare

SESSIONS, QUICK_SESSIONS = 1_000, 20
HOURS, QUICK_HOURS = 8.0, 0.1
_ALARM_US = 20.0
_REHEARSE_S = 2.0


def monitors(options: Options, report: Report) -> None:
    """Microseconds of CPU a session and second, many sessions in turn: what one process can look after."""
    sessions = QUICK_SESSIONS if options.quick else SESSIONS
    cases = {
        "alarms": Case(_alarms(sessions, spo2=None), sessions),
        "alarms, one of them active": Case(_alarms(sessions, spo2=84.0), sessions),
        "monitor, take and tick": Case(_monitors(sessions // 10, encoded=False), sessions // 10),
        "monitor, documents encoded": Case(_monitors(sessions // 10, encoded=True), sessions // 10),
    }
    for name, ns in compare(cases, quick=options.quick).items():
        target = _ALARM_US if name.startswith("alarms") else None
        report.add(f"{name}, a session-second", ns / 1000, "us", target)
    _rehearse(options, report)


def _rehearse(options: Options, report: Report) -> None:
    """`kapmonitor rehearse` of a working day at 1 Hz, the whole process from its start to its end."""
    hours = QUICK_HOURS if options.quick else HOURS
    for name, spo2 in (("quiet", 97), ("with an alarm", 85)):
        lines: list[dict[str, object]] = [
            {"at": 0, "session": {"route": "intramuscular"}},
            {"at": 0, "phase": "peak"},
        ]
        for quantity, value in (("spo2", spo2), ("pulse_rate", 70), ("heart_rate", 72)):
            one = {"quantity": quantity, "value": value}
            lines.append({"at": 0, "reading": one, "every": 1, "until": hours * 3600 - 1})
        with TemporaryDirectory() as folder:
            script = Path(folder) / "day.jsonl"
            script.write_bytes(b"\n".join(msgspec.json.encode(line) for line in lines))
            report.add(f"rehearse {hours:g} h, {name}", _rehearsed(script), "s", _REHEARSE_S)


def _rehearsed(script: Path) -> float:
    """Seconds of CPU of the second of two runs: the first one may have had to compile."""
    command = [sys.executable, "-m", "kapmonitor", "rehearse", str(script)]
    spent = 0.0
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **INSTALLED})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return spent


def _alarms(sessions: int, spo2: float | None) -> Callable[[], object]:
    """A second of `sessions` engines, as their monitors hand it on: the oximeter's three readings, the
    strap's two, a tick. `spo2`: one that they all alarm at.
    """
    rules = load_rules()
    engines = [Engine(rules, EngineState(f"s-{number}")) for number in range(sessions)]
    second = 0

    def step() -> None:
        nonlocal second
        second += 1
        now, tick, readings = float(second), Tick(), numerics(second)
        if spo2 is not None:
            readings[0] = reading("spo2", spo2 + second % 3)
        oximeter, strap = readings[:3], readings[3:]
        for engine in engines:
            engine.step_together(oximeter, now)
            engine.step_together(strap, now)
            engine.step(tick, now)

    for engine in engines:
        engine.step(PhaseSet(Phase.PEAK), 0.0)
    for _ in range(20 if spo2 is not None else 1):
        step()
    return step


def _monitors(sessions: int, *, encoded: bool) -> Callable[[], object]:
    rules = load_rules()
    rooms = [Room(number, rules) for number in range(sessions)]
    second = 0

    def step() -> None:
        nonlocal second
        second += 1
        now = moment(float(second))
        for room in rooms:
            room.take_pleth(now)
            for message in (*room.take(second, now), *room.tick(now)):
                if encoded:
                    encode(message.payload)

    return step
