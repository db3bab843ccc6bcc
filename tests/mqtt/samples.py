"""Messages as the service makes them."""

from __future__ import annotations

from kapmonitor import documents
from kapmonitor.documents import Message

NOW = "2026-11-21T14:02:00.000Z"


def alarm(
    number: int = 1, *, alarm_id: str = "spo2-low-1", state: documents.AlarmState = "active"
) -> Message:
    """An alarm's document, number `number` of its life."""
    return documents.alarm(
        documents.Alarm(
            origin="simulated",
            alarm=alarm_id,
            name="spo2-low",
            rule="spo2-low",
            session="s-1",
            room="room-1",
            seat="a",
            priority="medium",
            kind="physiological",
            state=state,
            acknowledged=False,
            acknowledged_by=None,
            coming=None,
            seq=number,
            since=NOW,
            ts=NOW,
            value=87.0,
            unit="%",
            limit=90.0,
            text="SpO2 87 %",
        )
    )


def event(number: int, alarm_id: str = "spo2-low-1") -> Message:
    """Transition `number` of an alarm."""
    return documents.alarm_event(
        documents.AlarmEvent(
            origin="simulated",
            alarm=alarm_id,
            name="spo2-low",
            rule="spo2-low",
            session="s-1",
            room="room-1",
            seat="a",
            priority="medium",
            event="update",
            state="active",
            acknowledged=False,
            value=87.0,
            page=True,
            seq=number,
            ts=NOW,
        )
    )


def vitals(number: int, session: str = "s-1") -> Message:
    """Second `number` of a session."""
    return documents.session_vitals(
        session, documents.Vitals(origin="simulated", ts=NOW, seq=number, values={})
    )


def snapshot(session: str) -> Message:
    """A session's set for late joiners."""
    return documents.session_snapshot(
        session, documents.Snapshot(origin="simulated", ts=NOW, vitals=None, nibp=None, expires_at=NOW)
    )


def payload(message: Message) -> bytes:
    """What a subscriber sees of `message`."""
    return documents.encode(message.payload)
