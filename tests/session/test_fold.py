"""A session is its entries: the same entries make the same session, and none may be missing."""

from __future__ import annotations

import msgspec
import pytest

from kapmonitor.model import Phase, Route
from kapmonitor.session import commands, entries
from kapmonitor.session.entries import AnyWhat, Entry, kebab
from kapmonitor.session.fold import apply, folded
from kapmonitor.session.session import session_id
from tests.session.seat import NURSE, Seat, moment


def test_a_session_goes_on_after_a_restart_as_it_was() -> None:
    seat = Seat(Route.INTRANASAL).ready().dosed()
    seat.wait(50)
    seat.do(commands.Interrupt(minutes=2))
    raw = [msgspec.json.encode(entry) for entry in seat.session.entries]
    again = folded(seat.session.id, [msgspec.json.decode(line, type=Entry) for line in raw])
    assert again == seat.session


def test_a_missing_entry_is_noticed() -> None:
    seat = Seat().ready()
    with pytest.raises(ValueError, match="does not follow"):
        folded("s", [*seat.session.entries[:2], *seat.session.entries[3:]])
    with pytest.raises(ValueError, match="does not follow"):
        apply(seat.session, seat.session.entries[-1])


def test_a_record_begins_with_its_opening() -> None:
    note = Entry(seq=1, moment=moment(0), by=NURSE.id, role=NURSE.role, what=entries.Note(text="?"))
    for lines in ([], [note]):
        with pytest.raises(ValueError, match="opening"):
            folded("s", lines)


def test_entries_are_called_in_words_with_dashes() -> None:
    assert kebab("PhaseEntered") == "phase-entered"
    line = msgspec.json.decode(msgspec.json.encode(entries.PhaseEntered(phase=Phase.PEAK)))
    assert line["kind"] == "phase-entered"


def test_an_id_is_readable_and_of_one_place_and_time() -> None:
    assert session_id("Room 1", "a", moment(61)) == "room-1-a-20261121-120101"


def test_a_swapped_device_is_no_longer_used() -> None:
    seat = Seat()
    seat.enter([entries.DeviceUsed(device="cuff-1", device_kind="cuff", driver="d")])
    swap: AnyWhat = entries.DeviceUsed(device="cuff-2", device_kind="cuff", driver="d", instead_of="cuff-1")
    seat.enter([swap])
    assert list(seat.session.devices) == ["cuff-2"]
