"""The service knows whether somebody can see and hear the rooms, and says it where nobody can."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from kapmonitor.alarms.service import Problem, Rooms
from kapmonitor.web.screens import BELIEVED_S, BLOCKED_S, NOTHING_SAID, UNWATCHED_S, Report, Screen, Watch
from tests.web.clinic import Clinic
from tests.web.conftest import Dashboard

TWO = Rooms(("room-1", "room-2"))


@dataclass
class Station:
    """Screens and pagers as the test says they are, at seconds that the test turns."""

    screens: list[Screen] = field(default_factory=list[Screen])
    pager: bool = False
    at: float = 0.0

    def __post_init__(self) -> None:
        self.watch = Watch(lambda: self.screens, lambda: self.pager, lambda: self.at)

    def after(self, seconds: float, rooms: Rooms = TWO) -> list[Problem]:
        """What is wrong so much later, with a look each second."""
        found: list[Problem] = []
        for _ in range(round(seconds)):
            self.at += 1
            found = list(self.watch.problems(rooms))
        return found


def names(found: list[Problem]) -> dict[str, tuple[str, ...]]:
    return {each.alarm: each.rooms for each in found}


def test_a_room_that_is_on_no_screen_for_a_minute_is_an_alarm_that_names_it() -> None:
    station = Station()
    assert station.after(UNWATCHED_S) == []
    assert names(station.after(1)) == {"nobody-watching": ("room-1", "room-2")}
    station.screens = [Screen(watches="room-1", visible=True)]
    assert names(station.after(1)) == {"nobody-watching": ("room-2",)}
    station.screens = [Screen(watches="*", visible=True)]
    assert station.after(1) == []
    station.screens = [Screen(watches="*", visible=False)]
    assert station.after(UNWATCHED_S) == []
    assert names(station.after(1)) == {"nobody-watching": ("room-1", "room-2")}


def test_without_a_session_or_with_a_pager_nobody_needs_to_watch() -> None:
    station = Station()
    assert station.after(2 * UNWATCHED_S, Rooms()) == []
    station.pager = True
    assert station.after(2 * UNWATCHED_S) == []
    station.pager = False
    assert station.after(UNWATCHED_S) == []
    assert names(station.after(1)) == {"nobody-watching": ("room-1", "room-2")}


@pytest.mark.parametrize("word", ["blocked", "failed"])
def test_a_station_that_should_sound_and_cannot_is_an_alarm(word: str) -> None:
    station = Station([Screen(watches="*", visible=True, sound=word)])  # type: ignore[arg-type] # by parametrize
    assert station.after(BLOCKED_S) == []
    assert names(station.after(1)) == {"sound-blocked": ()}
    station.screens.append(Screen(watches="*", visible=True, sound="on"))
    assert station.after(1) == []
    station.screens = [Screen(watches="*", visible=True, sound="off")]
    assert station.after(2 * BLOCKED_S) == []


def test_what_a_page_said_is_believed_for_half_a_minute_and_nonsense_never() -> None:
    at = [100.0]
    report = Report(lambda: at[0])
    assert report.screen == NOTHING_SAID
    for nonsense in ("", "{", b"\xff", '{"visible": 1}', '{"sound": "loud"}', "[]", '{"more": 1}'):
        report.take(nonsense)
        assert report.screen == NOTHING_SAID
    report.take('{"watches": "*", "visible": true, "sound": "on"}')
    at[0] += BELIEVED_S
    assert report.screen == Screen(watches="*", visible=True, sound="on")
    at[0] += 1
    assert report.screen == NOTHING_SAID


async def test_a_page_says_it_on_its_socket(dashboard: Dashboard, clinic: Clinic) -> None:
    async with dashboard.socket() as socket:
        await socket.recv()
        assert clinic.feed.screens() == [NOTHING_SAID]
        await socket.send("nonsense")
        await socket.send('{"watches": "room-1", "visible": true, "sound": "blocked"}')
        async with asyncio.timeout(30):
            while clinic.feed.screens() != [Screen(watches="room-1", visible=True, sound="blocked")]:
                await asyncio.sleep(0.01)
    async with asyncio.timeout(30):
        while clinic.feed.screens():
            await asyncio.sleep(0.01)
