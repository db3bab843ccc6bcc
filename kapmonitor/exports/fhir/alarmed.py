"""Alarms of a session in FHIR: each a DetectedIssue, and what was measured while in alarm. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kapmonitor.exports.course import ends, iso, to_us
from kapmonitor.exports.fhir import codes
from kapmonitor.exports.fhir.maker import Maker, Resource, coding, concept, period
from kapmonitor.session.entries import SwitchedOff
from kapmonitor.session.history import History
from kapmonitor.session.past import AlarmLine

SEVERITY = {"high": "high", "medium": "moderate", "low": "low"}
"""FHIR's words for our priorities, which is all that they are: nobody has graded a harm."""
_RANKS = ("low", "medium", "high")


class Span(NamedTuple):
    """`word` holds for everything that `name` is about, from until (microseconds of UTC)."""

    word: str
    name: str
    from_us: int
    until_us: int


class Standing:
    """When which alarm was active, and which rule was off."""

    def __init__(self, history: History) -> None:
        """Of all alarms and of every rule that was switched off."""
        end = ends(history)[1]
        alarms = (_alarm_span(lines, end) for lines in by_alarm(history.alarms))
        self._spans = [*alarms, *_off(history, end)]

    def words(self, quantity: str, from_us: int, until_us: int) -> list[str]:
        """What is to be known of a measurement of that time: `in-alarm`, `alarm-inhibited`."""
        return [
            span.word
            for span in self._spans
            if span.from_us <= until_us and span.until_us >= from_us and _about(span.name, quantity)
        ]


def _about(name: str, quantity: str) -> bool:
    return any(name.startswith(prefix) and quantity in of for prefix, of in codes.ALARMED.items())


def _alarm_span(lines: Sequence[AlarmLine], end_us: int) -> Span:
    last = lines[-1]
    until = to_us(last.t) if last.state == "inactive" else end_us
    return Span("in-alarm", last.name, to_us(lines[0].t), until)


def _off(history: History, end_us: int) -> Iterator[Span]:
    """A rule is off until it is switched on again, or until the end."""
    since: dict[str, int] = {}
    for entry in history.session.entries:
        what = entry.what
        if isinstance(what, SwitchedOff):
            us = to_us(entry.moment.utc)
            if what.reason:
                since.setdefault(what.rule, us)
            elif what.rule in since:
                yield Span("alarm-inhibited", what.rule, since.pop(what.rule), us)
    yield from (Span("alarm-inhibited", rule, us, end_us) for rule, us in since.items())


def by_alarm(lines: Sequence[AlarmLine]) -> list[list[AlarmLine]]:
    """What happened to each instance, in order."""
    found: dict[str, list[AlarmLine]] = {}
    for line in lines:
        found.setdefault(line.alarm, []).append(line)
    return list(found.values())


def issues(make: Maker) -> Iterator[Resource]:
    """One issue an alarm; its tiers are the evidence, its acknowledgements what was done."""
    for lines in by_alarm(make.history.alarms):
        yield _issue(make, lines)


def _issue(make: Maker, lines: Sequence[AlarmLine]) -> Resource:
    first, last = lines[0], lines[-1]
    over = last.state == "inactive"
    worst = max(lines, key=lambda line: _rank(line.priority))
    start = to_us(first.t)
    found = make.start("DetectedIssue", "alarm", first.alarm) | {
        "identifier": [{"system": f"{codes.OWN}:alarm", "value": first.alarm}],
        "status": "final" if over else "preliminary",
        "code": concept(
            coding(codes.MDC, codes.ALARM),
            coding(f"{codes.OWN}:alarm-name", first.name),
            coding(f"{codes.OWN}:alarm-kind", first.kind),
        ),
        "severity": SEVERITY.get(worst.priority, "low"),
        "patient": make.reference("patient"),
        "identifiedPeriod": dict(period(start, max(start, to_us(last.t)))) if over else {"start": iso(start)},
        "author": make.reference("software"),
        "evidence": [
            {"code": [concept(coding(f"{codes.OWN}:alarm-rule", rule))]}
            for rule in dict.fromkeys(line.rule for line in lines)
        ],
        "detail": worst.text or worst.name,
    }
    seen = [line for line in lines if line.event == "acknowledge"]
    return found | ({"mitigation": [_seen(line) for line in seen]} if seen else {})


def _rank(priority: str) -> int:
    return _RANKS.index(priority) if priority in _RANKS else -1


def _seen(line: AlarmLine) -> Resource:
    found: Resource = {"action": concept(text="acknowledged"), "date": iso(to_us(line.t))}
    if line.by:
        found["author"] = {"identifier": {"system": f"{codes.OWN}:user", "value": line.by}}
    return found
