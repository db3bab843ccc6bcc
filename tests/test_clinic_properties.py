"""Whatever people do and devices say, in whatever order: each seat keeps to itself, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kapmonitor.alarms.engine import Transition
from kapmonitor.alarms.state import EngineState
from kapmonitor.documents import Alarm, AlarmEvent, Message, Nibp, Snapshot, Vitals
from kapmonitor.errors import KapmonitorError
from kapmonitor.model import DeviceData, DeviceKind, Moment, Observation, Origin, Phase, Route, reading
from kapmonitor.people import Person, Role
from kapmonitor.session import commands
from kapmonitor.session.entries import Dose, Entry, PhaseEntered
from kapmonitor.session.session import Session
from tests.alarms.script import cuff
from tests.house import House

NURSE = Person("nurse-1", Role.MEDICAL)
ROOMS = ("room-1", "room-2", "room-3")


class Kept:
    """A record in memory: the entries that it was given, and the sessions as they are."""

    def __init__(self) -> None:
        self.entries: dict[str, list[Entry]] = {}
        self.sessions: dict[str, Session] = {}
        self.past = None

    def begin(self, session: Session, origin: Origin) -> None:
        del origin
        self.sessions[session.id] = session
        self._keep(session, session.entries)

    def save(
        self,
        session: Session,
        state: EngineState,
        transitions: Iterable[Transition],
        entries: Iterable[Entry],
        moment: Moment,
    ) -> None:
        del state, transitions, moment
        self._keep(session, entries)

    def _keep(self, session: Session, entries: Iterable[Entry]) -> None:
        known = self.entries.setdefault(session.id, [])
        known += [each for each in entries if each.seq > len(known)]

    def __getattr__(self, name: str) -> Any:
        """Everything else of a record makes no difference here."""
        return lambda *_, **__: None


rooms, numbers = st.sampled_from(ROOMS), st.sampled_from((1, 2, 3))
whoses = st.integers(0, 5)
"""Which of all sessions there ever were, counted from the newest."""
acts = st.one_of(
    st.tuples(st.just("start"), rooms),
    st.tuples(st.just("data"), numbers),
    st.tuples(st.just("data"), numbers),
    st.tuples(st.just("cuff"), numbers),
    st.tuples(st.just("move"), whoses, rooms),
    st.tuples(st.just("swap"), whoses, numbers),
    st.tuples(st.just("end"), whoses),
    st.tuples(st.just("reopen"), whoses),
    st.tuples(st.just("dose"), whoses),
    st.tuples(st.just("phase"), whoses, st.sampled_from(Phase)),
    st.tuples(st.just("note"), whoses),
    st.tuples(st.just("away"), st.just(700.0)),
)


class World:
    """The clinic, and what the test itself knows of where everything is."""

    def __init__(self) -> None:
        self.kept = Kept()
        self.house = House(self.kept, ("uneventful",) * 3)  # type: ignore[arg-type] # as much of a record as is used
        self.sessions: list[str] = []
        self.where: dict[str, str] = {}
        self.devices = {n: f"room-{n}" for n in (1, 2, 3)}
        self.owner: dict[float, str | None] = {}
        self._heard = 0

    async def act(self, what: str, *how: Any) -> None:
        """One thing happens; what is refused changes nothing."""
        before = self._all()
        try:
            await getattr(self, what)(*how)
        except KapmonitorError:
            assert self._all() == before
        self.house.clock.at += 1
        await self.house.clinic.tick()
        self._listen()

    def _all(self) -> tuple[bytes, Any]:
        found = {name: one.entries for name, one in self.kept.sessions.items()}
        installed = self.house.clinic._seats.devices
        return msgspec.json.encode(found), {name: (each.room, each.seat) for name, each in installed.items()}

    def _session(self, index: int) -> str:
        return self.sessions[-1 - index % len(self.sessions)] if self.sessions else "none"

    async def start(self, room: str) -> None:
        what = commands.StartSession(room=room, route=Route.INTRAMUSCULAR, drill=True)
        session = self.house.clinic.start(what, by=NURSE)
        assert session not in self.sessions
        assert room not in self.where.values()
        self.sessions.append(session)
        self.where[session] = room

    async def data(self, number: int) -> None:
        self._take(number, DeviceKind.STRAP, [reading("heart_rate", self._unique(number, 60))])

    async def cuff(self, number: int) -> None:
        self._take(number, DeviceKind.CUFF, [cuff(self._unique(number, 150), 90)])

    def _unique(self, number: int, least: int) -> float:
        """A number that nobody else has, of whoever is on the seat where device `number` is."""
        value = float(least + len(self.owner))
        room = self.devices[number]
        self.owner[value] = next((each for each, at in self.where.items() if at == room), None)
        return value

    def _take(self, number: int, kind: DeviceKind, observations: list[Observation]) -> None:
        self.house.clinic.take(DeviceData(f"{kind}-{number}", kind, Origin.SIMULATED, observations))

    async def _do(self, index: int, command: commands.Command) -> str:
        session = self._session(index)
        await self.house.clinic.do(session, command, by=NURSE)
        return session

    async def move(self, index: int, room: str) -> None:
        session = await self._do(index, commands.Move(room=room))
        assert room not in {at for other, at in self.where.items() if other != session}
        self.where[session] = room

    async def swap(self, index: int, new: int) -> None:
        room = self.where.get(self._session(index))
        old = next((number for number, at in self.devices.items() if at == room), new)
        for kind in DeviceKind:
            names = f"{kind}-{old}", f"{kind}-{new}"
            await self._do(index, commands.SwapDevice(old=names[0], new=names[1], seen=names[1]))
        self.devices[old], self.devices[new] = self.devices[new], self.devices[old]

    async def end(self, index: int) -> None:
        del self.where[await self._do(index, commands.EndSession(reason="over"))]

    async def reopen(self, index: int) -> None:
        session = await self._do(index, commands.Reopen(reason="a mistake"))
        room = self.kept.sessions[session].room
        assert room not in self.where.values()
        self.where[session] = room

    async def dose(self, index: int) -> None:
        await self._do(index, commands.GiveDose(amount=50, reason="so it was"))

    async def phase(self, index: int, phase: Phase) -> None:
        await self._do(index, commands.SetPhase(phase=phase, reason="so it was"))

    async def note(self, index: int) -> None:
        await self._do(index, commands.WriteNote(text="calm"))

    async def away(self, seconds: float) -> None:
        self.house.clock.at += seconds

    def _listen(self) -> None:
        """Every number that was said belongs to the session of which it was said."""
        for message in self.house.said[self._heard :]:
            whose, values = _said(message)
            for value in values:
                assert self.owner[value] == whose, f"{value} was said of {whose}"
        self._heard = len(self.house.said)


def _said(message: Message) -> tuple[str, list[float]]:
    """Of which session, and which numbers as they were read."""
    whose, payload = message.topic.split("/")[1], message.payload
    match payload:
        case Vitals():
            values = _rates(payload)
        case Snapshot():
            values = _rates(payload.vitals) if payload.vitals else []
            values += [payload.nibp.systolic] if payload.nibp else []
        case Nibp():
            values = [payload.systolic]
        case Alarm() | AlarmEvent() if payload.name.startswith(("heart-rate-h", "blood-pressure")):
            whose, values = payload.session, [payload.value]
        case _:
            values = []
    return whose, [each for each in values if each is not None]


def _rates(vitals: Vitals) -> list[float | None]:
    return [one.raw for name, one in vitals.values.items() if name == "heart_rate"]


@settings(max_examples=20)
@given(found=st.lists(acts, min_size=10, max_size=40))
def test_seats_keep_to_themselves_and_no_entry_is_lost(found: list[tuple[Any, ...]]) -> None:
    async def run() -> World:
        world = World()
        await world.act("start", "room-1")
        await world.act("start", "room-2")
        for what in found:
            await world.act(*what)
        await asyncio.sleep(0)
        return world

    world = asyncio.run(run())
    for name, session in world.kept.sessions.items():
        lines = world.kept.entries[name]
        assert lines == session.entries
        assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
        for before, line in pairwise(lines):
            if isinstance(line.what, PhaseEntered) and line.what.phase is Phase.ONSET:
                assert isinstance(before.what, Dose)
