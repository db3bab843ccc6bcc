"""What can happen to the alarm system: what devices say, what people do, and that time goes by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from kapmonitor.model import (
    BloodPressure,
    DeviceReport,
    Happened,
    Observation,
    Phase,
    Reading,
    Waveform,
    missing,
)


class PhaseSet(msgspec.Struct, frozen=True):
    """The session is in another phase."""

    phase: Phase


class BaselineConfirmed(msgspec.Struct, frozen=True):
    """A person has confirmed the same-day baseline, per quantity."""

    values: Mapping[str, float]


class Battery(msgspec.Struct, frozen=True):
    """A device's battery has `percent` left."""

    device: str
    percent: float


class CuffDue(msgspec.Struct, frozen=True):
    """The next cuff measurement is due at `at` (s), `interval_s` after the one before; None: none is due.

    `trying`: it is being taken, or will be tried again within a minute.
    """

    at: float | None
    interval_s: float
    trying: bool = False


class CuffInflating(msgspec.Struct, frozen=True):
    """The cuff began (or ended) to inflate on the arm on which the oximeter is known to be."""

    begun: bool


class DevicesMatch(msgspec.Struct, frozen=True):
    """Whether strap and oximeter are on the same person, as their beats say."""

    same: bool


class Acknowledge(msgspec.Struct, frozen=True):
    """Somebody has seen the alarm instance `alarm` as it was at `seq`."""

    alarm: str
    seq: int
    by: str


class Here(msgspec.Struct, frozen=True):
    """Somebody is with the patient."""

    by: str


class Interrupt(msgspec.Struct, frozen=True):
    """The sensors come off on purpose for at most `minutes`; `by` stays beside the patient."""

    by: str
    minutes: float


class BackAgain(msgspec.Struct, frozen=True):
    """The sensors are on again, as somebody said or as was seen; or the interruption's time ran out."""


class PauseAudio(msgspec.Struct, frozen=True):
    """Sounds stay off for 2 minutes, or until something new comes."""

    by: str


class SwitchOff(msgspec.Struct, frozen=True):
    """One rule is switched off for the rest of the session, or (`reason` empty) on again."""

    rule: str
    by: str
    reason: str


class Tick(msgspec.Struct, frozen=True):
    """A second has gone by."""


Command = Acknowledge | Here | Interrupt | BackAgain | PauseAudio | SwitchOff
Input = (
    Reading
    | BloodPressure
    | DeviceReport
    | PhaseSet
    | BaselineConfirmed
    | Happened
    | Battery
    | CuffDue
    | CuffInflating
    | DevicesMatch
    | Tick
    | Command
)


def refused(observations: Sequence[Observation]) -> list[Observation]:
    """Simulated data in a session that is no drill: that they came is shown, what they said is not."""
    refused: list[Observation] = []
    for one in observations:
        match one:
            case Reading():
                refused.append(missing(one.quantity, "simulated_source"))
            case BloodPressure():
                refused.append(missing("cuff_pressure", "simulated_source"))
            case Waveform():
                pass
    return refused
