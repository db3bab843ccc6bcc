"""Pulses in a pleth, against the beats that made it."""

from __future__ import annotations

import numpy as np
import pytest

from kapmonitor.matching.matcher import WITHIN_S
from kapmonitor.matching.pulses import pulses
from kapmonitor.model import Route
from simulators.events import BodyEvent, EventKind
from simulators.physiology import Body

AT_REST_S = 600


@pytest.mark.parametrize("rate_hz", [50, 60, 75, 125])
@pytest.mark.parametrize("rate", [0.0, 45.0, 120.0, 165.0])
def test_each_beat_has_its_pulse_at_nearly_the_same_delay(rate: float, rate_hz: int) -> None:
    """Also in an oximeter's steps of one in a hundred, and at rates from 45 to 165 /min."""
    kind: EventKind = "bradycardia" if rate < 60 else "tachycardia"
    body = Body(4, Route.INTRAMUSCULAR, 0.0, [BodyEvent(0, kind, size=rate)] if rate else [])
    times = AT_REST_S + np.arange(30 * rate_hz) / rate_hz
    beats = np.array([beat.at for beat in body.beats(AT_REST_S + 2, AT_REST_S + 27)])
    found = pulses(np.array([round(100 * body.pleth(at)) for at in times], dtype=float), times)
    delays = [float(np.min(np.where(found > beat, found - beat, np.inf))) for beat in beats]
    assert np.ptp(delays) < 2 * WITHIN_S
    assert abs(len(found) - 30 / 25 * len(beats)) <= 4, "as many pulses as beats"


def test_where_nothing_pulses_there_are_none() -> None:
    times = np.arange(600) / 60
    assert not len(pulses(np.full(600, 40.0), times))
    assert not len(pulses(np.linspace(0, 0.001, 20), times[:20]))
    assert not len(pulses(np.empty(0), np.empty(0)))
