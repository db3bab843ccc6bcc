"""What staff see of wrong clocks, and of devices that go on and measure nothing; as `test_failure_table`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from bumble.gatt import Service
from bumble.gatt_server import Server

from kapmonitor.codecs.pulse_oximeter import PlxSpotCheck
from simulators import SIMULATORS
from simulators.ble_pulse_oximeter import BlePulseOximeter
from simulators.gatt import indicating, service
from simulators.polar_h10 import HANGS_UP_AFTER_S
from tests.drivers.test_ble_blood_pressure import Calendar
from tests.faulty import running, site, timeline
from tests.simulators.test_failure_table import (
    ALARM_WITHIN_S,
    BACK_WITHIN_S,
    LOST_WITHIN_S,
    OVERDUE_WITHIN_S,
    OXIMETER,
    Watched,
    listen,
)
from tests.warp import warped

AWAY_S = ((175, 55), (355, 55))
"""When the cuff is out of range, from when and for how long: it presses its own button every 3 min."""
WATCHED_AGAIN_S = 540


@warped
async def with_a_clock_that_is_wrong(folder: Path) -> None:
    """What it measures out of range it tells later, three hours old by its clock."""
    away = [("cuff_far", at, lasts, None) for at, lasts in AWAY_S]
    script = {"room-1": timeline(("cuff_wrong_clock", 0, 900, -3), *away)}
    async with running(site(folder, script, {"room-1": ["ble-blood-pressure"]}), Calendar()) as ward:
        started = ward.clock.now()
        async for _ in ward.seconds(WATCHED_AGAIN_S + 40):
            pass
        shown = [at - started for at in ward.pressures]
        told = [(at - started, each) for at, each in ward.events if each.name == "nibp-overdue"]
    first, second = shown
    assert first < AWAY_S[0][0], "it was watched"
    assert second > WATCHED_AGAIN_S, "back without hands: it was watched again"
    assert [each.event for _, each in told] == ["start", "end"]
    assert told[0][0] <= OVERDUE_WITHIN_S
    assert told[1][0] == pytest.approx(second, abs=2)


def test_a_cuff_whose_clock_is_wrong_shows_nothing_new_calls_and_is_back_when_it_is_watched(
    tmp_path: Path,
) -> None:
    with_a_clock_that_is_wrong(tmp_path)


FREEZES_S, FROZEN_S, NOTICED_WITHIN_S = 30, 45, 30


@warped
async def with_an_oximeter_that_has_frozen(folder: Path) -> None:
    script = {"room-1": timeline(("oximeter_stuck", FREEZES_S, FROZEN_S, None))}
    config = site(folder, script, {"room-1": ["viatom-pc60", "heart-rate-strap"]})
    async with running(config, Calendar()) as ward:
        started = ward.clock.now()
        async for _ in ward.seconds(FREEZES_S + FROZEN_S + NOTICED_WITHIN_S):
            pass
        events = [(at - started, each) for at, each in ward.events if each.name == "devices-mismatch"]
        [advice] = {advice for name, _, advice in ward.words if name == "devices-mismatch"}
    assert [(each.event, each.priority) for _, each in events] == [("start", "high"), ("end", "high")]
    assert FREEZES_S < events[0][0] <= FREEZES_S + NOTICED_WITHIN_S
    assert events[1][0] >= FREEZES_S + FROZEN_S
    assert "one repeats itself: take another" in advice


def test_an_oximeter_that_has_frozen_is_noticed_by_the_straps_beats(tmp_path: Path) -> None:
    with_an_oximeter_that_has_frozen(tmp_path)


SET_BY_HAND_S = 50


class SlowClock(BlePulseOximeter):
    """Has the continuous measurement and never tells it, only spot checks by a clock of three hours ago."""

    def services(self, server: Server) -> list[Service]:
        self._spot = indicating(0x2A5E)
        _, *others = super().services(server)
        return [service(0x1822, self._continuous, self._spot), *others]

    async def serve(self) -> None:
        began = self.clock.now()
        async for _, now in self.seconds():
            behind = timedelta(hours=3 if now - began < SET_BY_HAND_S else 0)
            then = (self.clock.utc() - behind).astimezone()
            stamp = (then.year, then.month, then.day, then.hour, then.minute, then.second)
            seen = self.measure(now)
            one = PlxSpotCheck(seen.spo2, seen.pulse_rate, timestamp=stamp)
            await self.indicate(self._spot, one.encode())


@warped
async def with_an_oximeter_whose_clock_is_wrong(folder: Path) -> None:
    watched, told = Watched(), set[str]()
    async with running(site(folder, {"room-1": ""}, {"room-1": OXIMETER}), Calendar()) as ward:
        [oximeter] = ward.clinic._seats.devices.values()
        looking = asyncio.create_task(listen(ward, oximeter, told))
        started = await watched.watch(ward, {"room-1": "spo2"})
        looking.cancel()
        events = [(at - started, each) for at, each in ward.events if each.name == "spo2-unavailable"]
    missing = watched.missing["room-1"]
    assert set(missing.values()) == {"clock_wrong"}
    assert max(missing) <= SET_BY_HAND_S + BACK_WITHIN_S
    assert not any("silent" in each for each in told), told
    assert (events[0][1].event, events[-1][1].event) == ("start", "end")
    assert events[0][0] <= ALARM_WITHIN_S
    words = [f"{text} {advice}" for name, text, advice in ward.words if name == "spo2-unavailable"]
    assert any("by the device's clock it is not of now" in each for each in words), words
    assert any("Set the clock of the device" in each for each in words), words


def test_an_oximeter_whose_clock_is_wrong_is_not_silent_and_staff_are_told_to_set_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SIMULATORS, "ble-pulse-oximeter", f"{__name__}:SlowClock")
    with_an_oximeter_whose_clock_is_wrong(tmp_path)


OFF_S, WITHOUT_SKIN_S = 15, 100


@warped
async def with_a_polar_that_is_taken_off(folder: Path) -> None:
    """Alone, so that nothing else has a rate. It holds its last rate for 45 s, then hangs up and sleeps."""
    script = {"room-1": timeline(("strap_off", OFF_S, WITHOUT_SKIN_S, None))}
    missing: list[int] = []
    async with running(site(folder, script, {"room-1": ["polar-h10"]}), Calendar()) as ward:
        started = ward.clock.now()
        async for second in ward.seconds(OFF_S + WITHOUT_SKIN_S + 20):
            seen = ward.vitals.get("room-1")
            missing += (
                [second] if second > 5 and (seen is None or seen.values["heart_rate"].value is None) else []
            )
        events = [(at - started, each) for at, each in ward.events if each.name == "heart-rate-unavailable"]
    hangs_up = OFF_S + HANGS_UP_AFTER_S
    assert hangs_up - 2 <= min(missing) <= hangs_up + LOST_WITHIN_S
    assert max(missing) <= OFF_S + WITHOUT_SKIN_S + BACK_WITHIN_S, "back without hands"
    assert (events[0][1].event, events[-1][1].event) == ("start", "end")
    assert hangs_up <= events[0][0] <= hangs_up + ALARM_WITHIN_S + LOST_WITHIN_S


def test_a_polar_that_is_taken_off_holds_its_rate_hangs_up_and_is_back_with_skin(tmp_path: Path) -> None:
    with_a_polar_that_is_taken_off(tmp_path)
