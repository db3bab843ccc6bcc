"""The engine asks only whom a value or a second may concern. It must never pass over anybody else."""

from __future__ import annotations

from contextlib import suppress
from math import inf

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapmonitor.alarms.engine import Engine, Transition
from kapmonitor.alarms.inputs import (
    Acknowledge,
    BaselineConfirmed,
    Battery,
    CuffDue,
    CuffInflating,
    Here,
    Input,
    Interrupt,
    PauseAudio,
    PhaseSet,
    SwitchOff,
    Tick,
)
from kapmonitor.alarms.judging import Asked, Judging
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.state import EngineState
from kapmonitor.errors import RefusedError
from kapmonitor.model import DeviceKind, DeviceReport, DeviceState, Happened, Phase, Quality, Reading, missing
from tests.alarms.script import cuff, default_rules

RULES = default_rules()


class AskingAll(Judging):
    """Every rule is asked about everything that it reads."""

    def stirred(self, what: Reading) -> list[Asked]:
        also = [] if what.reason is None else self._hear(what.reason).all
        return self._hear(what.quantity).all + also

    def second(self, what: Tick, now: float) -> dict[str, None]:
        return self.ask(self._hear("Tick").all, what, now)


class Careful(Engine):
    """The engine without any shortcut."""

    def __init__(self, rules: RuleSet, state: EngineState) -> None:
        super().__init__(rules, state)
        self._judging = AskingAll(rules, state)

    def step(self, what: Input, now: float) -> list[Transition]:
        self._settled_until = -inf
        return super().step(what, now)


def values(quantity: str, numbers: list[float]) -> st.SearchStrategy[Reading]:
    reasons = ["no_finger", "searching", "no_contact", "artifact", "simulated_source", "wrong_device"]
    doubtful = Quality.QUESTIONABLE, "artifact"
    return st.one_of(
        st.sampled_from(numbers).map(lambda value: Reading(quantity, value)),
        st.sampled_from(numbers).map(lambda value: Reading(quantity, value, Quality.ONGOING)),
        st.sampled_from(numbers).map(lambda value: Reading(quantity, value, *doubtful)),
        st.sampled_from(reasons).map(lambda reason: missing(quantity, reason)),
    )


readings = st.one_of(
    values("spo2", [97, 93, 92, 91, 90, 88, 87, 80, 79]),
    values("heart_rate", [70, 53, 50, 49, 45, 40, 115, 120, 121, 131, 95]),
    values("pulse_rate", [70, 49, 40, 121, 131, 95]),
    values("perfusion_index", [4]),
)
devices = st.builds(
    DeviceReport, st.just("d"), st.sampled_from(DeviceKind), st.sampled_from(DeviceState), st.just("")
)
people = st.one_of(
    st.sampled_from([Here("n"), Interrupt("n", 3), PauseAudio("n"), BaselineConfirmed({"heart_rate": 52})]),
    st.builds(
        Happened,
        st.sampled_from(["help", "dose", "sedation", "chest_pain", "headache"]),
        st.sampled_from([None, "severe"]),
        st.sampled_from([None, 1, 4]),
        st.booleans(),
    ),
    st.builds(
        SwitchOff,
        st.sampled_from([rule.rule for rule in RULES.rules]),
        st.just("n"),
        st.sampled_from(["", "x"]),
    ),
)
others = st.one_of(
    st.sampled_from([cuff(120, 80), cuff(170, 95), cuff(185, 100), cuff(85, 50), cuff(75, 40)]),
    st.sampled_from(Phase).map(PhaseSet),
    st.sampled_from(
        [CuffDue(None, 0), CuffDue(30, 60), CuffDue(400, 300), Battery("d", 15), Battery("d", 80)]
    ),
    st.sampled_from([CuffDue(30, 60, trying=True), CuffInflating(begun=True), CuffInflating(begun=False)]),
    devices,
)
inputs = st.one_of(
    st.lists(readings, min_size=1, max_size=3), st.one_of(people, others).map(lambda one: [one])
)
seconds = st.one_of(st.integers(0, 25), st.sampled_from([61, 125, 305]))
# What happens, for how many seconds then, whether readings come again in each of these, whether the first
# alarm is acknowledged after it, whether the service starts again then.
steps = st.lists(st.tuples(inputs, seconds, st.booleans(), st.booleans(), st.integers(0, 19)), max_size=20)
Script = list[tuple[list[Input], int, bool, bool, int]]


@pytest.mark.timeout(300)
@settings(max_examples=25)
@given(steps, st.sampled_from([Phase.PEAK, Phase.RECOVERY, Phase.BASELINE]))
def test_who_is_not_asked_had_nothing_to_say(script: Script, phase: Phase) -> None:
    """Byte for byte, whatever is active, acknowledged, latched, switched off, interrupted or restarted."""
    quick, careful = (_played(kind, script, phase) for kind in (Engine, Careful))
    assert quick == careful


def _played(kind: type[Engine], script: Script, phase: Phase) -> list[bytes]:
    engine, now = kind(RULES, EngineState("s")), 0.0
    came = [_bytes(engine.step(PhaseSet(phase), now))]
    for said, lasts, again, acknowledged, restarted in script:
        came += [_bytes(engine.step(what, now)) for what in said]
        for _ in range(lasts):
            now += 1
            if again and isinstance(said[0], Reading):
                came += [_bytes(engine.step(what, now)) for what in said]
            came.append(_bytes(engine.step(Tick(), now)))
        there = engine.open_alarms(now)
        came.append(_bytes(there))
        for each in there[:1] if acknowledged else []:
            with suppress(RefusedError):
                came.append(_bytes(engine.step(Acknowledge(each.alarm, each.seq, "n"), now)))
        if restarted == 0:
            kept = msgspec.json.encode(engine.state)
            engine = kind(RULES, msgspec.json.decode(kept, type=EngineState))
            came.append(_bytes(engine.resume(now)))
    return came


def _bytes(transitions: list[Transition]) -> bytes:
    return msgspec.json.encode(transitions)
