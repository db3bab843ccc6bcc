"""What the checks let through can work: every rule can be raised and be over again, whatever the baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kapmonitor.alarms.inputs import (
    Acknowledge,
    BaselineConfirmed,
    Battery,
    CuffDue,
    DevicesMatch,
    Here,
    Input,
    PhaseSet,
    Tick,
)
from kapmonitor.alarms.kinds import (
    BatteryRule,
    CuffRule,
    CumulativeRule,
    DisagreeRule,
    HappeningRule,
    ImplausibleRule,
    LowPressureRule,
    MismatchRule,
    OverdueRule,
    PressureRule,
    PressureWithSymptomsRule,
    PulseLostRule,
    RefusedSourceRule,
    Rule,
    ThresholdRule,
    UnavailableRule,
    WeakRule,
)
from kapmonitor.alarms.kinds.limit import Limit
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.errors import ConfigError
from kapmonitor.model import (
    BloodPressure,
    DeviceKind,
    DeviceReport,
    DeviceState,
    Happened,
    Phase,
    Quality,
    blood_pressure,
    missing,
    reading,
)
from tests.alarms.script import Script, default_rules

Second = list[Input]
Play = Callable[[Any, Mapping[str, float]], tuple[Iterator[Second], Iterator[Second]]]
BASELINES = st.fixed_dictionaries(
    {
        "spo2": st.integers(85, 100),
        "heart_rate": st.integers(40, 110),
        "systolic": st.integers(85, 180),
        "diastolic": st.integers(45, 110),
    }
)
WELL: Mapping[str, float] = {"spo2": 97, "heart_rate": 70, "pulse_rate": 70}


def second(**values: float) -> Second:
    """All numbers of a person who is well, but for `values`."""
    return [reading(name, value) for name, value in {**WELL, **values}.items()]


def of(rule: Limit, value: float) -> Second:
    """A second in which the rule's vital has this value, from all its sources."""
    return second(**dict.fromkeys(rule.quantities(), value))


def cuff(systolic: float, diastolic: float) -> BloodPressure:
    return blood_pressure(
        reading("systolic", systolic),
        reading("diastolic", diastolic),
        missing("mean_pressure", "unavailable"),
    )


def threshold(
    rule: ThresholdRule, baseline: Mapping[str, float]
) -> tuple[Iterator[Second], Iterator[Second]]:
    """Just beyond the limit that this baseline makes, then just at the clearing value that goes with it."""
    limit = rule.effective(baseline.get(rule.quantities()[0]))
    clear = limit + rule.clear - rule.limit
    out = -1 if rule.guards_low() else 1
    bad = limit if "=" in rule.op else limit + out
    good = clear if "=" in rule.clear_op else clear - out
    return repeated(of(rule, bad), rule.delay_s), repeated(of(rule, good), rule.hold_s)


def cumulative(rule: CumulativeRule, _: object) -> tuple[Iterator[Second], Iterator[Second]]:
    worst = rule.limit - 1 if rule.guards_low() else rule.limit + 1
    return repeated(of(rule, worst), rule.ladder[-1].after_s), repeated(second(), rule.window_s)


def weak(rule: WeakRule, _: object) -> tuple[Iterator[Second], Iterator[Second]]:
    name = rule.quantities()[0]
    bad: Second = [reading(name, rule.limit - 1, Quality.QUESTIONABLE), reading("heart_rate", 70)]
    good = rule.clear if "=" in rule.clear_op else rule.clear + 1
    return repeated(bad, rule.ladder[-1].after_s), repeated(of(rule, good), 1)


def pressure(rule: PressureRule, baseline: Mapping[str, float]) -> tuple[Iterator[Second], Iterator[Second]]:
    zero = (baseline["systolic"], baseline["diastolic"]) if rule.relative else (0, 0)
    high = zero[0] + rule.systolic
    bad = cuff(high, high - 60)
    under = zero[0] + rule.clear_systolic - 1, zero[1] + rule.clear_diastolic - 1
    good = cuff(under[0], min(under[1], under[0] - 20))
    return repeated([bad], 0), repeated([good], rule.clear_readings)


def low_pressure(rule: LowPressureRule, _: object) -> tuple[Iterator[Second], Iterator[Second]]:
    return repeated([cuff(rule.limit - 1, rule.limit - 31)], 0), repeated([cuff(131, 80)], 0)


def symptoms(rule: PressureWithSymptomsRule, _: object) -> tuple[Iterator[Second], Iterator[Second]]:
    bad: Second = [
        Happened(rule.symptoms[0], severity=rule.severity),
        cuff(rule.systolic, rule.systolic - 50),
    ]
    good = cuff(rule.clear_systolic - 1, min(rule.clear_diastolic - 1, rule.clear_systolic - 21))
    return repeated(bad, 0), repeated([good], 0)


def happening(rule: HappeningRule, _: object) -> tuple[Iterator[Second], Iterator[Second]]:
    bad: Second = [Happened(kind, score=rule.score_at_most) for kind in rule.happenings]
    good: Second = [*(Happened(kind, resolved=True) for kind in rule.happenings), Here("n")]
    return repeated(bad, 0), repeated(good, 0)


def pulse_lost(rule: PulseLostRule, _: object) -> tuple[Iterator[Second], Iterator[Second]]:
    bad: Second = [missing("heart_rate", "no_pulse"), missing("pulse_rate", "no_pulse"), reading("spo2", 97)]
    return repeated(bad, rule.delay_s), repeated([*second(), Here("n")], rule.hold_s)


def unavailable(rule: UnavailableRule, _: object) -> tuple[Iterator[Second], Iterator[Second]]:
    gone: Second = [missing(name, "no_finger") for name in rule.quantities()]
    there: Second = [each for each in second() if each not in gone]
    kept: Second = [each for each in there if getattr(each, "quantity", "") not in rule.quantities()]
    return repeated([*gone, *kept], rule.ladder[-1].after_s), repeated(second(), 0)


def disagree(rule: DisagreeRule, _: object) -> tuple[Iterator[Second], Iterator[Second]]:
    return repeated(second(heart_rate=70, pulse_rate=100), rule.delay_s), repeated(second(), 0)


def overdue(rule: OverdueRule, _: object) -> tuple[Iterator[Second], Iterator[Second]]:
    late = max(rule.least_s, rule.share * 60) + 1
    return repeated([CuffDue(11.0, 60.0)], late), repeated([CuffDue(1e9, 60.0)], 0)


def cuff_fails(rule: CuffRule, _: object) -> tuple[Iterator[Second], Iterator[Second]]:
    none = (
        missing("systolic", "artifact"),
        missing("diastolic", "artifact"),
        missing("mean_pressure", "artifact"),
    )
    live = DeviceReport("cuff-1", DeviceKind.CUFF, DeviceState.LIVE, "")
    return repeated([BloodPressure(*none)], rule.failures), repeated([live, cuff(120, 80)], 0)


def implausible(_: ImplausibleRule, __: object) -> tuple[Iterator[Second], Iterator[Second]]:
    return repeated([cuff(120, 119)], 0), repeated([cuff(120, 80)], 0)


def battery(rule: BatteryRule, _: object) -> tuple[Iterator[Second], Iterator[Second]]:
    return repeated([Battery("x", rule.below - 0.5)], 0), repeated([Battery("x", rule.below)], 0)


def mismatch(_rule: MismatchRule, _: object) -> tuple[Iterator[Second], Iterator[Second]]:
    return repeated([DevicesMatch(same=False)], 0), repeated([DevicesMatch(same=True)], 0)


def refused(rule: RefusedSourceRule, _: object) -> tuple[Iterator[Second], Iterator[Second]]:
    return repeated([missing("spo2", rule.reason)], 0), repeated([Tick()], rule.hold_s)


def repeated(what: Second, seconds: float) -> Iterator[Second]:
    """The same for so long, and for as long as a delay needs to have been reached."""
    return (what for _ in range(int(seconds) + 3))


PLAYS: Mapping[type[Rule], Play] = {
    ThresholdRule: threshold,
    CumulativeRule: cumulative,
    WeakRule: weak,
    PressureRule: pressure,
    LowPressureRule: low_pressure,
    PressureWithSymptomsRule: symptoms,
    HappeningRule: happening,
    PulseLostRule: pulse_lost,
    UnavailableRule: unavailable,
    DisagreeRule: disagree,
    OverdueRule: overdue,
    CuffRule: cuff_fails,
    ImplausibleRule: implausible,
    BatteryRule: battery,
    RefusedSourceRule: refused,
    MismatchRule: mismatch,
}
DEFAULTS = default_rules()
NUMBERS = [
    (rule.rule, name)
    for rule in DEFAULTS.rules
    for name, value in msgspec.to_builtins(rule).items()
    if isinstance(value, int | float) and not isinstance(value, bool) and name != "tier"
]
"""Every number that a site can change."""


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """The shipped rules with a few numbers changed, by little or wildly, as the checks let them through."""
    changes: dict[str, dict[str, float]] = {}
    for rule, column in draw(st.lists(st.sampled_from(NUMBERS), max_size=4, unique=True)):
        now = msgspec.to_builtins(next(each for each in DEFAULTS.rules if each.rule == rule))[column]
        near = st.integers(-12, 12).map(now.__add__)
        whole = isinstance(now, int) and column in ("clear_readings", "failures", "score_at_most")
        wild = st.integers(-50, 300) if whole else st.floats(-50, 300).map(lambda number: round(number, 1))
        changes.setdefault(rule, {})[column] = draw(near | wild)
    try:
        return DEFAULTS.with_limits(changes)
    except ConfigError:
        assume(condition=False)
        raise


@settings(max_examples=20, deadline=None)
@given(rules=rule_sets(), baseline=BASELINES, picked=st.lists(st.integers(0, 27), min_size=3, max_size=6))
def test_every_rule_that_is_let_through_can_be_raised_and_be_over(
    rules: RuleSet, baseline: dict[str, float], picked: list[int]
) -> None:
    for number in picked:
        raise_and_clear(rules, rules.rules[number % len(rules.rules)], baseline)


def test_the_shipped_rules_can_be_raised_and_be_over_at_the_ends_of_every_baseline() -> None:
    for spo2, rate, systolic, diastolic in ((85, 40, 85, 45), (97, 70, 120, 75), (100, 110, 180, 110)):
        baseline = {"spo2": spo2, "heart_rate": rate, "systolic": systolic, "diastolic": diastolic}
        for rule in DEFAULTS.rules:
            raise_and_clear(DEFAULTS, rule, baseline)


def raise_and_clear(rules: RuleSet, rule: Rule, baseline: Mapping[str, float]) -> None:
    """Drive a whole engine until the rule holds and is over again; at the end its alarm can be let go."""
    script = Script(Phase.READY, rules)
    script.say(BaselineConfirmed(baseline))
    script.say(PhaseSet(Phase.PEAK))
    script.each_second(*second(), seconds=10)
    bad, good = PLAYS[type(rule)](rule, baseline)
    assert _until(script, rule, bad, raised=True), f"{rule.rule} cannot be raised"
    assert _until(script, rule, good, raised=False), f"{rule.rule} cannot be over"
    for hazard in script.engine.state.hazards.values():
        if hazard.alarm == rule.alarm and hazard.latched and not hazard.holding:
            script.say(Here("n") if rule.needs_here else Acknowledge(hazard.instance, hazard.seq, "n"))
            assert not hazard.open


def _until(script: Script, rule: Rule, seconds: Iterator[Second], *, raised: bool) -> bool:
    for each in seconds:
        script.each_second(*each, seconds=1)
        if script.engine.state.conditions[rule.rule].raised is raised:
            return True
    return False
