"""What is published of a transition: the alarm as it stands, and the event."""

from __future__ import annotations

import msgspec

from kapmonitor import documents
from kapmonitor.alarms.engine import Transition
from kapmonitor.documents import Message
from kapmonitor.model import Moment


class Whose(msgspec.Struct, frozen=True, kw_only=True):
    """What an alarm is about; a service-wide one has neither session nor room nor seat."""

    origin: str
    drill: bool
    session: str = ""
    room: str = ""
    seat: str = ""


def announce(t: Transition, whose: Whose, moment: Moment) -> list[Message]:
    """The alarm as it is after the transition, then the event."""
    return [standing(t, whose, moment), event(t, whose, moment)]


def standing(t: Transition, whose: Whose, moment: Moment) -> Message:
    """The alarm as it stands at `moment`."""
    return documents.alarm(
        documents.Alarm(
            origin=whose.origin,
            drill=whose.drill,
            alarm=t.alarm,
            name=t.name,
            rule=t.rule,
            session=whose.session,
            room=whose.room,
            seat=whose.seat,
            priority=t.priority.value,
            kind=t.kind,
            state=t.state,
            acknowledged=t.acknowledged,
            acknowledged_by=t.acknowledged_by,
            coming=None,
            seq=t.seq,
            since=moment.earlier(t.since),
            ts=moment.ts,
            value=t.value,
            unit=t.unit,
            limit=t.limit,
            text=t.text,
            advice=t.advice,
        )
    )


def event(t: Transition, whose: Whose, moment: Moment) -> Message:
    """The transition by itself."""
    return documents.alarm_event(
        documents.AlarmEvent(
            origin=whose.origin,
            drill=whose.drill,
            alarm=t.alarm,
            name=t.name,
            rule=t.rule,
            session=whose.session,
            room=whose.room,
            seat=whose.seat,
            priority=t.priority.value,
            event=t.event,
            state=t.state,
            acknowledged=t.acknowledged,
            value=t.value,
            page=t.page,
            seq=t.seq,
            ts=moment.ts,
        )
    )
