"""One session on one seat, as its entries made it. Times are `Moment`s; `at` of them is monotonic seconds."""

from __future__ import annotations

import re

import msgspec

from kapmonitor.model import Moment, Phase, Route
from kapmonitor.people import Person
from kapmonitor.session import entries
from kapmonitor.session.entries import AnyWhat, Arms, Client, Entry, Preset


class Interruption(msgspec.Struct, frozen=True):
    """The sensors are off on purpose until `until` (monotonic s); `with_whom` is beside the patient."""

    with_whom: str
    until: float


class Recheck(msgspec.Struct, frozen=True):
    """After the intervention at `of` somebody is to look again at `at` (monotonic s)."""

    of: int
    what: str
    at: float


class Session(msgspec.Struct):
    """What a session is now. Only `fold.apply` changes it.

    `by` opened it. `phase_at` and the other `…_at` are monotonic seconds. `drill`: an exercise or a
    simulation; simulated data are refused in any other session.
    """

    id: str
    started: Moment
    by: str
    room: str = ""
    seat: str = ""
    route: Route = Route.INTRAMUSCULAR
    drill: bool = False
    phase: Phase = Phase.SCREENING
    phase_at: float = 0.0
    phase_before: Phase = Phase.SCREENING
    preset: Preset = "standard"
    arms: Arms = Arms()
    client: Client = Client()
    therapist: str = ""
    rules: str = ""
    screened: entries.Screened | None = None
    baseline: entries.BaselineConfirmed | None = None
    measured: list[tuple[Moment, entries.Measured]] = []
    doses: list[tuple[Moment, entries.Dose]] = []
    passed: dict[str, tuple[Moment, str, entries.HoldPassed]] = {}
    infusion: str = ""
    infusion_ended_at: float | None = None
    symptoms: dict[str, tuple[Moment, entries.Symptom]] = {}
    sedation: tuple[Moment, int] | None = None
    oxygen: float = 0.0
    rechecks: list[Recheck] = []
    here_at: float | None = None
    present: dict[str, Moment] = {}
    deferred_until: float | None = None
    series_until: float | None = None
    interruption: Interruption | None = None
    interrupted_at: float | None = None
    off: dict[str, tuple[Moment, str, str]] = {}
    moved: dict[tuple[str, str], tuple[Moment, str, entries.LimitMoved]] = {}
    answers: dict[str, tuple[Moment, str]] = {}
    signed: dict[str, tuple[Moment, str, entries.ItemSigned]] = {}
    devices: dict[str, entries.DeviceUsed] = {}
    ended: tuple[Moment, str, entries.Ended] | None = None
    reopened: int = 0
    entries: list[Entry] = []

    def next_entry(self, what: AnyWhat, by: Person, moment: Moment, key: str = "") -> Entry:
        """`what` as the entry that would come next."""
        return Entry(seq=len(self.entries) + 1, moment=moment, by=by.id, role=by.role, what=what, key=key)

    @property
    def first_dose_at(self) -> float | None:
        """When the first dose was given (monotonic s)."""
        return min((given_at(entry, dose) for entry, dose in self.doses), default=None)

    @property
    def last_dose_at(self) -> float | None:
        """When the last dose was given (monotonic s): phases are timed from it."""
        return max((given_at(entry, dose) for entry, dose in self.doses), default=None)

    @property
    def limits(self) -> dict[str, dict[str, float]]:
        """The limits that staff have moved in this session, by rule and column."""
        found: dict[str, dict[str, float]] = {}
        for (rule, column), (_, _, what) in self.moved.items():
            if what.value is not None:
                found.setdefault(rule, {})[column] = what.value
        return found

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.ended is None


def session_id(room: str, seat: str, started: Moment) -> str:
    """An id that is unique in a site and readable in a topic: room, seat and start, `[a-z0-9-]+`."""
    return re.sub(r"[^a-z0-9-]", "-", f"{room}-{seat}-{started.utc:%Y%m%d-%H%M%S}".lower())


def given_at(entered: Moment, dose: entries.Dose) -> float:
    """When a dose was given (monotonic s), which may be before it was entered."""
    return entered.at if dose.given is None else entered.at + (dose.given - entered.utc).total_seconds()


def measured_at(entered: Moment, one: entries.Measured) -> float:
    """When a cuff measurement was taken (monotonic s), which may be before it was entered."""
    return entered.at if one.measured is None else entered.at + (one.measured - entered.utc).total_seconds()
