"""A few words to write alarm scripts with: who said what at which second, and what came of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from kapmonitor.alarms.engine import Engine, Transition
from kapmonitor.alarms.inputs import Input, PhaseSet, Tick
from kapmonitor.alarms.ruleset import RuleSet, parse
from kapmonitor.alarms.state import EngineState
from kapmonitor.model import BloodPressure, Phase, Quality, Reading, blood_pressure, missing, reading

ALARMS_TOML = Path(__file__).parents[2] / "config" / "alarms.toml"


@cache
def default_rules() -> RuleSet:
    return parse(tomllib.loads(ALARMS_TOML.read_text())["rules"])


def spo2(value: float | None, quality: Quality = Quality.VALID, reason: str = "no_finger") -> Reading:
    return missing("spo2", reason) if value is None else reading("spo2", value, quality)


def heart_rate(value: float | None) -> Reading:
    return missing("heart_rate", "no_contact") if value is None else reading("heart_rate", value)


def pulse_rate(value: float | None) -> Reading:
    return missing("pulse_rate", "no_finger") if value is None else reading("pulse_rate", value)


def cuff(systolic: float, diastolic: float) -> BloodPressure:
    mean = diastolic + (systolic - diastolic) / 3
    return blood_pressure(
        reading("systolic", systolic), reading("diastolic", diastolic), reading("mean_pressure", mean)
    )


class Script:
    """Drives an engine second by second: readings first, then the second's tick."""

    def __init__(self, phase: Phase = Phase.PEAK, rules: RuleSet | None = None) -> None:
        self.engine = Engine(rules or default_rules(), EngineState("s-1"))
        self.transitions: list[Transition] = []
        self.now = 0.0
        self.say(PhaseSet(phase))

    def say(self, what: Input) -> list[Transition]:
        came = self.engine.step(what, self.now)
        self.transitions += came
        return came

    def each_second(self, *inputs: Input, seconds: int) -> list[Transition]:
        """The same inputs once a second for `seconds` seconds, each followed by a tick."""
        came: list[Transition] = []
        for _ in range(seconds):
            for what in (*inputs, Tick()):
                came += self.say(what)
            self.now += 1
        return came

    def values(self, values: Iterable[float | None]) -> list[Transition]:
        """One SpO2 value a second, and a heart rate that is well."""
        return [t for value in values for t in self.each_second(spo2(value), heart_rate(70), seconds=1)]


def words(transitions: Iterable[Transition]) -> list[tuple[float, str, str, str]]:
    """(at, event, rule, state) of each."""
    return [(t.at, t.event, t.rule, t.state) for t in transitions]
