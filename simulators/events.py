"""What a script lets happen to a simulated body or its sensors, and the script of the demo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from simulators.course import smooth_step

EventKind = Literal[
    "desaturation", "hypertension", "tachycardia", "bradycardia", "finger_off", "strap_off", "motion"
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)


@dataclass(frozen=True, slots=True)
class BodyEvent:
    """Something that begins `at` seconds after the body's start and ends `lasts_s` seconds later.

    - `desaturation`: SpO2 falls to `size` % within 8 s, stays there, recovers within 15 s after the end
    - `hypertension`: the systolic pressure rises to `size` mmHg within 60 s, the diastolic by 0.65 of the
      rise; both fall back within 120 s after the end
    - `tachycardia`: the heart rate rises to `size` /min within 10 s, falls back within 20 s after the end
    - `bradycardia`: the heart rate falls to `size` /min within 10 s, rises back within 20 s after the end
    - `finger_off`: the oximeter is off the finger (no `size`)
    - `strap_off`: the strap has no contact with the skin (no `size`)
    - `motion`: the person moves that strongly, `size` 0..1; 0.5 and more is what disturbs a sensor

    Where the body is already beyond `size`, the event changes nothing.
    """

    at: float
    kind: EventKind
    lasts_s: float
    size: float = 0.0

    def strength(self, t: float) -> float:
        """How far the event has taken hold at `t` seconds after the body's start, 0..1."""
        coming_s, going_s = _RAMPS_S[self.kind]
        since, after = t - self.at, t - self.at - self.lasts_s
        if since < 0 or after >= going_s:
            return 0.0
        reached = smooth_step(min(since, self.lasts_s) / coming_s) if coming_s else 1.0
        return reached if after < 0 else reached * (1.0 - smooth_step(after / going_s))


_RAMPS_S: dict[EventKind, tuple[float, float]] = {
    "desaturation": (8.0, 15.0),
    "hypertension": (60.0, 120.0),
    "tachycardia": (10.0, 20.0),
    "bradycardia": (10.0, 20.0),
    "finger_off": (0.0, 0.0),
    "strap_off": (0.0, 0.0),
    "motion": (0.0, 0.0),
}

_ROOMS: tuple[tuple[BodyEvent, ...], ...] = (
    (BodyEvent(180, "finger_off", 30), BodyEvent(300, "strap_off", 40)),
    # From 97 to 84 at once: with 8 s of averaging in the oximeter and 15 s of delay in the rule,
    # the alarm still comes within 45 s of the start.
    (BodyEvent(8, "desaturation", 45, 84), BodyEvent(420, "bradycardia", 60, 46)),
    (BodyEvent(360, "tachycardia", 90, 126), BodyEvent(480, "hypertension", 360, 188)),
)


def demo_events(room_index: int) -> tuple[BodyEvent, ...]:
    """What happens in the demo's room number `room_index` (from 0).

    The second room desaturates to 84 % 8 s after the start, for an alarm within the first minute; the
    others are calm for several minutes and have something later. From the fourth room on: a mild
    desaturation and some movement, at times that differ from room to room.
    """
    if room_index < len(_ROOMS):
        return _ROOMS[room_index]
    later = 37.0 * (room_index % 11)
    return (BodyEvent(240 + later, "desaturation", 50, 90), BodyEvent(420 + later, "motion", 12, 0.8))
