"""What the engine remembers of one session: plain structs, so that it can be kept and brought back.

All times are seconds of the monotonic clock that the engine is driven by.
"""

from __future__ import annotations

import msgspec

from kapmonitor.alarms.words import EPSILON, Priority
from kapmonitor.documents import AlarmState
from kapmonitor.model import DeviceKind, DeviceReport, Phase

FRESH_S = 5.0
"""A value older than this is shown as no value at all (s)."""
HOLD_S = 10.0
"""How long missing data hold a running delay or clearing time before it starts anew (s)."""


class Signal(msgspec.Struct):
    """The newest of one quantity: when it was last valid and what it was; why it is not valid now."""

    valid_at: float | None = None
    value: float | None = None
    reason: str | None = "never_seen"

    def fresh(self, now: float) -> bool:
        """Whether the newest value is valid and at most `FRESH_S` old."""
        return self.reason is None and self.valid_at is not None and now - self.valid_at <= FRESH_S


class Run(msgspec.Struct):
    """A time that runs while valid values say the same thing, and is held while there are none.

    A valid value speaks until the next value, of whatever quality, or for `FRESH_S`; what is missing or
    invalid counts for nothing, so that it neither raises nor clears. `last` is until when was counted.
    """

    elapsed: float = 0.0
    last: float | None = None
    held: bool = False

    def go_on(self, now: float) -> None:
        """One more valid value that says the same."""
        if self.last is not None:
            gap = now - self.last
            if gap > HOLD_S:
                self.elapsed = 0.0
            elif gap <= FRESH_S and not self.held:
                self.elapsed += gap
        self.last = now
        self.held = False

    def reached(self, seconds: float) -> bool:
        """Whether the time runs, and has run for `seconds`."""
        return self.last is not None and self.elapsed >= seconds - EPSILON

    def runs(self, now: float) -> bool:
        """Whether it runs, or is held for so short that it may go on."""
        return self.last is not None and now - self.last <= HOLD_S

    def hold(self, now: float) -> None:
        """A value that is not valid: from here to the next valid one nothing is counted."""
        if self.last is not None and not self.held:
            if now - self.last <= FRESH_S:
                self.elapsed += now - self.last
            self.last = now
        self.held = True

    def stop(self) -> None:
        """A valid value that says the contrary."""
        if self.last is None and not self.held:
            return
        self.elapsed = 0.0
        self.last = None
        self.held = False


class Span(msgspec.Struct):
    """A stretch of time (s) in which something held."""

    start: float
    end: float


class Spans(msgspec.Struct):
    """Where, in the recent past, valid values said that something holds."""

    held: list[Span] = []
    last: float | None = None

    def add(self, now: float, *, holds: bool) -> None:
        """One valid value; it speaks for the time until the next value, at most `FRESH_S`."""
        last, held = self.last, self.held
        if last is not None and last < now and now - last <= FRESH_S:
            if held and held[-1].end == last:
                held[-1].end = now
            else:
                held.append(Span(last, now))
        self.last = now if holds else None

    def gap(self, now: float) -> None:
        """A value that is not valid: what comes after it is not known."""
        self.add(now, holds=False)

    def total(self, since: float) -> float:
        """How long it held after `since` (s); what lies before is forgotten."""
        held = self.held
        if held and held[0].end <= since:
            self.forget(since)
        total = 0.0
        for span in held:
            total += span.end - max(span.start, since)
        return total

    def forget(self, before: float) -> None:
        """Nobody will ask any more about what was over `before` (s)."""
        held = self.held
        while held and held[0].end <= before:
            del held[0]


class Condition(msgspec.Struct):
    """Where one rule stands. `value` is what raised it last, `limit` what it broke, `detail` words about it.

    `violations` and `good` count measurements in a row, `since` is when it was raised; which of the others a
    rule uses is its own business.
    """

    raised: bool = False
    priority: Priority = Priority.LOW
    raising: Run = msgspec.field(default_factory=Run)
    clearing: Run = msgspec.field(default_factory=Run)
    violations: int = 0
    good: int = 0
    spans: Spans = msgspec.field(default_factory=Spans)
    delay_s: float | None = None
    since: float | None = None
    value: float | None = None
    limit: float | None = None
    detail: str = ""

    def note(self, value: float, limit: float, priority: Priority, detail: str = "") -> None:
        """A value that raises it, or keeps it up; most of them say the same as the one before."""
        if self.value != value:
            self.value = value
        if self.limit != limit or self.priority is not priority or self.detail != detail:
            self.limit, self.priority, self.detail = limit, priority, detail

    @property
    def idle(self) -> bool:
        """Whether nothing holds, nothing runs and nothing is remembered."""
        spans = self.spans
        running = self.raised or self.raising.last is not None
        return not (running or spans.last is not None or spans.held or self.violations)


class Acknowledgement(msgspec.Struct, frozen=True):
    """Somebody has seen an alarm as it was at `tier` and `priority`."""

    by: str
    at: float
    tier: int
    priority: Priority


class Hazard(msgspec.Struct):
    """One alarm instance and what is said of it.

    `tier` and `priority` are what is reported; `holding` is whether a rule's condition holds now, `latched`
    whether a tier that is over is kept until somebody acknowledges it. `seq` rises with every transition;
    `worse_seq` is the last at which something nobody had seen yet came.
    """

    alarm: str
    instance: str = ""
    rule: str = ""
    tier: int = 0
    priority: Priority = Priority.LOW
    holding: bool = False
    latched: bool = False
    seq: int = 0
    worse_seq: int = 0
    since: float = 0.0
    unattended_since: float = 0.0
    paged: bool = False
    acknowledged: Acknowledgement | None = None

    @property
    def open(self) -> bool:
        """Whether there is anything to report."""
        return self.holding or self.latched

    @property
    def state(self) -> AlarmState:
        """`active`, `latched` or `inactive`, as in IHE ACM."""
        if self.holding:
            return "active"
        return "latched" if self.latched else "inactive"


class Symptom(msgspec.Struct, frozen=True):
    """Something that was logged and is not over: when, and how bad (`severity`, or a MOAA/S `score`)."""

    kind: str
    at: float
    severity: str | None = None
    score: int | None = None


class Pressures(msgspec.Struct, frozen=True):
    """The newest valid cuff measurement (mmHg), and when it was."""

    at: float
    systolic: float
    diastolic: float


class Interruption(msgspec.Struct, frozen=True):
    """The sensors are off on purpose, with somebody beside the patient, until `until` (s)."""

    by: str
    until: float


class SwitchedOff(msgspec.Struct, frozen=True):
    """One rule is off for the rest of the session: who wanted it, why, and since when (s)."""

    by: str
    reason: str
    at: float


class EngineState(msgspec.Struct):
    """Everything the engine knows of one session.

    `rates` are the fresh heart and pulse rate when one of them was read last; `dosed_at` is the first dose;
    `symptoms` are those that are not over, by kind; `here_at`: when somebody
    last said that they are with the patient. `trying_since`: the reading that is due is being taken;
    `holds`: where the cuff on the oximeter's arm explains what that one says, the last maybe not over yet.
    `off` are the rules that are switched off, by name.
    """

    session: str
    phase: Phase = Phase.SCREENING
    ladders_from: float | None = None
    baseline: dict[str, float] = {}
    signals: dict[str, Signal] = {}
    conditions: dict[str, Condition] = {}
    hazards: dict[str, Hazard] = {}
    rates: tuple[float | None, float | None] = (None, None)
    devices: dict[DeviceKind, DeviceReport] = {}
    instances: int = 0
    dosed_at: float | None = None
    symptoms: dict[str, Symptom] = {}
    pressures: Pressures | None = None
    here_at: float | None = None
    interruption: Interruption | None = None
    interruption_off: bool = False
    interruption_data: Run = msgspec.field(default_factory=Run)
    interrupted_at: float | None = None
    due: float | None = None
    interval_s: float = 0.0
    trying_since: float | None = None
    holds: list[Span] = []
    batteries: dict[str, float] = {}
    audio_paused_until: float | None = None
    off: dict[str, SwitchedOff] = {}
