"""Alarms as the service publishes them: the document, then the event."""

from __future__ import annotations

from typing import Any

import msgspec

from kapmonitor import documents
from kapmonitor.documents import Message
from tests.mqtt.samples import alarm as sample
from tests.mqtt.samples import event as sample_event


def told(
    number: int, *, seq: int = 1, event: str = "start", page: bool = True, **changes: Any
) -> list[Message]:
    """Alarm `alarm-N` of room `room-N`, high and in force if nothing else is said."""
    same = {
        "alarm": f"alarm-{number}",
        "session": f"session-{number}",
        "room": f"room-{number}",
        "priority": changes.pop("priority", "high"),
        "seq": seq,
        "acknowledged": "acknowledged_by" in changes,
        "state": changes.pop("state", "active"),
    }
    text = changes.pop("text", f"alarm {number}")
    standing = msgspec.structs.replace(_payload(sample()), **same, text=text, **changes)
    happened = msgspec.structs.replace(_payload(sample_event(seq)), **same, event=event, page=page)
    return [documents.alarm(standing), documents.alarm_event(happened)]


def acknowledged(number: int, *, seq: int = 2, by: str = "dr-1") -> list[Message]:
    return told(number, seq=seq, event="acknowledge", page=False, acknowledged_by=by)


def _payload(message: Message) -> Any:
    return message.payload
