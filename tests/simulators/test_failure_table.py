"""What staff see of each Bluetooth failure, how long until the alarm, and that it mends itself.

In jumping time: real drivers, supervisors and clinic, the virtual radio, simulated people. The rows are those
of docs/risk/bluetooth.md.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

import pytest
from bumble.gatt import Service
from bumble.gatt_server import Server

from kapmonitor.clinic import Installed
from kapmonitor.errors import LinkLostError
from kapmonitor.model import DeviceState
from simulators import SIMULATORS
from simulators.events import EventKind
from simulators.gatt import device_information
from simulators.heart_rate_strap import HeartRateStrap
from tests.bluetooth import STRAP, on_air, person, room
from tests.drivers.test_ble_blood_pressure import Calendar
from tests.faulty import Ward, running, site, timeline
from tests.warp import WarpClock, warped

BEGINS_S, LASTS_S, ENDS_S, WATCHED_S = 15, 35, 50, 70
OVERDUE_WITHIN_S = 420
"""The timetable of the first minutes after the dose: every 5 min, and a quarter of that later."""
LOST_WITHIN_S, ALARM_WITHIN_S, BACK_WITHIN_S = 8, 20, 10
OXIMETER, STRAP_AND_OXIMETER = ["ble-pulse-oximeter"], ["heart-rate-strap", "ble-pulse-oximeter"]


class Failure(NamedTuple):
    """What is scripted, what is worn, which quantity has no number and why, which alarm calls, if any."""

    event: EventKind
    worn: list[str]
    quantity: str
    reason: str
    alarm: str | None


FAILURES = {
    "strap-silent": Failure("strap_silent", STRAP_AND_OXIMETER, "heart_rate", "stale", None),
    "hung-up": Failure("strap_held", ["heart-rate-strap"], "heart_rate", "stale", "heart-rate-unavailable"),
    "strap-off": Failure("strap_off", STRAP_AND_OXIMETER, "heart_rate", "out_of_range", None),
    "silent": Failure("oximeter_silent", OXIMETER, "spo2", "stale", "spo2-unavailable"),
    "far": Failure("oximeter_far", OXIMETER, "spo2", "stale", "spo2-unavailable"),
    "held": Failure("oximeter_held", OXIMETER, "spo2", "stale", "spo2-unavailable"),
    "gone": Failure("oximeter_gone", OXIMETER, "spo2", "stale", "spo2-unavailable"),
    "stored": Failure("oximeter_stored", OXIMETER, "spo2", "stale", "spo2-unavailable"),
    "no-number": Failure("oximeter_not_a_number", OXIMETER, "spo2", "not_a_number", "spo2-unavailable"),
}


class Watched:
    """The seconds in which each room's quantity had no number, with the reasons."""

    def __init__(self) -> None:
        self.missing: dict[str, dict[int, str | None]] = {}

    async def watch(self, ward: Ward, quantities: dict[str, str]) -> float:
        """Look once a second; the clock's time at the beginning."""
        started = ward.clock.now()
        async for second in ward.seconds(WATCHED_S):
            for name, quantity in quantities.items():
                seen = ward.vitals[name].values[quantity] if name in ward.vitals else None
                if second > 5 and (seen is None or seen.value is None):
                    self.missing.setdefault(name, {})[second] = None if seen is None else seen.reason
        return started


@warped
async def in_rooms_of_their_own(folder: Path) -> None:
    scripts = {name: timeline((each.event, BEGINS_S, LASTS_S, None)) for name, each in FAILURES.items()}
    config = site(folder, scripts, {name: each.worn for name, each in FAILURES.items()})
    watched = Watched()
    async with running(config, Calendar()) as ward:
        started = await watched.watch(ward, {name: each.quantity for name, each in FAILURES.items()})
        told = [(at - started, each) for at, each in ward.events]
    for name, failure in FAILURES.items():
        missing = watched.missing[name]
        assert BEGINS_S - 2 <= min(missing) <= BEGINS_S + LOST_WITHIN_S, name
        assert ENDS_S - 2 <= max(missing) <= ENDS_S + BACK_WITHIN_S, f"{name}: back without hands"
        assert set(missing.values()) == {failure.reason}, name
        mine = [(at, each.event) for at, each in told if each.room == name and each.name == failure.alarm]
        if failure.alarm is None:
            assert not [each for _, each in told if each.room == name and "unavailable" in each.name], name
            continue
        assert mine[0][1] == "start", name
        assert mine[0][0] <= BEGINS_S + ALARM_WITHIN_S, name
        assert mine[-1][1] == "end", name
        assert mine[-1][0] <= ENDS_S + BACK_WITHIN_S, name


def test_each_failure_shows_alarms_and_mends_itself(tmp_path: Path) -> None:
    in_rooms_of_their_own(tmp_path)


@warped
async def with_an_adapter_that_hangs(folder: Path) -> None:
    script = {"room-1": timeline(("adapter_hang", BEGINS_S, LASTS_S, None))}
    watched = Watched()
    async with running(site(folder, script, {"room-1": STRAP_AND_OXIMETER}), Calendar()) as ward:
        started = await watched.watch(ward, {"room-1": "spo2"})
        told = [(at - started, each) for at, each in ward.events if each.name == "spo2-unavailable"]
    assert min(watched.missing["room-1"]) <= BEGINS_S + LOST_WITHIN_S
    assert max(watched.missing["room-1"]) < WATCHED_S - 2, "back without hands"
    assert (told[0][1].event, told[-1][1].event) == ("start", "end")
    assert told[0][0] <= BEGINS_S + ALARM_WITHIN_S
    assert "high" in {each.priority for at, each in told if at <= BEGINS_S + 32}, "nothing at all is measured"


def test_an_adapter_that_hangs_alarms_as_nothing_measured_and_comes_back(tmp_path: Path) -> None:
    with_an_adapter_that_hangs(tmp_path)


@warped
async def with_an_adapter_that_is_full(folder: Path) -> None:
    """From the beginning: whoever is connected stays so."""
    script = {"room-1": timeline(("slots_exhausted", 0, LASTS_S, 0))}
    watched, told = Watched(), set[str]()
    async with running(site(folder, script, {"room-1": OXIMETER}), Calendar()) as ward:
        [oximeter] = ward.clinic._seats.devices.values()
        looking = asyncio.create_task(listen(ward, oximeter, told))
        started = await watched.watch(ward, {"room-1": "spo2"})
        looking.cancel()
        events = [(at - started, each) for at, each in ward.events if each.name == "spo2-unavailable"]
    assert max(watched.missing["room-1"]) <= LASTS_S + BACK_WITHIN_S, "back without hands"
    assert any("failed" in each for each in told), told
    assert (events[0][1].event, events[-1][1].event) == ("start", "end")
    assert events[0][0] <= ALARM_WITHIN_S


async def listen(ward: Ward, device: Installed, told: set[str]) -> None:
    """Every text that staff are told about `device`."""
    while True:
        told |= {device.report.text} if device.report is not None else set()
        await ward.clock.sleep(0.1)


def test_one_device_too_many_shows_alarms_and_connects_when_there_is_room(tmp_path: Path) -> None:
    with_an_adapter_that_is_full(tmp_path)


@warped
async def with_a_lost_bond(folder: Path) -> None:
    script = {"room-1": timeline(("cuff_bond_lost", BEGINS_S, 10, None))}
    config = site(folder, script, {"room-1": ["ble-blood-pressure"]})
    async with running(config, Calendar()) as ward:
        async for _ in ward.seconds(BEGINS_S + 20):
            pass
        [cuff] = ward.clinic._seats.devices.values()
        assert cuff.report is not None
        assert cuff.report.state is DeviceState.NEEDS_PAIRING
        assert "pairing mode" in cuff.report.advice
        async for _ in ward.seconds(OVERDUE_WITHIN_S):
            if any(each.name == "nibp-overdue" for _, each in ward.events):
                return
        raise AssertionError("nobody was told that there is no blood pressure")


def test_a_cuff_that_lost_its_bond_says_what_a_person_has_to_do(tmp_path: Path) -> None:
    with_a_lost_bond(tmp_path)


UNACCEPTABLE_CONNECTION_PARAMETERS = 0x3B
HANGS_UP_EVERY_S = 30


class Offended(HeartRateStrap):
    """Hangs up half a minute after each connection, because it did not get the parameters it wants."""

    async def serve(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(super().serve())
            group.create_task(self._hang_up())

    async def _hang_up(self) -> None:
        while True:
            while not self.connected:
                await self.clock.sleep(0.5)
            await self.clock.sleep(HANGS_UP_EVERY_S)
            await self.disconnect(UNACCEPTABLE_CONNECTION_PARAMETERS)


@warped
async def with_a_strap_that_hangs_up_again_and_again(folder: Path) -> None:
    watched, told = Watched(), set[str]()
    async with running(site(folder, {"room-1": ""}, {"room-1": ["heart-rate-strap"]}), Calendar()) as ward:
        [strap] = ward.clinic._seats.devices.values()
        looking = asyncio.create_task(listen(ward, strap, told))
        await watched.watch(ward, {"room-1": "heart_rate"})
        looking.cancel()
        events = [each for _, each in ward.events if each.name == "heart-rate-unavailable"]
    assert any("lost" in each for each in told), told
    assert not watched.missing, "back without hands, before the last number is too old"
    assert not events, "it is back before anybody has to be called"


def test_a_strap_that_hangs_up_every_half_minute_is_back_before_anybody_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SIMULATORS, "heart-rate-strap", f"{__name__}:Offended")
    with_a_strap_that_hangs_up_again_and_again(tmp_path)


@pytest.mark.parametrize("reason", [UNACCEPTABLE_CONNECTION_PARAMETERS, 0x3E, 0x08, 0x13])
@warped
async def test_a_strap_that_drops_the_link_for_any_reason_is_connected_to_again(reason: int) -> None:
    clock = WarpClock()
    strap = HeartRateStrap(person(clock), clock, seed=1)
    async with room(clock, (strap, STRAP)) as (_, adapter):
        async with adapter.connector(STRAP)() as link:
            await asyncio.gather(clock.sleep(1), strap.disconnect(reason))
            with pytest.raises(LinkLostError):
                await link.lost()
        async with adapter.connector(STRAP)() as link:
            assert await link.read("2a38") == b"\1"


class Updated(HeartRateStrap):
    """The same strap after an update of its firmware: everything has another handle."""

    def services(self, server: Server) -> list[Service]:
        return [device_information("new", "name"), *reversed(super().services(server))]


@warped
async def test_a_device_whose_table_of_services_changed_is_looked_at_anew() -> None:
    clock = WarpClock()
    handles: list[int] = []
    body = person(clock)
    async with room(clock) as (radio, adapter):
        for kind in (HeartRateStrap, Updated):
            strap = kind(body, clock, seed=1)
            async with on_air(radio, (strap, STRAP)), adapter.connector(STRAP)() as link:
                assert await link.read("2a38") == b"\1"
                handles.append(link._find("2a37").handle)  # type: ignore[attr-defined]  # BleLink's own
    assert handles[0] != handles[1]
