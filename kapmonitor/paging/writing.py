"""The pages themselves: what stands on a pager's screen."""

from __future__ import annotations

from kapmonitor.documents import Alarm
from kapmonitor.model import Moment
from kapmonitor.pages import Kind, Page, checked
from kapmonitor.paging.times import TEST_TTL_S, TTL_S

_LONGEST = 500


def about(alarm: Alarm, kind: Kind, page_id: str, level: int, moment: Moment, held: int = 0) -> Page:
    """A call about an alarm as it stands, or its withdrawal; `held`: how many calls are told in one."""
    return checked(
        Page(
            origin=alarm.origin,
            drill=alarm.drill,
            page_id=page_id,
            kind=kind,
            alarm=alarm.alarm,
            seq=alarm.seq,
            priority=alarm.priority,
            room=alarm.room,
            seat=alarm.seat,
            text=_text(alarm, kind, held),
            sent_at=moment.ts,
            ttl_s=TTL_S[alarm.priority],
            level=level,
        )
    )


def test(page_id: str, text: str, origin: str, moment: Moment) -> Page:
    """A page that only asks whether somebody is there; it is about nothing else, so its id is its own."""
    return checked(
        Page(
            origin=origin,
            page_id=page_id,
            kind="test",
            alarm=page_id,
            seq=1,
            priority="low",
            room="",
            seat="",
            text=text,
            sent_at=moment.ts,
            ttl_s=TEST_TTL_S,
            level=0,
        )
    )


def _text(alarm: Alarm, kind: Kind, held: int) -> str:
    marks = [*(["SIMULATED"] if alarm.origin == "simulated" else []), *(["DRILL"] if alarm.drill else [])]
    what = f"{alarm.text}." if alarm.text and alarm.text[-1] not in ".!?" else alarm.text
    if kind == "withdraw":
        by = f" by {alarm.acknowledged_by}" if alarm.acknowledged_by else ""
        words = f"{'Acknowledged' + by if alarm.acknowledged else 'Over'}: {what}"
    elif kind == "summary":
        words = f"{held} more calls: {what} {alarm.advice}" if held > 1 else f"Again: {what} {alarm.advice}"
    else:
        words = f"{what} {alarm.advice}"
    return " ".join([*marks, words]).strip()[:_LONGEST]
