"""Whatever happens in whatever order: one inflation at a time, a stop stays one, every try ends."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kapmonitor.model import Origin, Phase
from kapmonitor.session import entries
from kapmonitor.session.around import CuffDoing
from kapmonitor.session.cuff import AFTER_STOP_S, ANSWERS_WITHIN_S, RETRIES, RETRY_AFTER_S, Start
from kapmonitor.session.entries import Measured
from kapmonitor.session.timetable import due
from tests.session.cuff_room import Room, doubtful, pressure

ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["ask", "stop", "not-now", "series", "away", "back", "restroom", "low", "fine", "peak", "typed"]
        ),
        st.integers(1, 150),
    ),
    max_size=15,
)
ANSWERS: st.SearchStrategy[Measured | str | None] = st.sampled_from(
    [
        pressure(120, 80),
        pressure(190, 100),
        pressure(85, 50),
        doubtful(120, 118),
        "leak",
        "out_of_range",
        None,
    ]
)
TRIES_AT_MOST_S = (RETRIES + 1) * ANSWERS_WITHIN_S + RETRIES * (RETRY_AFTER_S + 1)


def act(room: Room, what: str) -> None:
    match what:
        case "ask":
            room.ask()
        case "stop":
            room.stop()
        case "not-now":
            room.enter(entries.CuffDeferred(minutes=5))
        case "series":
            room.enter(entries.CuffSeries(minutes=5))
        case "away" | "back":
            room.doing = CuffDoing.AWAY if what == "away" else CuffDoing.IDLE
        case "restroom":
            room.enter(entries.Interrupted(minutes=3, with_whom="nurse"))
        case "low" | "fine":
            room.spo2_low = what == "low"
        case "peak":
            room.phase(Phase.PEAK)
        case _:
            room.measure(pressure(185, 100, origin=Origin.MANUAL))


def played(acts: list[tuple[str, int]], answers: list[Measured | str | None]) -> Room:
    room = Room(lambda count: answers[count % len(answers)], arms=entries.Arms(cuff="left", oximeter="left"))
    room.phase(Phase.ONSET)
    for what, wait in acts:
        act(room, what)
        room.run(wait)
    return room


MANY = st.lists(ANSWERS, min_size=1, max_size=9)


@settings(max_examples=15, deadline=None)
@given(ACTS, MANY)
def test_one_at_a_time_at_most_two_retries_and_a_stop_holds(
    acts: list[tuple[str, int]], answers: list[Measured | str | None]
) -> None:
    room = played(acts, answers)
    running = False
    for each in room.heard:
        if isinstance(each, Start):
            assert not running
        running = isinstance(each, Start)
    assert all(1 <= tries <= RETRIES + 1 for _, tries in room.failures)
    by_itself = [at for at, _ in room.starts if at not in room.asked_at]
    for stopped_at in room.stopped_at:
        assert not any(stopped_at < at < stopped_at + AFTER_STOP_S for at in by_itself)


@settings(max_examples=15, deadline=None)
@given(ACTS, MANY)
def test_what_is_due_is_taken_or_failed_or_overdue_within_its_bound(
    acts: list[tuple[str, int]], answers: list[Measured | str | None]
) -> None:
    """`trying` is what keeps `nibp-overdue` waiting: it never lasts longer than all its tries."""
    room = played(acts, answers)
    room.doing, room.spo2_low = CuffDoing.IDLE, False
    room.stop()
    room.told.clear()
    room.heard.clear()
    wanted = due(room.session, room.table)
    assert wanted is not None
    room.run(max(AFTER_STOP_S, wanted.at - room.now, wanted.interval_s) + TRIES_AT_MOST_S)
    assert any(isinstance(each, Start) for _, each in room.told)
    assert any(isinstance(each, Measured | entries.CuffFailed) for each in room.heard)


@settings(max_examples=15, deadline=None)
@given(ACTS, MANY)
def test_trying_always_comes_to_an_end(
    acts: list[tuple[str, int]], answers: list[Measured | str | None]
) -> None:
    room = played(acts, answers)
    room.doing = CuffDoing.AWAY
    room.run(ANSWERS_WITHIN_S + RETRY_AFTER_S * 2 + 1)
    assert not room.control.trying(room.now)
