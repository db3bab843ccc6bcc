"""The entries of a scenario's timeline: what a person writes, checked, as events and in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from math import inf
from typing import Any, TypeVar, cast

import msgspec

from simulators.events import EVENT_KINDS, SIZES, Anchor, BodyEvent, EventKind

A_DURATION = 'a time is written "minutes:seconds" or "hours:minutes:seconds", such as "12:00"'
A_MOMENT = 'a moment is written "start", "dose", "start + 0:30" or "dose + 12:00"'

_DURATION = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)")
_MOMENT = re.compile(r"(start|dose)(?:\s*\+\s*(\S+))?")
T = TypeVar("T", bound=msgspec.Struct)


class Entry(msgspec.Struct, frozen=True):
    """One `[[timeline]]`, as written; `to` is what `BodyEvent.size` is."""

    at: str
    what: str
    to: float | None = None
    lasts: str | None = msgspec.field(default=None, name="for")
    note: str = ""

    def mistakes(self) -> Iterator[str]:
        """What is wrong, each with its key and what would be right."""
        if _moment(self.at) is None:
            yield f"at = {self.at!r}: {A_MOMENT}"
        if self.lasts is not None and not seconds(self.lasts):
            yield f"for = {self.lasts!r}: {A_DURATION}"
        if self.what not in EVENT_KINDS:
            near = get_close_matches(self.what, EVENT_KINDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it can be {', '.join(EVENT_KINDS)}"
            yield f"what = {self.what!r}: there is no such event; {hint}"
        else:
            yield from self._mistakes_in_size()

    def _mistakes_in_size(self) -> Iterator[str]:
        size = SIZES.get(cast("EventKind", self.what))
        if size is None:
            if self.to is not None:
                yield f"to = {self.to:g}: {self.what} has no size; remove the key"
            return
        range_of = f"{self.what} goes from {size.low:g} to {size.high:g} {size.unit}"
        if self.to is None:
            yield f"to: is missing; {range_of}"
        elif not size.low <= self.to <= size.high:
            yield f"to = {self.to:g}: {range_of}"

    def event(self) -> BodyEvent:
        """The event of an entry without mistakes."""
        after, at = _moment(self.at) or ("start", 0.0)
        lasts_s = inf if self.lasts is None else seconds(self.lasts) or 0.0
        return BodyEvent(at, cast("EventKind", self.what), lasts_s, self.to or 0.0, after)

    def told(self) -> str:
        """`hypertension to 188 mmHg for 8:00 (repeat the reading)`."""
        words = [self.what.replace("_", " ")]
        size = SIZES.get(cast("EventKind", self.what))
        if self.to is not None and size is not None:
            words.append(f"to {self.to:g} {size.unit}")
        if self.lasts is not None:
            words.append(f"for {self.lasts}")
        return " ".join(words) + (f" ({self.note})" if self.note else "")


def entries(rows: object) -> tuple[list[Entry], list[str]]:
    """The entries of a `timeline`, and every mistake in it."""
    if not isinstance(rows, list):
        return [], ["timeline: is a list; begin each entry with [[timeline]]"]
    found: list[Entry] = []
    mistakes: list[str] = []
    for number, row in enumerate(cast("list[object]", rows), start=1):
        where = f"timeline[{number}]"
        if not isinstance(row, dict):
            mistakes.append(f"{where}: is a table; begin each entry with [[timeline]]")
            continue
        entry, wrong = shaped(cast("dict[str, Any]", row), Entry)
        if entry is not None and not wrong:
            found.append(entry)
            wrong = list(entry.mistakes())
        mistakes += [f"{where}.{each}" for each in wrong]
    return found, mistakes


def shaped(row: Mapping[str, Any], kind: type[T]) -> tuple[T | None, list[str]]:
    """`row` as a `kind`, if it has that shape, and what is wrong with its keys."""
    fields = {each.encode_name: each for each in msgspec.structs.fields(kind)}
    wrong = [f"{key}: no such key; keys are {', '.join(fields)}" for key in row if key not in fields]
    wrong += [
        f"{key}: is missing; add it" for key, each in fields.items() if each.required and key not in row
    ]
    try:
        return msgspec.convert(row, kind), wrong
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$.")
        return None, wrong + ([f"{place.rstrip('`')}: {text[:1].lower()}{text[1:]}"] if place else [])


def seconds(text: str) -> float | None:
    """`12:00` or `1:05:00` in seconds; None where it is neither."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return 3600.0 * hours + 60.0 * minutes + rest


def _moment(text: str) -> tuple[Anchor, float] | None:
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    later = 0.0 if found[2] is None else seconds(found[2])
    return None if later is None else (cast("Anchor", found[1]), later)
