"""Seats, sessions and commands: what is refused is refused whole, and what fails costs only itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from kapmonitor import documents
from kapmonitor.alarms.state import EngineState
from kapmonitor.board import Board, Room
from kapmonitor.clinic import Clinic, Installed
from kapmonitor.clock import Clock
from kapmonitor.config import load_routes
from kapmonitor.device import LinkKind, Report
from kapmonitor.documents import Message
from kapmonitor.errors import RefusedError
from kapmonitor.model import (
    DeviceData,
    DeviceKind,
    DeviceReport,
    DeviceState,
    Moment,
    Origin,
    Route,
    Waveform,
    reading,
)
from kapmonitor.people import Person, Role
from kapmonitor.session.commands import EndSession, GiveDose, StartCuff, StartSession
from kapmonitor.storage import Record
from tests.alarms.script import cuff, default_rules
from tests.sessions import opened

NURSE = Person("nurse-1", Role.MEDICAL)
END = EndSession(reason="the test is over")


class Oximeter:
    """A device that is only configured."""

    kind = DeviceKind.OXIMETER
    link_kind = LinkKind.SERIAL
    model = "test"
    battery: float | None = None
    serial_number = ""
    firmware = ""
    silence_s: Mapping[str, float] = {}
    errors = 0

    async def run(self, link: object, report: Report) -> None:
        raise NotImplementedError


class House:
    """Two rooms with an oximeter each, and everything they said."""

    def __init__(self, record: Record | None = None, clock: Clock | None = None) -> None:
        self.said: list[Message] = []
        self.waves: list[str] = []
        self.clinic = Clinic(
            [("room-1", "a"), ("room-2", "a")],
            [
                Installed(f"ox-{n}", f"room-{n}", "a", "oximeter", Oximeter(), lambda: Origin.SIMULATED)
                for n in (1, 2)
            ],
            default_rules(),
            load_routes(),
            clock or Clock(),
            self.said.append,
            lambda session, *_: self.waves.append(session),
            record=record,
        )

    def start(self, room: str = "room-1", *, drill: bool = True) -> str:
        """A session in onset: from the dose on every absolute limit holds."""
        start = StartSession(room=room, route=Route.SUBLINGUAL, drill=drill)
        session = self.clinic.start(start, by=NURSE)
        self.clinic._command(session, GiveDose(amount=60), NURSE, "")
        return session

    def topics(self) -> set[str]:
        return {message.topic for message in self.said}

    def data(self, device: str, *observations: object) -> None:
        self.clinic.take(DeviceData(device, DeviceKind.OXIMETER, Origin.SIMULATED, observations))  # type: ignore[arg-type] # any observation


@pytest.fixture
def house() -> House:
    return House()


async def test_a_second_session_on_a_seat_is_refused_and_the_first_goes_on(house: House) -> None:
    first = house.start()
    with pytest.raises(RefusedError, match=first):
        house.start()
    await house.clinic.tick()
    assert f"session/{first}/vitals" in house.topics()


def test_of_an_open_session_whose_seat_is_gone_staff_are_told(house: House) -> None:
    now = house.clinic._clock.moment()
    lost = opened(ident="s-lost", room="room-9", at=now)
    house.clinic.restore(lost, EngineState("s-lost"), Origin.SIMULATED, now.utc)
    [problem] = house.clinic.problems()
    assert "s-lost: it was open on room-9/a, which is not in the configuration any more" in problem
    assert "Look at the patient" in problem
    taken = house.start()
    house.clinic.restore(
        opened(ident="s-taken", room="room-1", at=now), EngineState("s-taken"), Origin.SIMULATED, now.utc
    )
    assert "has another open session" in house.clinic.problems()[1]
    assert house.clinic.view(taken).room == "room-1"


def test_an_unknown_seat_is_refused_with_those_there_are(house: House) -> None:
    with pytest.raises(RefusedError, match="room-1/a, room-2/a"):
        house.start("room-9")


async def test_data_of_one_room_never_reach_another(house: House) -> None:
    one, two = house.start("room-1"), house.start("room-2")
    house.data("ox-1", reading("spo2", 97))
    await house.clinic.tick()
    values = {
        m.topic: m.payload.values["spo2"].value for m in house.said if isinstance(m.payload, documents.Vitals)
    }
    assert values == {f"session/{one}/vitals": 97, f"session/{two}/vitals": None}


async def test_without_a_session_data_go_nowhere(house: House) -> None:
    house.data("ox-1", reading("spo2", 50), Waveform("pleth", [1, 2], 60))
    await house.clinic.tick()
    assert not [topic for topic in house.topics() if topic.startswith(("session", "alarm"))]
    assert house.waves == []


def test_waveforms_go_to_the_screen_unless_refused(house: House) -> None:
    drill = house.start("room-1", drill=True)
    house.start("room-2", drill=False)
    for device in ("ox-1", "ox-2"):
        house.data(device, Waveform("pleth", [1, 2], 60))
    assert house.waves == [drill]


async def test_what_is_measured_is_recorded(tmp_path: Path) -> None:
    async with Record.open(f"sqlite+aiosqlite:///{tmp_path}/record.db") as record:
        house = House(record)
        session = house.start()
        house.data("ox-1", reading("spo2", 97), Waveform("pleth", [1, 2], 60))
        await house.clinic.tick()
        await house.clinic.do(session, END, by=NURSE)
        assert await record.durable(30)
        found = await record.past.history(session, Clock().moment())
    assert found is not None
    assert found.numerics["spo2"].raw.tolist() == [97.0]
    assert [block.values.tolist() for block in found.waves["pleth"]] == [[1.0, 2.0]]


def test_an_acknowledgement_names_an_alarm_of_an_open_session(house: House) -> None:
    house.start()
    house.data("ox-1", cuff(190, 120))
    [alarm] = [m.payload for m in house.said if isinstance(m.payload, documents.Alarm)]
    house.clinic.acknowledge(alarm.alarm, alarm.seq, by=NURSE)
    acknowledged = [m.payload for m in house.said if isinstance(m.payload, documents.Alarm)][-1]
    assert (acknowledged.acknowledged, acknowledged.acknowledged_by) == (True, "nurse-1")
    with pytest.raises(RefusedError, match="no open session"):
        house.clinic.acknowledge("elsewhere-1", 1, by=NURSE)


async def test_a_cuff_that_is_not_there_cannot_be_started(house: House) -> None:
    with pytest.raises(RefusedError, match="no cuff"):
        await house.clinic.do(house.start(), StartCuff(), by=NURSE)


async def test_an_ended_session_frees_its_seat_and_empties_its_topics(house: House) -> None:
    session = house.start()
    await house.clinic.tick()
    await house.clinic.do(session, END, by=NURSE)
    assert {m.topic for m in house.said if m.payload is None} == {
        f"session/{session}/meta",
        f"session/{session}/state",
        f"session/{session}/snapshot",
    }
    with pytest.raises(RefusedError, match="no open session"):
        await house.clinic.do(session, END, by=NURSE)


def test_a_device_report_becomes_status_info_and_the_alarms_cause(house: House) -> None:
    house.start()
    house.clinic.report(
        DeviceReport("ox-1", DeviceKind.OXIMETER, DeviceState.LOST, "cable pulled", "plug it in")
    )
    said = {m.topic: m.payload for m in house.said}
    assert said["device/ox-1/status"] == "offline"
    info = said["device/ox-1/info"]
    assert isinstance(info, documents.DeviceInfo)
    assert (info.text, info.advice, info.origin) == ("cable pulled", "plug it in", "simulated")


def test_what_a_port_leads_to_is_asked_anew_with_each_word_of_its_supervisor(house: House) -> None:
    leads_to = Origin.LIVE
    house.clinic._seats.devices["ox-1"].origin = lambda: leads_to

    def info() -> object:
        return next(m.payload for m in reversed(house.said) if m.topic == "device/ox-1/info")

    def report(state: DeviceState) -> None:
        house.clinic.report(DeviceReport("ox-1", DeviceKind.OXIMETER, state, ""))

    report(DeviceState.CONNECTING)
    assert isinstance(found := info(), documents.DeviceInfo)
    assert found.origin is Origin.LIVE
    leads_to = Origin.SIMULATED  # its name is another device's from now on
    report(DeviceState.LIVE)
    assert isinstance(found := info(), documents.DeviceInfo)
    assert found.origin is Origin.SIMULATED


async def test_a_monitor_that_fails_costs_no_other_room_its_second(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.start("room-1")
    two = house.start("room-2")

    def broken(*_: object) -> list[Message]:
        raise ZeroDivisionError

    [first, _] = house.clinic._seats.monitors()
    monkeypatch.setattr(first, "tick", broken)
    await house.clinic.tick()
    assert f"session/{two}/vitals" in house.topics()


async def test_a_session_that_ends_during_the_second_is_not_brought_back(house: House) -> None:
    """The loop has its turn between two sessions, and somebody ends one just then."""
    house.start("room-1")
    two = house.start("room-2")
    second = asyncio.create_task(house.clinic.tick())
    await asyncio.sleep(0)
    await house.clinic.do(two, END, by=NURSE)
    await second
    said = {message.topic: message.payload for message in house.said if f"/{two}/" in message.topic}
    assert said[f"session/{two}/snapshot"] is None
    assert f"session/{two}/vitals" not in said


async def test_a_reading_in_the_middle_of_the_second_does_not_make_time_fall(house: House) -> None:
    house.start("room-1")
    two = house.start("room-2")
    second = asyncio.create_task(house.clinic.tick())
    await asyncio.sleep(0)
    house.data("ox-2", reading("spo2", 97))
    await second
    ages = [m.payload.values["spo2"].age_s for m in house.said
            if m.topic == f"session/{two}/vitals" and isinstance(m.payload, documents.Vitals)]  # fmt: skip
    assert ages == [0.0]


class Hands(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 0.0

    def moment(self) -> Moment:
        now = super().moment()
        return Moment(now.at + self.ahead, now.utc + timedelta(seconds=self.ahead))


async def test_a_pulse_without_a_session_asks_after_two_minutes_until_one_is_started() -> None:
    clock = Hands()
    house = House(clock=clock)
    board = Board([Room("room-1"), Room("room-2")], {})
    asked: dict[float, str] = {}
    for clock.ahead in (*range(0, 130, 5), 141.0):
        if clock.ahead < 130:
            house.data("ox-1", reading("pulse_rate", 70))
        await house.clinic.tick()
        asked[clock.ahead] = shown(house, board)
    assert [at for at, text in asked.items() if text] == [120, 125]
    assert "no session is open" in asked[120]
    for clock.ahead in range(200, 330, 5):
        house.data("ox-1", reading("pulse_rate", 70))
        await house.clinic.tick()
    assert shown(house, board)
    house.start()
    assert not shown(house, board)


def shown(house: House, board: Board) -> str:
    """What is asked about the first room, as the wall would show it; nothing of the second."""
    for message in house.said:
        board.apply(message)
    house.said.clear()
    one, two = board.picture(Clock().utc()).places
    assert not two.question
    return one.question
