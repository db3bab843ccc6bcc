"""What two electrodes on a chest see: a wave for each heartbeat, and the drift while they settle."""

from __future__ import annotations

from math import exp

from simulators.physiology import Beat, Body

# Of each wave of a beat: when, in seconds after the R wave; how high, in µV; how wide, in seconds.
_WAVES = ((-0.17, 90.0, 0.025), (-0.03, -120.0, 0.01), (0.0, 1000.0, 0.011), (0.03, -180.0, 0.011))
_T_WAVE = (0.26, 240.0, 0.05)
_LONGEST_S = 0.6
DRIFT_UV, DRIFT_S = 10_000.0, 0.8
"""How far the electrodes are off at first, and how fast that falls: second by second 7.6, 2.1, 0.6 mV."""


def microvolts(body: Body, worn_at: float, since: float, count: int, rate_hz: float) -> tuple[int, ...]:
    """`count` samples from `since` on (clock seconds), `rate_hz` a second; the strap sits since `worn_at`."""
    until = since + count / rate_hz
    beats = body.beats(since - _LONGEST_S, until + _LONGEST_S)
    return tuple(
        round(_heart(at, beats) + DRIFT_UV * exp(-max(0.0, at - worn_at) / DRIFT_S))
        for at in (since + place / rate_hz for place in range(count))
    )


def _heart(at: float, beats: list[Beat]) -> float:
    total = 0.0
    for beat in beats:
        since = at - beat.at
        if abs(since) < _LONGEST_S:
            for when, height, width in (*_WAVES, _T_WAVE):
                total += height * exp(-(((since - when) / width) ** 2) / 2)
    return total
