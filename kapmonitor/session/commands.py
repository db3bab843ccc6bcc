"""What people may ask of a session: one struct a command, with its limits. Pure.

These are the bodies of `/api/v1/sessions/{session}/…`, too: `ADDRESSES` says which is where. What a command
becomes is decided in `kapmonitor.session.desk`; who may give it, there as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kapmonitor.model import Phase, Route
from kapmonitor.session.entries import (
    Arms,
    Client,
    InfusionAction,
    Item,
    LozengeAction,
    Medicine,
    Preset,
    Severity,
)

Id = Annotated[str, Meta(pattern="^[a-z0-9-]{1,40}$")]
Word = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,39}$")]
Short = Annotated[str, Meta(max_length=120)]
Reason = Annotated[str, Meta(max_length=500)]
Text = Annotated[str, Meta(max_length=4000)]
Time = Annotated[datetime, Meta(extra_json_schema={"format": "date-time"})]
"""With its zone, or the desk says that it needs one."""
Number = Annotated[float, Meta(ge=0, le=100_000)]
"""What is possible is judged at the desk, with a reason; this only keeps nonsense out."""


class _Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One command; unknown fields are refused: a misspelt one would be silently lost."""


class StartSession(_Asked, frozen=True, kw_only=True):
    """Open a session on a seat. `drill`: an exercise or a simulation."""

    room: Id
    seat: Id = "a"
    route: Route
    drill: bool = False
    preset: Preset = "standard"
    arms: Arms = Arms()
    client: Client = Client()
    therapist: Annotated[str, Meta(pattern="^[a-z0-9-]{0,40}$")] = ""


class Screen(_Asked, frozen=True, kw_only=True):
    """What was asked before: the medicines that are taken, and what else matters; none is an answer, too."""

    medicines: tuple[Medicine, ...] = ()
    text: Text = ""


class SetPhase(_Asked, frozen=True, kw_only=True):
    """Go to another phase."""

    phase: Phase
    reason: Reason = ""


class ConfirmBaseline(_Asked, frozen=True, kw_only=True):
    """The values shown are this person's baseline today."""

    posture: Short = ""
    cuff_size: Short = ""


class PassHold(_Asked, frozen=True, kw_only=True):
    """Let a closed gate be passed for the next dose, for a reason."""

    gate: Word
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class GiveDose(_Asked, frozen=True, kw_only=True):
    """A dose was given, now or at `given`; `unit` is mg, mg/kg and the like."""

    drug: Annotated[str, Meta(min_length=1, max_length=60)] = "ketamine"
    amount: Annotated[float, Meta(gt=0, le=5000)]
    unit: Annotated[str, Meta(min_length=1, max_length=20)] = "mg"
    route: Route | None = None
    lot: Short = ""
    reason: Reason = ""
    given: Time | None = None


class DoInfusion(_Asked, frozen=True, kw_only=True):
    """Something was done with the infusion."""

    action: InfusionAction
    rate_ml_h: Annotated[float, Meta(gt=0, le=2000)] | None = None


class DoLozenge(_Asked, frozen=True, kw_only=True):
    """Something was done with the lozenge."""

    action: LozengeAction


class LogEvent(_Asked, frozen=True, kw_only=True):
    """What happened, or is over (`resolved`): `help`, `chest_pain`, …; `sedation` has a MOAA/S `score`."""

    kind: Word
    severity: Severity | None = None
    score: Annotated[int, Meta(ge=0, le=5)] | None = None
    resolved: bool = False
    serious: bool = False
    text: Reason = ""


class TypePressure(_Asked, frozen=True, kw_only=True):
    """A pressure read off a cuff without a cable, in mmHg, now or at `measured_at`."""

    systolic: Number
    diastolic: Number
    mean: Number | None = None
    pulse: Number | None = None
    measured_at: Time | None = None


class TypeValue(_Asked, frozen=True, kw_only=True):
    """Something counted or read off; `respiratory_rate` in /min, `temperature` in degrees Celsius."""

    quantity: Literal["respiratory_rate", "temperature", "spo2", "heart_rate"]
    value: Number
    measured_at: Time | None = None


class GiveOxygen(_Asked, frozen=True, kw_only=True):
    """Oxygen from now on, in l/min; 0 ends it."""

    flow_l_min: Annotated[float, Meta(ge=0, le=30)]


class Intervene(_Asked, frozen=True, kw_only=True):
    """Something was done for the patient; look again after `recheck_min`."""

    what: Annotated[str, Meta(min_length=1, max_length=200)]
    recheck_min: Annotated[float, Meta(ge=0, le=240)] = 0.0


class Recheck(_Asked, frozen=True, kw_only=True):
    """Somebody looked again after the intervention at entry `of`."""

    of: Annotated[int, Meta(ge=1)]
    text: Reason = ""


class SayHere(_Asked, frozen=True, kw_only=True):
    """Medical staff are with the patient."""


class SayPresent(_Asked, frozen=True, kw_only=True):
    """Somebody of the staff came into the room, or left it."""

    action: Literal["arrived", "left"]


class WriteNote(_Asked, frozen=True, kw_only=True):
    """Free words for the record."""

    text: Annotated[str, Meta(min_length=1, max_length=4000)]


class Correct(_Asked, frozen=True, kw_only=True):
    """Entry `of` is wrong; what would be right."""

    of: Annotated[int, Meta(ge=1)]
    text: Annotated[str, Meta(min_length=1, max_length=4000)]


class ChoosePreset(_Asked, frozen=True, kw_only=True):
    """How often the cuff measures."""

    preset: Preset


class SetArms(_Asked, frozen=True, kw_only=True):
    """On which arm is what."""

    arms: Arms


class StartCuff(_Asked, frozen=True, kw_only=True):
    """One cuff measurement now."""


class StopCuff(_Asked, frozen=True, kw_only=True):
    """Let the pressure out at once; a series ends with it."""


class DeferCuff(_Asked, frozen=True, kw_only=True):
    """Not now: no automatic reading for so many minutes. 0: it may go on."""

    minutes: Annotated[float, Meta(ge=0, le=15)]


class SeriesCuff(_Asked, frozen=True, kw_only=True):
    """Reading after reading for so many minutes (STAT). 0 ends it."""

    minutes: Annotated[float, Meta(ge=0, le=5)]


class Interrupt(_Asked, frozen=True, kw_only=True):
    """The sensors come off on purpose (restroom); `with_whom` goes along."""

    minutes: Annotated[float, Meta(gt=0, le=10)]
    with_whom: Short = ""


class EndInterruption(_Asked, frozen=True, kw_only=True):
    """Back again."""


class PauseAudio(_Asked, frozen=True, kw_only=True):
    """Sounds off for two minutes, or until something new."""


class SwitchOff(_Asked, frozen=True, kw_only=True):
    """One rule is off until the session ends; no reason switches it on again."""

    rule: Id
    reason: Reason = ""


class MoveLimit(_Asked, frozen=True, kw_only=True):
    """One limit of a rule is another one until the session ends; no `value` makes it the site's again."""

    rule: Id
    column: Word = "limit"
    value: Number | None = None
    reason: Reason = ""


class Move(_Asked, frozen=True, kw_only=True):
    """The session goes on in another place."""

    room: Id
    seat: Id = "a"


class SwapDevice(_Asked, frozen=True, kw_only=True):
    """`new` measures in the place of `old`; `seen`: what stands on the new one, to check its identity."""

    old: Id
    new: Id
    seen: Annotated[str, Meta(min_length=1, max_length=60)]


class Answer(_Asked, frozen=True, kw_only=True):
    """An answer to a question that the software asked."""

    question: Word
    answer: Annotated[str, Meta(min_length=1, max_length=500)]


class SignItem(_Asked, frozen=True, kw_only=True):
    """One item of the discharge checklist is as it should be, or was decided on with a reason in `text`."""

    item: Item
    text: Reason = ""


class EndSession(_Asked, frozen=True, kw_only=True):
    """Close the session."""

    reason: Reason = ""


class Reopen(_Asked, frozen=True, kw_only=True):
    """The end was a mistake."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


Command = (
    Screen
    | SetPhase
    | ConfirmBaseline
    | PassHold
    | GiveDose
    | DoInfusion
    | DoLozenge
    | LogEvent
    | TypePressure
    | TypeValue
    | GiveOxygen
    | Intervene
    | Recheck
    | SayHere
    | SayPresent
    | WriteNote
    | Correct
    | ChoosePreset
    | SetArms
    | StartCuff
    | StopCuff
    | DeferCuff
    | SeriesCuff
    | Interrupt
    | EndInterruption
    | PauseAudio
    | SwitchOff
    | MoveLimit
    | Move
    | SwapDevice
    | Answer
    | SignItem
    | EndSession
    | Reopen
)

ADDRESSES: Mapping[str, type[Command]] = {
    "screening": Screen,
    "phase": SetPhase,
    "baseline": ConfirmBaseline,
    "hold": PassHold,
    "doses": GiveDose,
    "infusion": DoInfusion,
    "lozenge": DoLozenge,
    "events": LogEvent,
    "pressures": TypePressure,
    "values": TypeValue,
    "oxygen": GiveOxygen,
    "interventions": Intervene,
    "rechecks": Recheck,
    "here": SayHere,
    "presence": SayPresent,
    "notes": WriteNote,
    "corrections": Correct,
    "preset": ChoosePreset,
    "arms": SetArms,
    "cuff/start": StartCuff,
    "cuff/stop": StopCuff,
    "cuff/not-now": DeferCuff,
    "cuff/series": SeriesCuff,
    "interruption": Interrupt,
    "interruption/end": EndInterruption,
    "audio-pause": PauseAudio,
    "switch-off": SwitchOff,
    "limits": MoveLimit,
    "move": Move,
    "swap": SwapDevice,
    "answers": Answer,
    "checklist": SignItem,
    "end": EndSession,
    "reopen": Reopen,
}
"""Where each command is sent, below `/api/v1/sessions/{session}/`."""
