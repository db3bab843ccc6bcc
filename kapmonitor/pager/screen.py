"""The pager's screen as lines with a meaning each; whoever shows them has the colours. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from textwrap import wrap
from typing import Literal, NamedTuple

from kapmonitor.model import Moment
from kapmonitor.pager.box import Held
from kapmonitor.pager.face import Face
from kapmonitor.pages import Status

Meaning = Literal["bar", "lost", "high", "medium", "low", "over", "text", "problem", "keys"]

STATES: Mapping[Status, str] = {
    "delivered": "NEW",
    "read": "READ",
    "accepted": "COMING",
    "rejected": "CANNOT COME",
}
KEYS = ("Up/Down choose", "Enter read", "a coming", "x cannot come", "q quit")
SHORT_KEYS = ("Enter read", "a coming", "x cannot", "q quit")
_TEXT_LINES = 4  # of the chosen page; the others have one


class Line(NamedTuple):
    """One line; `chosen`: it belongs to the page that an answer is for."""

    text: str
    meaning: Meaning
    chosen: bool = False


def draw(face: Face, pager: str, site: str, moment: Moment, width: int, height: int) -> list[Line]:
    """At most `height` lines of at most `width` characters: the link, the pages, the keys."""
    head = [_bar(face, pager, site, moment), *_link(face, moment, width)]
    foot = [*_problems(face, width), Line(_keys(face, moment, width), "keys")]
    room = max(0, height - len(head) - len(foot))
    body = _pages(face, moment, width, room)
    blank = [Line("", "text")] * (room - len(body))
    return [each._replace(text=each.text[:width]) for each in (head + body + blank + foot)[:height]]


def _bar(face: Face, pager: str, site: str, moment: Moment) -> Line:
    drill = "  DRILL" if face.pulse.drill else ""
    clock = face.pulse.now(moment).astimezone().strftime("%H:%M:%S")
    return Line(f" {pager}  {site or 'no site yet'}  {clock}{drill}", "bar")


def _link(face: Face, moment: Moment, width: int) -> list[Line]:
    if not face.pulse.known and not face.pulse.lost(moment.at):
        return [Line(" waiting for a sign of life from kapmonitor", "text")]
    if not face.pulse.lost(moment.at):
        waiting = sum(each.waits for each in face.box.pages())
        return [Line(f" linked, {waiting} waiting" if waiting else " linked, nothing waits", "text")]
    silent = span(face.pulse.silent_s(moment.at))
    text = f"NO LINK for {silent}: no page can reach you here. Go to the station or to the patients."
    return [Line(f" {each}", "lost") for each in wrap(text, width - 1)]


def _pages(face: Face, moment: Moment, width: int, room: int) -> list[Line]:
    """The pages around the chosen one, as many as there is room for."""
    pages = face.box.pages()
    drawn = [_page(each, face, moment, width) for each in pages]
    chosen = next((number for number, each in enumerate(pages) if each is face.chosen), 0)
    first = 0
    while first < chosen and sum(len(each) for each in drawn[first : chosen + 1]) > room - 1:
        first += 1
    lines: list[Line] = []
    for number in range(first, len(drawn)):
        last = number == len(drawn) - 1
        if len(lines) + len(drawn[number]) > room - (0 if last else 1):
            return [*lines[: room - 1], Line(f" and {len(drawn) - number} more below", "over")][:room]
        lines += drawn[number]
    return lines


def _page(held: Held, face: Face, moment: Moment, width: int) -> list[Line]:
    page, chosen = held.page, held is face.chosen
    meaning: Meaning = "over" if held.withdrawn or held.status == "rejected" else page.priority
    head = f"{'>' if chosen else ' '}{headline(held)}"
    when = _when(held, face, moment)
    heads = [f"{head}  {when}"] if len(head) + len(when) + 2 <= width else [head, f"   {when}"]
    text = wrap(page.text, width - 3) or ["(no text)"]
    shown = text[:_TEXT_LINES] if chosen else text[:1]
    return [
        *(Line(each, meaning, chosen) for each in heads),
        *(Line(f"   {each}", "text", chosen) for each in shown),
    ]


def headline(held: Held) -> str:
    """How urgent, where, what kind of page, and what became of it."""
    page = held.page
    where = page.room if page.seat in ("", "a") else f"{page.room}/{page.seat}"
    kind = "" if page.kind == "page" else page.kind.upper()
    marks = (kind, "DRILL" if page.drill else "", "LATE" if held.late else "")
    state = "WITHDRAWN" if held.withdrawn else STATES[held.status]
    return " ".join(each for each in (page.priority.upper(), where, *marks, state) if each)


def _when(held: Held, face: Face, moment: Moment) -> str:
    try:
        sent = datetime.fromisoformat(held.page.sent_at).astimezone().strftime("%H:%M:%S")
    except (ValueError, OverflowError):
        return "age not known"
    age = face.pulse.age_s(held.page.sent_at, moment)
    return f"{sent}, {'age not known' if age is None else span(age) + ' ago'}"


def _problems(face: Face, width: int) -> list[Line]:
    problems = list(face.problems)
    if face.unreadable:
        problems.append(f"{face.unreadable} messages were no pages and were dropped; see the log.")
    return [Line(f" {line}", "problem") for each in problems[:2] for line in wrap(each, width - 1)[:2]]


def _keys(face: Face, moment: Moment, width: int) -> str:
    if face.chosen is not None and not face.steady(moment.at):
        return " another page is chosen now, look at it"
    full = " " + "   ".join(KEYS)
    return full if len(full) <= width else " " + "  ".join(SHORT_KEYS)


def span(seconds: float) -> str:
    """How long, as a person says it: `12 s`, `3 min 5 s`, `2 h 7 min`."""
    whole = int(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{whole} s"
    if whole < 3600:  # noqa: PLR2004 - seconds of an hour
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def plain(lines: Sequence[Line]) -> str:
    """The screen as text."""
    return "\n".join(each.text for each in lines)
