"""A session in which nothing happens: few taps, and a record and a form that are whole."""

from __future__ import annotations

from typing import get_args

import pytest

from kapmonitor.model import Phase, Route
from kapmonitor.session import commands, entries
from kapmonitor.session.entries import Item
from kapmonitor.session.form import form
from kapmonitor.session.record import record
from tests.session.seat import NURSE, Seat

MOST_ACTIONS = 15


def uneventful(route: Route) -> Seat:
    seat = Seat(route).ready().dosed()
    seat.wait(110)
    seat.do(commands.LogEvent(kind="sedation", score=5))
    seat.wait(10)
    seat.do(commands.SetPhase(phase=Phase.DISCHARGE))
    seat.wait(1)
    for item in get_args(Item):
        seat.do(commands.SignItem(item=item))
    seat.do(commands.EndSession())
    return seat


@pytest.mark.parametrize("route", list(Route))
def test_an_uneventful_session_takes_few_actions_of_staff(route: Route) -> None:
    seat = uneventful(route)
    assert seat.session.ended is not None
    assert seat.session.ended[2] == entries.Ended()
    assert seat.actions <= MOST_ACTIONS
    phases = [
        entry.what.phase for entry in seat.session.entries if isinstance(entry.what, entries.PhaseEntered)
    ]
    course = [Phase.BASELINE, Phase.READY, Phase.ONSET, Phase.PEAK, Phase.RECOVERY, Phase.DISCHARGE]
    assert phases == course


@pytest.mark.parametrize("route", list(Route))
def test_its_form_is_whole_and_nothing_of_it_was_typed_that_a_device_knows(route: Route) -> None:
    seat = uneventful(route)
    filled = form(seat.session, seat.around.table)
    assert filled.missing == ()
    assert filled.medicines == ()
    assert filled.monitored_by == (NURSE.id,)
    assert filled.pressure_before is not None
    assert filled.pressure_after_40_min is not None
    assert abs((filled.pressure_after_40_min.minute or 0) - 40) <= 5
    assert filled.total_min == pytest.approx(121, abs=0.2)
    assert (filled.acceptable_before, filled.acceptable_after, filled.ready_earlier) == (True, True, False)
    assert not filled.sedation.seen
    assert not any(isinstance(entry.what, entries.Typed) for entry in seat.session.entries)


def test_its_record_holds_every_entry_once() -> None:
    seat = uneventful(Route.INTRAMUSCULAR)
    chapters = record(seat.session).chapters.values()
    found = sorted(line.entry for lines in chapters for line in lines)
    assert found == [entry.seq for entry in seat.session.entries]
