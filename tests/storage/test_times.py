"""A state that is brought to another clock behaves as if nothing had happened."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from kapmonitor.alarms.engine import Engine, Transition
from kapmonitor.alarms.inputs import (
    Acknowledge,
    CuffDue,
    CuffInflating,
    Here,
    Input,
    Interrupt,
    PauseAudio,
    PhaseSet,
    Tick,
)
from kapmonitor.alarms.state import Acknowledgement, Condition, EngineState, Pressures, Run, Signal, Symptom
from kapmonitor.model import Happened, Phase, missing, reading
from kapmonitor.storage.times import TIMES, shifted
from tests.alarms.script import cuff
from tests.storage.patient import RULES

NO_TIMES = {
    "Condition.delay_s",
    "Condition.limit",
    "Condition.value",
    "EngineState.baseline",
    "EngineState.batteries",
    "EngineState.interval_s",
    "EngineState.rates",
    "Pressures.diastolic",
    "Pressures.systolic",
    "Run.elapsed",
    "Signal.value",
}
"""Numbers of the engine's state that are no points in time: values, limits, durations."""


def inside(annotation: object) -> Iterator[object]:
    if get_origin(annotation) in (Union, UnionType, list, dict, tuple):
        for each in get_args(annotation):
            yield from inside(each)
    else:
        yield annotation


def numbers(struct: type[msgspec.Struct], seen: set[type]) -> Iterator[str]:
    """`Struct.field` of every float that can be reached from `struct`."""
    seen.add(struct)
    for name, annotation in get_type_hints(struct).items():
        for each in inside(annotation):
            if each is float:
                yield f"{struct.__name__}.{name}"
            if isinstance(each, type) and issubclass(each, msgspec.Struct) and each not in seen:
                yield from numbers(each, seen)


def test_every_number_of_the_state_is_known_to_be_a_time_or_none() -> None:
    """Whoever adds a field to the engine's state must say whether it moves with the clock."""
    times = {f"{struct.__name__}.{name}" for struct, names in TIMES.items() for name in names}
    found = set(numbers(EngineState, set()))
    assert found - times - NO_TIMES == set()
    assert times <= found
    assert not times & NO_TIMES


STATE = EngineState(
    "s-1",
    ladders_from=1.0,
    dosed_at=2.0,
    here_at=3.0,
    interval_s=300.0,
    due=4.0,
    signals={"spo2": Signal(5.0, 97.0, None), "pulse_rate": Signal()},
    conditions={"spo2-low": Condition(raising=Run(10.0, 6.0), since=7.0, value=85.0, delay_s=15.0)},
    symptoms={"nausea": Symptom("nausea", 8.0)},
    pressures=Pressures(9.0, 120.0, 80.0),
)


def test_all_times_move_and_nothing_else_does() -> None:
    before = copy.deepcopy(STATE)
    later = shifted(STATE, 100.0)
    assert (later.ladders_from, later.dosed_at, later.here_at, later.due) == (101.0, 102.0, 103.0, 104.0)
    assert (later.interval_s, later.interrupted_at) == (300.0, None)
    assert later.signals == {"spo2": Signal(105.0, 97.0, None), "pulse_rate": Signal()}
    condition = later.conditions["spo2-low"]
    assert (condition.raising, condition.since) == (Run(10.0, 106.0), 107.0)
    assert (condition.value, condition.delay_s) == (85.0, 15.0)
    assert later.symptoms["nausea"].at == 108.0
    assert later.pressures == Pressures(109.0, 120.0, 80.0)
    assert before == STATE


def test_a_part_of_a_state_moves_alike() -> None:
    there = shifted(Acknowledgement("nurse-1", 5.0, 1, RULES.rules[0].priority), -5.0)
    assert there.at == 0.0


AT: dict[int, Input] = {
    20: Happened("dose"),
    60: cuff(185, 112),
    70: Happened("headache", severity="severe"),
    85: CuffInflating(begun=True),
    130: CuffDue(60, 120, trying=True),
    150: Here("nurse-1"),
    200: Interrupt("nurse-1", 2),
    210: PauseAudio("nurse-1"),
    380: CuffInflating(begun=False),
}


def script() -> Iterator[Input]:
    """Eight minutes with something of everything; each input is a second."""
    yield PhaseSet(Phase.PEAK)
    for second in range(480):
        match second:
            case _ if second in AT:
                yield AT[second]
            case _ if 200 < second < 360:
                yield missing("spo2", "no_finger")
            case _:
                yield reading("spo2", 85 if 100 < second < 140 or second > 400 else 97)
        yield Tick()


def played(restart_after: int | None, shift: float) -> list[Transition]:
    """The script's transitions; with a restart on another clock after so many inputs."""
    engine, offset = Engine(RULES, EngineState("s-1")), 0.0
    came: list[Transition] = []
    for number, what in enumerate(script()):
        if number == restart_after:
            kept = msgspec.json.decode(msgspec.json.encode(engine.state), type=EngineState)
            engine, offset = Engine(RULES, shifted(kept, shift)), shift
        now = number / 2 + offset
        new = engine.step(what, now)
        if any(each.event == "start" and each.name == "spo2-low" for each in new):
            new += engine.step(Acknowledge(new[0].alarm, new[0].seq, "nurse-1"), now)
        came += [_on_first_clock(each, offset) for each in new]
    return came


def _on_first_clock(one: Transition, offset: float) -> Transition:
    changed: dict[str, Any] = {"at": one.at - offset, "since": one.since - offset}
    return msgspec.structs.replace(one, **changed)


def test_a_restart_at_any_point_changes_nothing_that_follows() -> None:
    """Same inputs, same alarms at the same seconds, whenever the engine moved to another clock."""
    usual = played(None, 0.0)
    assert len({each.name for each in usual}) >= 3
    assert {"start", "acknowledge"} <= {each.event for each in usual}
    for restart_after in range(0, 960, 37):
        assert played(restart_after, -4096.0) == usual
