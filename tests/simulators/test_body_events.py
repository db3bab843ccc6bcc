"""What a script does to a body, and what happens in the demo's rooms."""

from __future__ import annotations

import statistics
from collections import deque

import pytest

from kapmonitor.model import Route
from simulators.events import EventKind
from simulators.physiology import Body, BodyEvent, demo_events
from tests.simulators.test_physiology import SEEDS, STARTED, body

# Events


@pytest.mark.parametrize("seed", SEEDS)
def test_a_desaturation_falls_within_8_s_stays_and_recovers(seed: int) -> None:
    one = body(seed, BodyEvent(100, "desaturation", 45, 84))
    assert one.state(STARTED + 100).spo2 > 93
    assert all(one.state(STARTED + t).spo2 == pytest.approx(84) for t in range(108, 145))
    assert one.state(STARTED + 160).spo2 > 93


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pressure_surge_reaches_its_size_and_goes(seed: int) -> None:
    one = body(seed, BodyEvent(480, "hypertension", 360, 188))
    calm = body(seed).state(STARTED + 600)
    assert all(one.state(STARTED + t).systolic >= 188 - 1e-9 for t in range(540, 840, 10))
    assert one.state(STARTED + 600).diastolic == pytest.approx(
        calm.diastolic + 0.65 * (one.state(STARTED + 600).systolic - calm.systolic)
    )
    assert one.state(STARTED + 1000) == body(seed).state(STARTED + 1000)


@pytest.mark.parametrize(("kind", "size"), [("tachycardia", 126.0), ("bradycardia", 46.0)])
def test_a_rate_event_moves_the_beats_too(kind: EventKind, size: float) -> None:
    one = body(3, BodyEvent(60, kind, 90, size))
    assert one.state(STARTED + 100).heart_rate == pytest.approx(size)
    beats = one.beats(STARTED + 75, STARTED + 145)
    assert 60_000 / statistics.fmean(beat.rr_ms for beat in beats) == pytest.approx(size, rel=0.02)
    assert one.state(STARTED + 175) == body(3).state(STARTED + 175)


def test_an_event_never_makes_a_body_better() -> None:
    eased = body(1, BodyEvent(0, "desaturation", 99, 100), BodyEvent(0, "hypertension", 99, 90))
    eased_rate = body(1, BodyEvent(0, "tachycardia", 99, 40), BodyEvent(0, "bradycardia", 99, 140))
    for t in range(100):
        assert eased.state(STARTED + t) == body(1).state(STARTED + t)
        assert eased_rate.state(STARTED + t) == body(1).state(STARTED + t)


def test_sensors_come_off_and_back_exactly_when_scripted() -> None:
    one = body(1, BodyEvent(180, "finger_off", 30), BodyEvent(300, "strap_off", 40))
    seen = [(one.state(STARTED + t).finger, one.state(STARTED + t).contact) for t in (179, 180, 209, 210)]
    assert seen == [(True, True), (False, True), (False, True), (True, True)]
    seen = [(one.state(STARTED + t).finger, one.state(STARTED + t).contact) for t in (299, 300, 339, 340)]
    assert seen == [(True, True), (True, False), (True, False), (True, True)]


def test_motion_shakes_the_pleth() -> None:
    one = body(1, BodyEvent(10, "motion", 20, 0.9))
    assert one.state(STARTED + 15).motion == 0.9
    assert one.state(STARTED + 31).motion <= 0.3
    times = [STARTED + 10 + k / 60 for k in range(1200)]
    shaken = statistics.fmean(abs(one.pleth(t) - body(1).pleth(t)) for t in times[::20])
    assert shaken > 0.05
    assert all(0 <= one.pleth(t) <= 1 for t in times)


# The demo


def alarm_time(one: Body, phase: float, average_s: int) -> float | None:
    """When 'below 88 for 15 s' comes true, by an oximeter in whole numbers that first speaks after 6 s."""
    window: deque[float] = deque(maxlen=average_s)
    below_since = None
    for second in range(6, 120):
        t = second + phase
        window.append(one.state(STARTED + t).spo2)
        if round(statistics.fmean(window)) >= 88:
            below_since = None
        elif below_since is None:
            below_since = t
        elif t - below_since >= 15:
            return t
    return None


@pytest.mark.parametrize("average_s", [1, 4, 8])
def test_the_demos_second_room_alarms_within_45_s_for_every_seed(average_s: int) -> None:
    for seed in range(300):
        for phase in (0.0, 0.99):
            when = alarm_time(Body(seed, Route.SUBLINGUAL, STARTED, demo_events(1)), phase, average_s)
            assert when is not None
            assert when < 45


@pytest.mark.parametrize("room", [0, *range(2, 15)])
def test_the_demos_other_rooms_are_calm_for_three_minutes(room: int) -> None:
    assert demo_events(room)
    assert all(event.at >= 180 for event in demo_events(room))
    for seed in range(10):
        scripted, calm = body(seed, *demo_events(room)), body(seed)
        assert all(scripted.state(STARTED + t) == calm.state(STARTED + t) for t in range(180))


def test_the_demos_third_room_has_a_fast_heart_for_over_a_minute_and_then_a_surge() -> None:
    for seed in SEEDS:
        one = body(seed, *demo_events(2))
        assert all(120 < one.state(STARTED + t).heart_rate < 131 for t in range(370, 450))
        surge = one.state(STARTED + 600)
        assert surge.systolic >= 180
