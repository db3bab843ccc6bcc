"""A recording from its bytes to its events: parts and devices sorted out, drivers asked, the monitor told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from kapmonitor.alarms.ruleset import RuleSet, parse
from kapmonitor.flight.file import Damage, RecordingError, read
from kapmonitor.flight.records import (
    Answered,
    Attached,
    Came,
    Closed,
    LeftOut,
    LinkRecord,
    Lost,
    Opened,
    Ordered,
    Part,
    Record,
    Said,
    Told,
    Took,
    Wrote,
)
from kapmonitor.model import Moment
from kapmonitor.replay.conversation import MakeDriver, Spoke, converse
from kapmonitor.replay.judging import Judge
from kapmonitor.replay.proof import Otherwise, first_difference


class Replayed(msgspec.Struct, frozen=True):
    """What came of a replay: the events `then`, as recorded, and `now`; `notes` are for a person."""

    session: str
    began: Moment
    then: list[Said]
    now: list[Said]
    notes: list[str]


@dataclass
class _Stay:
    """A device in a session, from one `Attached` to the next; `until`: when its bytes were left out."""

    attached: Attached
    records: list[LinkRecord] = field(default_factory=list[LinkRecord])
    tooks: list[Took] = field(default_factory=list[Took])
    until: float | None = None

    @property
    def end(self) -> float:
        """Until when it can be asked what the driver says."""
        if self.until is not None:
            return self.until
        times = [each.at for each in self.records[-1:]] + [each.moment.at for each in self.tooks[-1:]]
        return max(times, default=self.attached.at)


@dataclass
class _Course:
    """One part of a recording, sorted."""

    part: Part
    told: list[Told] = field(default_factory=list[Told])
    said: list[Said] = field(default_factory=list[Said])
    stays: list[_Stay] = field(default_factory=list[_Stay])
    notes: list[str] = field(default_factory=list[str])
    present: dict[str, _Stay] = field(default_factory=dict[str, _Stay])
    """Each device's newest stay."""

    def take(self, record: Record) -> None:
        """One more record of it; most of them are bytes that came."""
        match record:
            case Came() | Opened() | Wrote() | Answered() | Lost() | Closed() | Ordered():
                self._passed(record)
            case Said():
                self.said.append(record)
            case Attached():
                stay = _Stay(record)
                self.stays.append(stay)
                self.present[record.device] = stay
            case LeftOut():
                self._left_out(record)
            case Part():
                pass
            case _:
                self._told(record)

    def _told(self, record: Told) -> None:
        self.told.append(record)
        stay = self.present.get(record.device) if isinstance(record, Took) else None
        if stay is not None and isinstance(record, Took):
            stay.tooks.append(record)

    def _passed(self, record: LinkRecord) -> None:
        stay = self.present.get(record.device)
        if stay is not None and stay.until is None:
            stay.records.append(record)

    def _left_out(self, record: LeftOut) -> None:
        stay = self.present.get(record.device)
        if stay is not None:
            stay.until = record.at
        what = f"the bytes of {record.device}" if record.device else f"{record.count} bytes"
        self.notes.append(
            f"{what} are not in the recording from {_utc(self.part, record.at)} on: {record.why}"
        )


def replay(data: bytes, name: str, make: MakeDriver, rules: RuleSet | None = None) -> Replayed:
    """Replay a recording with drivers that `make` makes; with `rules` in place of the limits of then.

    Raises:
        RecordingError: `name` is no recording, or nothing of it can be read.
    """
    notes: list[str] = []
    courses = list(_courses(read(data, name), notes))
    if not courses:
        raise RecordingError(f"{name}: nothing of the session can be read. " + " ".join(notes))
    then: list[Said] = []
    now: list[Said] = []
    for course in courses:
        judge = Judge(
            course.part,
            rules or parse(course.part.rules, name),
            {each.instance: each.alarm for each in course.said},
            exact=rules is None,
        )
        told = _as_the_drivers_say(course, make)
        notes += course.notes
        then += course.said
        now += judge.run(told)
    part = courses[0].part
    return Replayed(part.session, part.moment, then, now, notes)


def _courses(records: Iterable[Record | Damage], notes: list[str]) -> Iterator[_Course]:
    course: _Course | None = None
    for record in records:
        if isinstance(record, Damage):
            notes.append(f"at byte {record.offset}: {record.what}")
        elif isinstance(record, Part):
            if course is not None:
                yield course
            course = _Course(record)
        elif course is not None:
            course.take(record)
    if course is not None:
        yield course


def _as_the_drivers_say(course: _Course, make: MakeDriver) -> Sequence[Told]:
    """What the monitor was told; from where a driver says something else today, what it says today."""
    gone: set[int] = set()
    instead: list[Took] = []
    for stay in course.stays:
        spoke = converse(stay.attached, stay.records, make, course.part.moment)
        other = first_difference(stay.tooks, spoke, stay.attached.at, stay.end)
        if other is None:
            continue
        course.notes.append(_note(course.part, stay, other))
        gone |= {id(each) for each in stay.tooks if other.at <= each.moment.at <= stay.end}
        instead += _took(course.part, stay, other, spoke)
    if not gone and not instead:
        return course.told
    kept = [each for each in course.told if id(each) not in gone]
    return _merged(kept, sorted(instead, key=lambda each: each.moment.at))


def _took(part: Part, stay: _Stay, other: Otherwise, spoke: Iterable[Spoke]) -> Iterator[Took]:
    kind = stay.tooks[0].kind if stay.tooks else None
    for each in spoke:
        if kind is not None and other.at <= each.at <= stay.end:
            moment = Moment(each.at, part.moment.utc + timedelta(seconds=each.at - part.moment.at))
            origin = stay.attached.origin
            yield Took(stay.attached.device, kind, origin, each.readings, each.pressures, moment)


def _merged(told: Sequence[Told], instead: Sequence[Took]) -> list[Told]:
    """Both in order of time; what has no time stays behind what it followed."""
    found: list[Told] = []
    waiting = list(reversed(instead))
    for each in told:
        moment: Moment | None = getattr(each, "moment", None)
        while waiting and moment is not None and waiting[-1].moment.at < moment.at:
            found.append(waiting.pop())
        found.append(each)
    return [*found, *reversed(waiting)]


def _note(part: Part, stay: _Stay, other: Otherwise) -> str:
    who = f"{stay.attached.device} ({stay.attached.driver})"
    return f"{who} says otherwise from {_utc(part, other.at)} on: {other.what}"


def _utc(part: Part, at: float) -> str:
    return part.moment.earlier(at)
