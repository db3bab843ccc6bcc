"""An engine's state on another clock: monotonic clocks start anew with the machine, alarms do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import msgspec

from kapmonitor.alarms.state import (
    Acknowledgement,
    Condition,
    EngineState,
    Hazard,
    Interruption,
    Pressures,
    Run,
    Signal,
    Span,
    Spans,
    SwitchedOff,
    Symptom,
)

TIMES: Mapping[type[msgspec.Struct], frozenset[str]] = {
    Acknowledgement: frozenset({"at"}),
    Condition: frozenset({"since"}),
    EngineState: frozenset(
        {"ladders_from", "dosed_at", "here_at", "interrupted_at", "due", "trying_since", "audio_paused_until"}
    ),
    Hazard: frozenset({"since", "unattended_since"}),
    Interruption: frozenset({"until"}),
    Pressures: frozenset({"at"}),
    Run: frozenset({"last"}),
    Signal: frozenset({"valid_at"}),
    Span: frozenset({"start", "end"}),
    Spans: frozenset({"last"}),
    SwitchedOff: frozenset({"at"}),
    Symptom: frozenset({"at"}),
}
"""Every field of the engine's state that is a point in time; a test looks for ones that are missing here."""

_State = TypeVar("_State", bound=msgspec.Struct)


def shifted(state: _State, seconds: float) -> _State:
    """A copy of `state` (an `EngineState`, or a part of one) in which everything happened `seconds` later."""
    times = TIMES.get(type(state), frozenset())
    fields: dict[str, Any] = {
        name: _later(value, seconds) if name in times else _inside(value, seconds)
        for name, value in ((name, getattr(state, name)) for name in state.__struct_fields__)
    }
    return type(state)(**fields)


def _later(at: float | None, seconds: float) -> float | None:
    return None if at is None else at + seconds


def _inside(value: object, seconds: float) -> object:
    match value:
        case msgspec.Struct():
            return shifted(value, seconds)
        case dict():
            items = cast("dict[object, object]", value)
            return {key: _inside(each, seconds) for key, each in items.items()}
        case list():
            return [_inside(each, seconds) for each in cast("list[object]", value)]
        case tuple():
            return tuple(_inside(each, seconds) for each in cast("tuple[object, ...]", value))
        case _:
            return value
