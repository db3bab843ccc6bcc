"""What of a script is going on at a moment, however long the script is.

A pulse wave asks 60 times a second and a script for a night has a thousand events, so they are looked
through once for every few seconds of the body's time, not at every question.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from simulators.events import BodyEvent, EventKind

_SLOT_S = 8.0


class Underway:
    """The events of one body. Every `t` is in seconds after the body's start, and may go back."""

    def __init__(self, events: Sequence[BodyEvent], dosed_at: float = inf) -> None:
        """`dosed_at`: the first dose, that some events count from; infinity if there was none yet."""
        self._events: dict[EventKind, list[BodyEvent]] = {}
        for each in events:
            self._events.setdefault(each.kind, []).append(each)
        self._dosed_at = dosed_at
        self._slot = -inf
        self._near: dict[EventKind, tuple[BodyEvent, ...]] = {}

    def dose(self, at: float) -> None:
        """The first dose is given."""
        self._dosed_at = at
        self._slot = -inf

    def of(self, kind: EventKind) -> Sequence[BodyEvent]:
        """All of `kind`, whenever they are."""
        return self._events.get(kind, ())

    def begins(self, event: BodyEvent) -> float:
        """When `event` begins; infinity where it counts from a dose that was not given yet."""
        return event.at + self._anchor(event)

    def holds(self, kind: EventKind, t: float) -> bool:
        """Whether one of `kind` is there at `t`."""
        return bool(self._now(kind, t))

    def least(self, kind: EventKind, t: float) -> float:
        """The smallest size of those of `kind` that are there; infinity without one."""
        return min((each.size for each, _ in self._now(kind, t)), default=inf)

    def most(self, kind: EventKind, t: float) -> float:
        """The largest size of those of `kind` that are there; 0 without one."""
        return max((each.size for each, _ in self._now(kind, t)), default=0.0)

    def drift(self, kind: EventKind, t: float) -> float:
        """How far those of `kind` have got by `t`, in their unit."""
        return sum(each.size * strength for each, strength in self._now(kind, t))

    def pulled(self, kind: EventKind, value: float, t: float) -> float:
        """Where those of `kind`, each pulling towards its size, bring `value`."""
        for each, strength in self._now(kind, t):
            value += (each.size - value) * strength
        return value

    def _now(self, kind: EventKind, t: float) -> list[tuple[BodyEvent, float]]:
        """Those of `kind` that are there, with how far they have taken hold (0..1)."""
        if kind not in self._events:
            return []
        if not self._slot <= t < self._slot + _SLOT_S:
            self._look_around(t)
        near = self._near.get(kind, ())
        found = [(each, each.strength(t - self._anchor(each))) for each in near]
        return [(each, strength) for each, strength in found if strength > 0]

    def _look_around(self, t: float) -> None:
        """Remember what can be there in the slot that `t` is in."""
        self._slot = t // _SLOT_S * _SLOT_S
        ends = self._slot + _SLOT_S
        near: dict[EventKind, tuple[BodyEvent, ...]] = {
            kind: tuple(
                each for each in events if self.begins(each) <= ends and self._over(each) >= self._slot
            )
            for kind, events in self._events.items()
        }
        self._near = {kind: events for kind, events in near.items() if events}

    def _over(self, event: BodyEvent) -> float:
        """From when on nothing is left of `event`."""
        return self.begins(event) + event.lasts_s + event.going_s

    def _anchor(self, event: BodyEvent) -> float:
        return 0.0 if event.after == "start" else self._dosed_at
