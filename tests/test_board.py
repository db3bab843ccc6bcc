"""The board shows what documents say, and nothing that is old, invalid or over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from kapmonitor import documents
from kapmonitor.board import Board, Room, RoomDevice, Shown, ShownPressure
from kapmonitor.documents import Alarm, DeviceInfo, Message, Nibp, SessionMeta, Snapshot, Value, Vitals
from kapmonitor.model import rfc3339

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ROOMS = (
    Room("room-2", devices=(RoomDevice("oximeter-2", "oximeter"), RoomDevice("cuff-2", "cuff"))),
    Room("room-1", seats=("a", "b"), devices=(RoomDevice("strap-1", "strap", "b"),)),
)
LIMITS = {"spo2": (92.0, None), "systolic": (90.0, 165.0)}


def ts(ago: float = 0.0) -> str:
    return rfc3339(NOW - timedelta(seconds=ago))


def meta(room: str = "room-2", seat: str = "a", *, started: float = 60, drill: bool = False) -> SessionMeta:
    return SessionMeta(origin="live", drill=drill, room=room, seat=seat, phase="peak", started=ts(started))


def vitals(value: Value, ago: float = 0.0, origin: str = "live") -> Vitals:
    return Vitals(origin=origin, ts=ts(ago), seq=1, values={"spo2": value})


def spo2(value: float | None = 97.0, quality: str = "valid", reason: str | None = None) -> Value:
    return Value(value=value, raw=value, unit="%", quality=quality, reason=reason, age_s=0.5)


def nibp(ago: float = 60, quality: str = "valid", diastolic: float | None = 80.0) -> Nibp:
    return Nibp(
        origin="live",
        id="n1",
        ts=ts(ago),
        systolic=120,
        diastolic=diastolic,
        mean=93,
        pulse=70,
        quality=quality,
    )


def alarm(
    ident: str = "alarm-1", priority: str = "high", ago: float = 5, seq: int = 1, state: str = "active"
) -> Alarm:
    return msgspec.convert(
        {
            "origin": "live", "alarm": ident, "name": "spo2-low", "rule": "spo2-critical", "session": "s1",
            "room": "room-2", "seat": "a", "priority": priority, "kind": "physiological", "state": state,
            "acknowledged": False, "acknowledged_by": None, "coming": None, "seq": seq, "since": ts(ago),
            "ts": ts(), "value": 85.0, "unit": "%", "limit": 88.0, "text": "SpO2 85 < 88",
        },
        Alarm,
    )  # fmt: skip


@pytest.fixture
def board() -> Board:
    return Board(ROOMS, LIMITS)


def shown(board: Board, now: datetime = NOW) -> Shown:
    session = board.picture(now).places[0].session
    assert session is not None
    return session.values["spo2"]


def pressure(board: Board, now: datetime = NOW) -> ShownPressure:
    session = board.picture(now).places[0].session
    assert session is not None
    assert session.nibp is not None
    return session.nibp


def open_session(board: Board, *messages: Message) -> None:
    for message in (documents.session_meta("s1", meta()), *messages):
        board.apply(message)


def test_every_seat_is_there_in_the_configured_order_before_anything_is_heard(board: Board) -> None:
    picture = board.picture(NOW)
    assert [(place.room, place.seat, place.only_seat) for place in picture.places] == [
        ("room-2", "a", True),
        ("room-1", "a", False),
        ("room-1", "b", False),
    ]
    assert [device.id for device in picture.places[0].devices] == ["oximeter-2", "cuff-2"]
    assert [device.id for device in picture.places[2].devices] == ["strap-1"]
    assert picture.places[0].devices[0].status is None
    assert picture.ts == "2026-11-21T12:00:00.000Z"


def test_a_fresh_valid_value_is_shown_with_age_limits_and_unit(board: Board) -> None:
    open_session(board, documents.session_vitals("s1", vitals(spo2(), ago=1)))
    value = shown(board)
    assert (value.value, value.reason, value.age_s) == (97.0, None, 1.5)
    assert (value.low, value.high, value.unit, value.fresh_s) == (92.0, None, "%", 5.0)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (spo2(None, "invalid", "no_finger"), "no_finger"),
        (spo2(97, "questionable", "low_perfusion"), "low_perfusion"),
        (spo2(97, "questionable"), "questionable"),
        (spo2(97, "a-word-from-a-newer-version"), "a-word-from-a-newer-version"),
        (spo2(None), "not_available"),
        (msgspec.structs.replace(spo2(), age_s=None), "never"),
        (msgspec.structs.replace(spo2(), age_s=5.1), "stale"),
    ],
)
def test_what_is_not_valid_or_not_fresh_has_a_reason_instead_of_a_number(
    board: Board, value: Value, reason: str
) -> None:
    open_session(board, documents.session_vitals("s1", vitals(value)))
    assert (shown(board).value, shown(board).reason) == (None, reason)


def test_ongoing_values_count(board: Board) -> None:
    open_session(board, documents.session_vitals("s1", vitals(spo2(quality="ongoing"))))
    assert shown(board).value == 97.0


def test_a_value_goes_when_no_document_follows(board: Board) -> None:
    open_session(board, documents.session_vitals("s1", vitals(spo2())))
    assert shown(board, NOW + timedelta(seconds=4.4)).value == 97.0
    late = shown(board, NOW + timedelta(seconds=5))
    assert (late.value, late.reason, late.age_s) == (None, "stale", 5.5)


def test_a_document_from_the_future_does_not_stay_fresh_for_ever(board: Board) -> None:
    open_session(board, documents.session_vitals("s1", vitals(spo2(), ago=-3600)))
    assert shown(board).value is None


def test_a_pressure_is_shown_for_fifteen_minutes(board: Board) -> None:
    open_session(board, documents.session_nibp("s1", nibp(ago=890)))
    found = pressure(board)
    assert (found.systolic, found.diastolic, found.mean, found.age_s) == (120, 80, 93, 890)
    assert found.limits == {"systolic": (90.0, 165.0)}
    late = pressure(board, NOW + timedelta(seconds=11))
    assert (late.systolic, late.diastolic, late.mean, late.pulse) == (None, None, None, None)
    assert late.reason == "stale"


@pytest.mark.parametrize("document", [nibp(quality="questionable"), nibp(diastolic=None)])
def test_half_a_pressure_or_an_implausible_one_is_not_shown(board: Board, document: Nibp) -> None:
    open_session(board, documents.session_nibp("s1", document))
    found = pressure(board)
    assert (found.systolic, found.diastolic) == (None, None)
    assert found.reason


def test_a_session_leaves_nothing_behind(board: Board) -> None:
    open_session(board, documents.session_vitals("s1", vitals(spo2())), documents.session_nibp("s1", nibp()))
    board.apply(documents.session_meta("s1", None))
    board.apply(documents.session_snapshot("s1", None))
    board.apply(documents.session_vitals("s1", vitals(spo2())))
    assert board.picture(NOW).places[0].session is None
    board.apply(documents.session_meta("s1", meta()))
    session = board.picture(NOW).places[0].session
    assert session is not None
    assert (session.values, session.nibp) == ({}, None)


def test_who_comes_late_sees_the_snapshot_until_it_expires(board: Board) -> None:
    late = Snapshot(origin="live", ts=ts(), vitals=vitals(spo2()), nibp=nibp(), expires_at=ts(-3))
    open_session(board, documents.session_snapshot("s1", late))
    assert shown(board).value == 97.0
    assert pressure(board).systolic == 120
    session = board.picture(NOW + timedelta(seconds=4)).places[0].session
    assert session is not None
    assert (session.values, session.nibp) == ({}, None)


def test_a_seat_shows_its_newest_session(board: Board) -> None:
    board.apply(documents.session_meta("new", meta(started=10)))
    board.apply(documents.session_meta("old", meta(started=999)))
    session = board.picture(NOW).places[0].session
    assert session is not None
    assert session.id == "new"


def test_a_session_in_a_room_nobody_configured_is_not_hidden(board: Board) -> None:
    board.apply(documents.session_meta("s9", meta("room-9", "c")))
    last = board.picture(NOW).places[-1]
    assert (last.room, last.seat) == ("room-9", "c")
    assert last.session is not None


def test_devices_come_and_go_with_their_documents(board: Board) -> None:
    info = DeviceInfo(
        origin="simulated", driver="contec-cms50", kind="oximeter", model="CMS50D+", room="room-2", seat="a",
        battery=80, text="No finger", advice="Put the clip on a warm finger",
    )  # fmt: skip
    board.apply(documents.device_info("oximeter-2", info))
    board.apply(documents.device_status("oximeter-2", "degraded"))
    place = board.picture(NOW).places[0]
    device = place.devices[0]
    assert (device.status, device.battery, device.text) == ("degraded", 80, "No finger")
    assert (device.advice, device.origin) == ("Put the clip on a warm finger", "simulated")
    assert place.marks == ["simulated"]
    board.apply(documents.device_info("oximeter-2", None))
    board.apply(documents.device_status("oximeter-2", None))
    place = board.picture(NOW).places[0]
    assert (place.devices[0].status, place.devices[0].battery, place.marks) == (None, None, [])


def test_simulated_values_and_drills_mark_their_place_only(board: Board) -> None:
    board.apply(documents.session_meta("s1", meta(drill=True)))
    board.apply(documents.session_vitals("s1", vitals(spo2(), origin="simulated")))
    marks = [place.marks for place in board.picture(NOW).places]
    assert marks == [["simulated", "drill"], [], []]


def test_alarms_are_sorted_by_priority_then_newest_first(board: Board) -> None:
    for each in (
        alarm("old-low", "low", 90),
        alarm("old-high", "high", 60),
        alarm("medium", "medium", 1),
        alarm("new-high", "high", 5),
        alarm("latched", "medium", 30, state="latched"),
    ):
        board.apply(documents.alarm(each))
    order = [each.alarm for each in board.picture(NOW).alarms]
    assert order == ["new-high", "old-high", "medium", "latched", "old-low"]


def test_an_alarm_stays_until_its_document_says_otherwise(board: Board) -> None:
    board.apply(documents.alarm(alarm(seq=4)))
    board.apply(documents.session_meta("s1", None))
    assert len(board.picture(NOW).alarms) == 1
    board.apply(documents.alarm(alarm(seq=3, state="inactive")))
    assert len(board.picture(NOW).alarms) == 1
    board.apply(documents.alarm(alarm(seq=5, state="inactive")))
    assert board.picture(NOW).alarms == []
    board.apply(documents.alarm(alarm(seq=6)))
    board.apply(documents.alarm_cleared("alarm-1"))
    assert board.picture(NOW).alarms == []


def test_topics_that_no_screen_shows_are_passed_over(board: Board) -> None:
    board.apply(documents.service_status("offline"))
    board.apply(Message("session/s1/surprise", "what", documents.SURE))
    board.apply(Message("device/x/info", "what", documents.SURE))
    board.apply(Message("alarm/x", "what", documents.SURE))
    assert board.picture(NOW).alarms == []
    assert all(place.session is None for place in board.picture(NOW).places)
