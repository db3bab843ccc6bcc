"""What can stand in a session's record: every fact once, in the order in which it was entered. Pure.

A session *is* its entries: `Session.apply` folds them into what it is now, so that a restart, a replay and
a report see the same session. Entries are only ever added; whoever was wrong adds a `Correction`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kapmonitor.model import Moment, Origin, Phase, Quality, Route
from kapmonitor.people import Role

Side = Literal["left", "right", "unknown"]
Preset = Literal["standard", "quiet", "manual"]
Severity = Literal["mild", "moderate", "severe"]
InfusionAction = Literal["start", "rate", "pause", "resume", "stop"]
LozengeAction = Literal["place", "spit", "swallow"]
Medicine = Literal["benzodiazepine", "sedative", "opioid", "stimulant", "maoi"]
"""What the esketamine programme's form asks for: `sedative` is every other sedative-hypnotic."""
PresenceAction = Literal["arrived", "left", "here"]
Item = Literal["observed", "pressure", "spo2", "sedation", "transport", "accompanied"]
"""What is signed before somebody goes home, one by one."""


def kebab(name: str) -> str:
    """`PhaseEntered` as `phase-entered`: what an entry or a command is called outside the code."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


class What(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=kebab):
    """One kind of fact."""


class Arms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On which arm is what; `forbidden`: one that no cuff may squeeze (shunt, lymphoedema, fracture)."""

    cuff: Side = "unknown"
    oximeter: Side = "unknown"
    infusion: Side | None = None
    forbidden: Side | None = None


class Client(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who it is, in the clinic's own words: for the record and the report only, never for the broker.

    `code` is the same in every session of one client; `number` the clinic's file number.
    """

    code: Annotated[str, Meta(pattern="^[A-Za-z0-9-]{0,40}$")] = ""
    number: Annotated[str, Meta(pattern="^[A-Za-z0-9/. -]{0,40}$")] = ""


class Opened(What, frozen=True, kw_only=True):
    """The session is there. `rules`: the hash of the alarm limits in force; `therapist`: a user's id."""

    room: str
    seat: str
    route: Route
    drill: bool = False
    preset: Preset = "standard"
    arms: Arms = Arms()
    client: Client = Client()
    therapist: str = ""
    rules: str = ""


class DeviceUsed(What, frozen=True, kw_only=True):
    """A device measures in this session from now on; `battery` in percent, None where unknown."""

    device: str
    device_kind: str
    driver: str
    model: str = ""
    serial: str = ""
    firmware: str = ""
    battery: float | None = None
    origin: Origin = Origin.LIVE
    instead_of: str = ""


class Screened(What, frozen=True, kw_only=True):
    """What was asked before: which `medicines` are taken that bear on sedation or pressure, and the rest."""

    medicines: tuple[Medicine, ...] = ()
    text: str = ""


class PhaseEntered(What, frozen=True, kw_only=True):
    """Another phase, because a person said so or its time had come (`reason`)."""

    phase: Phase
    reason: str = ""


class Measured(What, frozen=True, kw_only=True):
    """One cuff measurement: mmHg and /min, None where there is no number. `id` names it outside, too.

    `measured`: when, where that is not when it was entered (typed in from a cuff without a cable).
    """

    id: str
    systolic: float | None
    diastolic: float | None
    mean: float | None = None
    pulse: float | None = None
    quality: Quality = Quality.VALID
    reason: str | None = None
    trigger: str = "unknown"
    origin: Origin = Origin.LIVE
    device: str = ""
    measured: datetime | None = None

    @property
    def counts(self) -> bool:
        """Whether it may be judged by."""
        return self.quality.counts and self.systolic is not None and self.diastolic is not None


class BaselineConfirmed(What, frozen=True, kw_only=True):
    """A person has confirmed the same-day baseline: per quantity, and from which cuff measurements.

    `arm`, `posture` and `cuff_size` are how it was measured.
    """

    values: Mapping[str, float]
    readings: tuple[str, ...] = ()
    arm: Side = "unknown"
    posture: str = ""
    cuff_size: str = ""


class HoldPassed(What, frozen=True, kw_only=True):
    """Somebody who may has let a gate be passed: which, why, and `because` of what it was closed then.

    What closes the gate later was not seen by whoever passed it, and holds again. `shown`: what the software
    said then.
    """

    gate: str
    reason: str
    because: tuple[str, ...] = ()
    shown: str = ""


class Dose(What, frozen=True, kw_only=True):
    """A dose that was given. `closed`: the gates that were closed then; with any it is a deviation.

    `given`: when, where that is not when it was entered.
    """

    drug: str
    amount: float
    unit: str
    route: Route
    lot: str = ""
    reason: str = ""
    closed: tuple[str, ...] = ()
    given: datetime | None = None


class Infusion(What, frozen=True, kw_only=True):
    """What was done with the infusion; `rate_ml_h` with `start` and `rate`."""

    action: InfusionAction
    rate_ml_h: float | None = None


class Lozenge(What, frozen=True, kw_only=True):
    """What was done with the lozenge."""

    action: LozengeAction


class Symptom(What, frozen=True, kw_only=True):
    """Something was seen in the patient, or is over. `score`: MOAA/S 0 to 5, with `sedation`; 5 is alert.

    `serious`: it has to be reported (death, danger of life, hospital, lasting harm), however mild it felt.
    """

    symptom: str
    severity: Severity | None = None
    score: int | None = None
    resolved: bool = False
    serious: bool = False
    text: str = ""


class HelpCalled(What, frozen=True, kw_only=True):
    """Somebody called for help in the room."""


class Typed(What, frozen=True, kw_only=True):
    """A number that somebody counted or read off, e.g. `respiratory_rate` in /min."""

    quantity: str
    value: float
    measured: datetime | None = None


class Oxygen(What, frozen=True, kw_only=True):
    """Oxygen is given, in l/min; 0: no more. While it is, SpO2 does not show how somebody breathes."""

    flow_l_min: float


class Intervention(What, frozen=True, kw_only=True):
    """Something was done for the patient; look again after `recheck_min` minutes (0: no need)."""

    what: str
    recheck_min: float = 0.0


class Rechecked(What, frozen=True, kw_only=True):
    """Somebody looked again after the intervention that stands at `of`."""

    of: int
    text: str = ""


class Presence(What, frozen=True, kw_only=True):
    """Somebody of the staff came, went, or is with the patient now (`here`)."""

    action: PresenceAction


class Note(What, frozen=True, kw_only=True):
    """Free words; they never leave the record."""

    text: str


class Correction(What, frozen=True, kw_only=True):
    """What stands at `of` was wrong, and what would be right; both stay readable."""

    of: int
    text: str


class PresetChosen(What, frozen=True, kw_only=True):
    """How often the cuff measures from now on."""

    preset: Preset


class ArmsSet(What, frozen=True, kw_only=True):
    """On which arm is what, from now on."""

    arms: Arms


class CuffDeferred(What, frozen=True, kw_only=True):
    """No automatic cuff reading for so many minutes: it would wake the patient."""

    minutes: float


class CuffSeries(What, frozen=True, kw_only=True):
    """Readings one after the other for so many minutes (STAT), or (0) no more."""

    minutes: float


class CuffAsked(What, frozen=True, kw_only=True):
    """The cuff was told to start; `trigger` says what for."""

    trigger: str


class CuffStopped(What, frozen=True, kw_only=True):
    """Somebody let the pressure out."""


class CuffFailed(What, frozen=True, kw_only=True):
    """A cuff measurement came to nothing; `tries` in a row."""

    reason: str
    tries: int


class Interrupted(What, frozen=True, kw_only=True):
    """The sensors come off on purpose for at most `minutes`; `with_whom` goes along."""

    minutes: float
    with_whom: str


class InterruptionOver(What, frozen=True, kw_only=True):
    """The interruption has ended; `reason`: data again, its time ran out, or somebody said so."""

    reason: str


class AudioPaused(What, frozen=True, kw_only=True):
    """Somebody switched the sounds off for two minutes."""


class SwitchedOff(What, frozen=True, kw_only=True):
    """One alarm rule is off until the session ends, for a reason; without one it is on again."""

    rule: str
    reason: str = ""


class LimitMoved(What, frozen=True, kw_only=True):
    """One number of an alarm rule is another one until the session ends; None: the site's again.

    What ends the alarm has moved along.
    """

    rule: str
    column: str
    value: float | None = None
    reason: str = ""


class Moved(What, frozen=True, kw_only=True):
    """The session goes on in another place."""

    room: str
    seat: str


class Answered(What, frozen=True, kw_only=True):
    """What somebody answered to a question of the software."""

    question: str
    answer: str


class ItemSigned(What, frozen=True, kw_only=True):
    """One item of the discharge checklist: `shown` and `doubt` are what the software showed then.

    `text` is what was said with the signature; with a doubt something was.
    """

    item: Item
    text: str = ""
    shown: str = ""
    doubt: str = ""


class Gap(What, frozen=True, kw_only=True):
    """The service was away, from the last that was kept until now: nothing was measured."""

    since: datetime
    until: datetime
    reason: str = "kapmonitor was not running"


class Ended(What, frozen=True, kw_only=True):
    """The session is over. `open_items`: what of the checklist was not signed; then there is a reason."""

    reason: str = ""
    open_items: tuple[str, ...] = ()
    open_alarms: tuple[str, ...] = ()


class Reopened(What, frozen=True, kw_only=True):
    """The end was a mistake; the session goes on."""

    reason: str


class Unreadable(What, frozen=True, kw_only=True):
    """Stands for an entry that the record has but that cannot be read; never written. `was`: its kind."""

    was: str = ""


AnyWhat = (
    Opened
    | DeviceUsed
    | Screened
    | PhaseEntered
    | Measured
    | BaselineConfirmed
    | HoldPassed
    | Dose
    | Infusion
    | Lozenge
    | Symptom
    | HelpCalled
    | Typed
    | Oxygen
    | Intervention
    | Rechecked
    | Presence
    | Note
    | Correction
    | PresetChosen
    | ArmsSet
    | CuffDeferred
    | CuffSeries
    | CuffAsked
    | CuffStopped
    | CuffFailed
    | Interrupted
    | InterruptionOver
    | AudioPaused
    | SwitchedOff
    | LimitMoved
    | Moved
    | Answered
    | ItemSigned
    | Gap
    | Ended
    | Reopened
    | Unreadable
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the record: who entered what when. `seq` rises by one from 1, without a gap.

    `key` is the idempotency key of the command that made it, if it had one: the same command sent twice is
    done once.
    """

    seq: int
    moment: Moment
    by: str
    role: Role
    what: AnyWhat
    key: str = ""
