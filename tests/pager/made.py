"""Pages and moments for tests of a pager."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from kapmonitor.documents import Heartbeat, encode
from kapmonitor.model import Moment, rfc3339
from kapmonitor.pager.box import Box
from kapmonitor.pager.facts import Fact
from kapmonitor.pager.pulse import Pulse
from kapmonitor.pages import Page

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def moment(at: float, *, wrong_by: float = 0.0) -> Moment:
    """`at` seconds after noon; `wrong_by`: how far the pager's own clock is off."""
    return Moment(1000.0 + at, NOON + timedelta(seconds=at + wrong_by))


def ts(at: float) -> str:
    return rfc3339(NOON + timedelta(seconds=at))


def page(page_id: str = "p-1", *, sent: float = 0.0, **other: Any) -> Page:
    fields: dict[str, Any] = {
        "kind": "page",
        "alarm": "alarm-1",
        "seq": 1,
        "priority": "high",
        "room": "room-2",
        "seat": "a",
        "text": "SpO2 84 %, limit 88 %",
        "ttl_s": 60,
        "level": 0,
    }
    return Page(origin="live", page_id=page_id, sent_at=ts(sent), **(fields | other))


def payload(page_id: str = "p-1", *, sent: float = 0.0, **other: Any) -> bytes:
    return encode(page(page_id, sent=sent, **other))


def beat(seq: int, at: float) -> bytes:
    return encode(Heartbeat(origin="live", seq=seq, ts=ts(at)))


def linked(at: float = 0.0) -> Pulse:
    """A pulse that has just been heard."""
    pulse = Pulse(1000.0 + at)
    assert pulse.take(beat(1, at), 1000.0 + at)
    return pulse


def taken(box: Box, what: bytes, at: float = 0.0, pulse: Pulse | None = None) -> list[Fact]:
    """`what` came in and is stored; stored as bytes, and read again."""
    facts = box.take(what, moment(at), pulse or linked(at))
    for fact in stored(facts):
        box.apply(fact)
    return facts


def stored(facts: list[Fact]) -> list[Fact]:
    return [msgspec.json.decode(msgspec.json.encode(fact), type=Fact) for fact in facts]
