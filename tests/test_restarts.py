"""What staff did before a restart of the service holds after it: swaps, ends that were mistakes, keys."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.errors import UnknownError
from kapmonitor.keeper import repeats_of
from kapmonitor.model import Phase, Route
from kapmonitor.people import Person, Role
from kapmonitor.session.around import USUAL
from kapmonitor.session.commands import (
    EndSession,
    GiveDose,
    LogEvent,
    Move,
    Reopen,
    SetPhase,
    StartSession,
    SwapDevice,
)
from kapmonitor.storage.record import Record
from tests.alarms.script import default_rules
from tests.house import House, url

NURSE = Person("nurse-1", Role.MEDICAL)
END, MISTAKE = EndSession(reason="over"), Reopen(reason="the wrong room")
THREE = ("uneventful",) * 3


def start(house: House, room: str = "room-1", key: str = "") -> str:
    what = StartSession(room=room, route=Route.INTRAMUSCULAR, drill=True)
    return house.clinic.start(what, by=NURSE, key=key)


def places(house: House) -> dict[str, str]:
    return {name: each.room for name, each in house.clinic._seats.devices.items() if "oximeter" in name}


async def test_devices_that_were_swapped_are_in_their_places_again(tmp_path: Path) -> None:
    """Also where the session has moved on since, and where another one took what was put away."""
    async with Record.open(url(tmp_path)) as record:
        house = House(record, THREE)
        one, two = start(house, "room-1"), start(house, "room-2")
        clinic = house.clinic
        await clinic.do(one, SwapDevice(old="oximeter-1", new="oximeter-3", seen="oximeter-3"), by=NURSE)
        await house.second()
        await clinic.do(one, Move(room="room-3"), by=NURSE)
        await house.second()
        await clinic.do(two, SwapDevice(old="oximeter-2", new="oximeter-3", seen="oximeter-3"), by=NURSE)
        before = places(house)
    assert before == {"oximeter-1": "room-3", "oximeter-2": "room-1", "oximeter-3": "room-2"}
    async with Record.open(url(tmp_path)) as record:
        house.record = record
        await house.restart(away_s=5)
        assert places(house) == before
        await house.second()
        assert {each["device"] for each in msgspec.to_builtins(
            [entry.what for entry in house.clinic.entries(two)]) if each["kind"] == "device-used"
        } >= {"oximeter-2", "oximeter-3"}  # fmt: skip


async def test_an_end_that_was_a_mistake_can_be_taken_back_after_a_restart(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        house = House(record)
        session = start(house)
        await house.clinic.do(session, SetPhase(phase=Phase.BASELINE), by=NURSE)
        await house.clinic.do(session, GiveDose(amount=50, reason="no baseline"), by=NURSE)
        await house.clinic.do(session, LogEvent(kind="help"), by=NURSE)
        called = house.alarm("help")
        await house.second()
        await house.clinic.do(session, END, by=NURSE)
    async with Record.open(url(tmp_path)) as record:
        house.record = record
        await house.restart(away_s=120)
        assert house.clinic.view(session).ended is not None
        await house.clinic.do(session, MISTAKE, by=NURSE)
        await house.second()
        assert house.clinic.view(session).phase == Phase.ONSET
        again = house.alarm("help")
        assert (again.alarm, again.state) == (called.alarm, "active")
        assert again.seq > called.seq
        await house.clinic.do(session, END, by=NURSE)
        await house.wait(11)
    async with Record.open(url(tmp_path)) as record:
        assert await record.restart.ended_sessions(house.clock.moment(), 3600) != []
        house.record = record
        await house.restart(away_s=5)
        with pytest.raises(UnknownError, match="more than 10 minutes ago"):
            await house.clinic.do(session, MISTAKE, by=NURSE)


async def test_a_start_that_is_sent_again_after_a_restart_is_done_once(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        house = House(record)
        session = start(house, key="k-1")
    async with Record.open(url(tmp_path)) as record:
        house.record = record
        await house.restart(away_s=5)
        assert start(house, key="k-1") == session


def test_which_pressures_are_repeated_stands_in_the_rules_of_the_site() -> None:
    assert repeats_of(default_rules()) == USUAL
    changed = default_rules().with_limits(
        {
            "blood-pressure-critical": {"systolic": 176, "diastolic": 108},
            "blood-pressure-low": {"limit": 88},
            "blood-pressure-critical-low": {"fall_below": 98, "fall_percent": 25},
        }
    )
    found = repeats_of(changed)
    assert (found.systolic_high, found.diastolic_high, found.systolic_low) == (176, 108, 88)
    assert (found.fall_below, found.fall_percent) == (98, 25)
    assert repeats_of(RuleSet(())) == USUAL
