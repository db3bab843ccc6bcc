"""What a script lets happen to a simulated body, its sensors and devices; the script of the demo."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal, get_args

from kapmonitor.model import DeviceKind
from simulators.course import smooth_step

EventKind = Literal[
    "desaturation",
    "hypertension",
    "hypotension",
    "tachycardia",
    "bradycardia",
    "booster",
    "motion",
    "low_perfusion",
    "finger_off",
    "probe_unplugged",
    "strap_off",
    "oximeter_on_cuff_arm",
    "strap_silent",
    "oximeter_silent",
    "cuff_silent",
    "strap_gone",
    "oximeter_gone",
    "cuff_gone",
    "strap_battery",
    "oximeter_battery",
    "cuff_battery",
    "cuff_leak",
    "cuff_air_leak",
    "cuff_loose",
    "cuff_overpressure",
    "cuff_user_stop",
    "cuff_stored",
    "cuff_wrong_clock",
    "cuff_drift",
    "cuff_not_a_number",
    "oximeter_stored",
    "oximeter_drift",
    "oximeter_not_a_number",
    "adapter_hang",
    "slots_exhausted",
    "strap_stuck",
    "oximeter_stuck",
    "cuff_stuck",
    "strap_lossy",
    "oximeter_lossy",
    "cuff_lossy",
    "strap_doubled",
    "oximeter_doubled",
    "cuff_doubled",
    "strap_garbage",
    "oximeter_garbage",
    "cuff_garbage",
    "strap_joined",
    "oximeter_joined",
    "cuff_joined",
    "strap_trickle",
    "oximeter_trickle",
    "cuff_trickle",
    "strap_far",
    "oximeter_far",
    "cuff_far",
    "strap_held",
    "oximeter_held",
    "cuff_held",
    "strap_bond_lost",
    "oximeter_bond_lost",
    "cuff_bond_lost",
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)
DRIFTS: tuple[EventKind, ...] = ("oximeter_drift", "cuff_drift")
DRIFTS_IN_S = 3600.0
"""How long a drift without an end takes to get there."""
Anchor = Literal["start", "dose"]
SILENT: dict[DeviceKind, EventKind] = {
    DeviceKind.STRAP: "strap_silent",
    DeviceKind.OXIMETER: "oximeter_silent",
    DeviceKind.CUFF: "cuff_silent",
}
GONE: dict[DeviceKind, EventKind] = {
    DeviceKind.STRAP: "strap_gone",
    DeviceKind.OXIMETER: "oximeter_gone",
    DeviceKind.CUFF: "cuff_gone",
}


@dataclass(frozen=True, slots=True)
class Size:
    """What an event's `size` is: its possible range and its unit."""

    low: float
    high: float
    unit: str


SIZES: dict[EventKind, Size] = {
    "desaturation": Size(50, 96, "%"),
    "hypertension": Size(130, 250, "mmHg"),
    "hypotension": Size(60, 110, "mmHg"),
    "tachycardia": Size(90, 220, "/min"),
    "bradycardia": Size(25, 60, "/min"),
    "booster": Size(0.1, 1, "of the first dose"),
    "motion": Size(0, 1, "of what is possible"),
    "low_perfusion": Size(0, 1, "%"),
    "strap_battery": Size(1, 100, "%"),
    "oximeter_battery": Size(1, 100, "%"),
    "cuff_battery": Size(1, 100, "%"),
    "cuff_stored": Size(1, 30, "readings"),
    "cuff_wrong_clock": Size(-48, 48, "hours ahead"),
    "cuff_drift": Size(-60, 60, "mmHg"),
    "oximeter_drift": Size(-20, 20, "%"),
    "slots_exhausted": Size(0, 20, "connections"),
    "strap_lossy": Size(0, 1, "of what it sends"),
    "oximeter_lossy": Size(0, 1, "of what it sends"),
    "cuff_lossy": Size(0, 1, "of what it sends"),
}
"""The kinds that have a size."""


@dataclass(frozen=True, slots=True)
class BodyEvent:
    """Something that begins `at` seconds after the body's start or first dose, and lasts for `lasts_s`.

    - `desaturation`: SpO2 falls to `size` % within 8 s, stays there, recovers within 15 s after the end
    - `hypertension`: the systolic pressure rises to `size` mmHg within 60 s, the diastolic by 0.65 of the
      rise; both fall back within 120 s after the end
    - `hypotension`: the systolic pressure falls to `size` mmHg within 30 s, the diastolic by 0.65 of the
      fall; both come back within 120 s after the end
    - `tachycardia`: the heart rate rises to `size` /min within 10 s, falls back within 20 s after the end
    - `bradycardia`: the heart rate falls to `size` /min within 10 s, rises back within 20 s after the end
    - `booster`: a further dose, `size` times the first one
    - `motion`: the person moves that strongly, `size` 0..1; 0.5 and more is what disturbs a sensor
    - `low_perfusion`: the perfusion index falls to `size` %
    - `finger_off`: the oximeter is off the finger; `strap_off`: the strap does not touch the skin
    - `probe_unplugged`: its probe is not in the oximeter
    - `oximeter_on_cuff_arm`: no pulse reaches the finger while the cuff is inflated above it
    - `strap_silent`, `oximeter_silent`, `cuff_silent`: connected, and says nothing
    - `strap_gone`, `oximeter_gone`, `cuff_gone`: switched off, unplugged or carried away
    - on the wire, for each of strap, oximeter and cuff: `…_stuck`, the same bytes again and again, of an
      oximeter the same numbers and pulse wave in frames that go on; `…_lossy`, a share of `size` of what it
      sends is missing; `…_doubled`, everything twice; `…_garbage`, other bytes between; `…_joined`, a
      second's bytes at once; `…_trickle`, each byte by itself
    - of Bluetooth devices: `…_far`, out of range; `…_held`, connected to somebody's phone; `…_bond_lost`, the
      device has forgotten with whom it was paired
    - `strap_battery`, `oximeter_battery`, `cuff_battery`: no more than `size` % charge is left
    - `cuff_leak`, `cuff_air_leak` (the pressure never gets up), `cuff_loose`, `cuff_overpressure`,
      `cuff_user_stop` (somebody presses its button): how no measurement succeeds
    - `cuff_stored`: it has `size` old readings to tell at the next connection; `oximeter_stored`: what it
      tells is from its memory; `cuff_wrong_clock`: its clock is `size` hours ahead, below 0 behind
    - `oximeter_drift`, `cuff_drift`: what it reads goes wrong by and by, by `size` % or mmHg at the end
    - `oximeter_not_a_number`, `cuff_not_a_number`: of those with Bluetooth's own services, the words for NaN,
      NRes, both infinities and "reserved" instead of numbers
    - of the service's Bluetooth adapter: `adapter_hang`, its firmware has crashed; `slots_exhausted`, it
      holds no more than `size` connections

    Where the body is already beyond `size`, the event changes nothing.
    """

    at: float
    kind: EventKind
    lasts_s: float = inf
    size: float = 0.0
    after: Anchor = "start"

    @property
    def going_s(self) -> float:
        """How long it takes, once it is over, until nothing is left of it."""
        return _RAMPS_S.get(self.kind, _AT_ONCE)[1]

    def strength(self, t: float) -> float:
        """How far the event has taken hold at `t` seconds after the start (or the dose), 0..1."""
        coming_s, going_s = _RAMPS_S.get(self.kind, _AT_ONCE)
        since, over = t - self.at, t - self.at - self.lasts_s
        if since < 0 or over >= going_s:
            return 0.0
        if self.kind in DRIFTS:
            return min(1.0, since / min(self.lasts_s, DRIFTS_IN_S))
        reached = smooth_step(min(since, self.lasts_s) / coming_s) if coming_s else 1.0
        return reached if over < 0 else reached * (1.0 - smooth_step(over / going_s))


_AT_ONCE = (0.0, 0.0)
_RAMPS_S: dict[EventKind, tuple[float, float]] = {
    "desaturation": (8.0, 15.0),
    "hypertension": (60.0, 120.0),
    "hypotension": (30.0, 120.0),
    "tachycardia": (10.0, 20.0),
    "bradycardia": (10.0, 20.0),
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
