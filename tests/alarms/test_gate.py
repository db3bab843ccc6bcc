"""The rate-of-change gate takes artefacts out of the alarms, and never holds back a violation for long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.alarms.engine import Engine, Transition
from kapmonitor.alarms.gate import GOOD_FROM, LONGEST_S, STAYS_S, RateGate
from kapmonitor.alarms.inputs import PhaseSet
from kapmonitor.alarms.state import EngineState
from kapmonitor.model import Phase, Quality, Reading, missing
from tests.alarms.script import default_rules, heart_rate, spo2, words

GAPS = st.floats(min_value=0.1, max_value=1.5)
"""Seconds between two readings of an oximeter that goes on sending."""


def doubted(values: list[float], every_s: float = 1.0) -> list[bool]:
    """Which of these SpO2 values, one after the other, the gate holds back."""
    gate = RateGate()
    return [not gate.judge(spo2(value), number * every_s).counts for number, value in enumerate(values)]


def alarms(values: list[float]) -> list[Transition]:
    """One value a second through gate and engine."""
    gate, engine = RateGate(), Engine(default_rules(), EngineState("s"))
    engine.step(PhaseSet(Phase.PEAK), 0.0)
    return [
        each
        for second, value in enumerate(values)
        for each in engine.step(gate.judge(spo2(value), float(second)), float(second))
    ]


# What a body cannot do


def test_a_jump_is_doubted_and_says_why() -> None:
    gate = RateGate()
    assert gate.judge(spo2(97), 0.0) == spo2(97)
    assert gate.judge(spo2(75), 1.0) == Reading("spo2", 75, Quality.QUESTIONABLE, "artifact")
    assert gate.judge(spo2(96), 2.0) == spo2(96)


def test_an_artefact_that_the_device_did_not_flag_is_no_alarm() -> None:
    """Nine seconds of the kind that raised `spo2-rapid-fall` most often."""
    artefact = [82.0, 76, 88, 83, 74, 87, 71, 72, 70]
    assert alarms([97.0] * 30 + artefact + [97.0] * 60) == []


def test_five_points_in_a_second_are_no_jump_and_six_are() -> None:
    assert doubted([97, 92]) == [False, False]
    assert doubted([97, 91]) == [False, True]


def test_the_longer_nothing_came_the_more_may_have_changed() -> None:
    gate = RateGate()
    gate.judge(spo2(97), 0.0)
    gate.judge(missing("spo2", "no_finger"), 1.0)
    assert gate.judge(spo2(80), 20.0).counts


# What is true gets through


def test_a_step_that_stays_is_believed_after_two_seconds() -> None:
    assert doubted([97, 97, 76, 76, 76, 76]) == [False, False, True, True, False, False]
    assert STAYS_S == 2


def test_a_true_step_alarms_two_seconds_later_than_without_the_gate() -> None:
    assert words(alarms([97.0] * 10 + [76.0] * 20))[0] == (20.0, "start", "spo2-rapid-fall", "active")
    assert words(alarms([97.0] * 10 + [85.0] * 20))[0] == (27.0, "start", "spo2-critical", "active")


def test_a_fast_fall_that_was_seen_coming_is_not_held_back_at_all() -> None:
    fall = [97.0, 94, 91, 88, 85, 82, 79, 76, 73]
    assert not any(doubted(fall))
    assert words(alarms(fall))[0] == (8.0, "start", "spo2-rapid-fall", "active")


def test_from_a_low_value_nothing_is_held_back() -> None:
    """A patient who is at 90 already and drops to 70 at once."""
    assert not any(doubted([97, 94, 91, 90, 70, 85, 60]))


def test_a_rise_is_not_doubted() -> None:
    assert not any(doubted([85, 85, 99]))


def test_what_goes_on_jumping_is_believed_after_six_seconds() -> None:
    jumping = [97.0, 72, 84, 76, 88, 71, 80, 85, 73]
    assert doubted(jumping) == [False, *[True] * 6, False, False]


def test_jumps_that_come_again_and_again_use_up_the_six_seconds() -> None:
    values = [97.0, 72, 84, 76, 97, 97, 72, 84, 76, 97, 97, 72, 84]
    assert doubted(values)[-2:] == [False, False]
    assert doubted([*values, *[97.0] * 40, 72])[-1]


def test_only_spo2_is_gated_and_only_what_counts() -> None:
    """A heart that stops falls as steeply as an artefact: rates are left alone."""
    gate = RateGate()
    for one in (heart_rate(72), heart_rate(20), spo2(97), spo2(70, Quality.QUESTIONABLE), spo2(None)):
        assert gate.judge(one, 0.0) is one


readings = st.one_of(
    st.integers(60, 100).map(spo2), st.just(missing("spo2", "no_finger")), st.just(heart_rate(70))
)


@given(
    before=st.lists(st.tuples(GAPS, readings), max_size=60),
    after=st.lists(st.tuples(GAPS, st.integers(50, int(GOOD_FROM) - 1)), min_size=1, max_size=60),
)
def test_a_violation_that_persists_is_never_held_back_longer_than_six_seconds(
    before: list[tuple[float, Reading]], after: list[tuple[float, int]]
) -> None:
    """Whatever came before, and however it jumps; once it is believed it stays believed."""
    gate, now = RateGate(), 0.0
    for gap, one in before:
        now += gap
        gate.judge(one, now)
    began, believed = None, False
    for gap, value in after:
        now += gap
        began = now if began is None else began
        counts = gate.judge(spo2(value), now).counts
        assert counts or (not believed and now - began < LONGEST_S)
        believed = believed or counts


@given(st.lists(st.tuples(GAPS, st.integers(50, 95)), min_size=1, max_size=120))
def test_even_below_the_highest_limit_of_a_site_the_gate_takes_six_seconds_at_most(
    after: list[tuple[float, int]],
) -> None:
    """A site may alarm below 96, where a value may come back to 93 and jump again: what is held adds up."""
    gate = RateGate()
    gate.judge(spo2(97), 0.0)
    began = now = after[0][0]
    counted = 0.0
    speaks = False
    for gap, value in [(0.0, after[0][1]), *after[1:]]:
        now += gap
        counted += gap if speaks else 0.0
        speaks = gate.judge(spo2(value), now).counts
        if now - began <= 30.0:
            assert now - began - counted <= LONGEST_S + 1.5


@given(
    st.lists(st.tuples(GAPS, st.integers(60, 99)), max_size=40),
    st.lists(st.tuples(GAPS, st.integers(60, 87)), min_size=40, max_size=40),
)
def test_a_critical_value_alarms_within_its_delay_and_six_seconds(
    before: list[tuple[float, int]], after: list[tuple[float, int]]
) -> None:
    gate, engine, now = RateGate(), Engine(default_rules(), EngineState("s")), 0.0
    engine.step(PhaseSet(Phase.PEAK), now)
    for gap, value in before:
        now += gap
        engine.step(gate.judge(spo2(value), now), now)
    since = now + after[0][0]
    for gap, value in after:
        now += gap
        engine.step(gate.judge(spo2(value), now), now)
        if now - since >= 15.0 + LONGEST_S + 2 * 1.5:
            assert engine.state.conditions["spo2-critical"].raised
