"""The small interfaces by which web and mqtt reach what the app built, without knowing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from kapmonitor.alarms.engine import Transition
from kapmonitor.alarms.nuisance import Label, Nuisance
from kapmonitor.alarms.state import EngineState
from kapmonitor.documents import Message
from kapmonitor.model import Happened, Moment, Origin, Phase, Route
from kapmonitor.people import Person
from kapmonitor.session.session import Session

Publish = Callable[[Message], None]
"""Hands one publication to every lane and the board; never blocks, never raises."""


class Commands(Protocol):
    """What a known person may have the service do. `by` is who wants it; the record keeps the person's id.

    Every method raises `NotAllowedError` where the person's role may not do it (`people.MAY`), and
    `RefusedError` with the reason when it cannot be done; nothing is half done then.
    """

    def start_session(self, room: str, seat: str, route: Route, *, drill: bool, by: Person) -> str:
        """Open a session on a seat; the id of the new session."""
        ...

    def set_phase(self, session: str, phase: Phase, *, by: Person) -> None:
        """Move a session to another phase."""
        ...

    def end_session(self, session: str, *, by: Person) -> None:
        """Close a session."""
        ...

    def acknowledge(self, alarm: str, seq: int, *, by: Person) -> None:
        """Acknowledge one alarm as it was seen, i.e. at `seq`; never what came after."""
        ...

    async def settled(self) -> None:
        """Wait until what was just done is durable, at most 100 ms: an alarm never waits for a disk."""
        ...

    def here(self, session: str, *, by: Person) -> None:
        """Somebody is with the patient: `help`, symptoms, sedation and a lost pulse end only with that."""
        ...

    def log(self, session: str, happened: Happened, *, by: Person) -> None:
        """Something happened, or is over: help, a symptom, sedation, a dose."""
        ...

    def pause_audio(self, session: str, *, by: Person) -> None:
        """Sounds off for two minutes, or until a new or worse high alarm."""
        ...

    def interrupt(self, session: str, minutes: float, *, by: Person) -> None:
        """The sensors come off on purpose, with somebody beside the patient."""
        ...

    def switch_off(self, session: str, rule: str, reason: str, *, by: Person) -> None:
        """One rule is off until the session ends, for a reason; an empty reason switches it on again."""
        ...

    async def label(self, alarm: str, label: Label, *, by: Person) -> None:
        """What an alarm was, of an open or an ended session; what was said last counts."""
        ...

    async def nuisance(self, days: int) -> Nuisance:
        """What the alarms of the last `days` were worth; anybody may ask."""
        ...

    async def start_cuff(self, session: str, *, by: Person) -> None:
        """Start one cuff measurement now."""
        ...

    async def stop_cuff(self, session: str, *, by: Person) -> None:
        """Stop the cuff at once."""
        ...


class Record(Protocol):
    """Where what happens is kept. What writes neither waits nor fails."""

    def begin(self, session: Session, origin: Origin, rules: str = "") -> None:
        """A session is open; `rules`: the hash of its rule set."""
        ...

    def save(
        self, session: Session, state: EngineState, transitions: Iterable[Transition], moment: Moment
    ) -> None:
        """What a session's alarm engine remembers, and the transitions that led there."""
        ...

    def end(self, session: Session, moment: Moment, by: str) -> None:
        """A session is over."""
        ...

    def label(self, alarm: str, label: Label, by: str, moment: Moment) -> None:
        """Somebody says what an alarm was."""
        ...

    async def knows(self, alarm: str) -> bool:
        """Whether there is such an alarm (`RefusedError` where nothing can be read)."""
        ...

    async def nuisance(self, days: int, now: datetime) -> Nuisance:
        """What the alarms of the `days` before `now` were worth (`RefusedError`: it cannot be read)."""
        ...

    async def durable(self) -> bool:
        """Wait, at most 100 ms, until all of that is on the disk; whether it is."""
        ...


class Health(Protocol):
    """How the service itself is."""

    def monitoring(self) -> bool:
        """Whether patients are being monitored: what devices say is judged, second by second."""
        ...

    def problems(self) -> list[str]:
        """What staff should know of the service itself, one plain sentence each; empty while all is well."""
        ...
