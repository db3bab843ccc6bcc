"""One session from a reading to what the outside sees of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from kapmonitor import documents
from kapmonitor.config import load_routes
from kapmonitor.documents import Message
from kapmonitor.errors import RefusedError
from kapmonitor.model import (
    DeviceData,
    DeviceKind,
    Moment,
    Observation,
    Origin,
    Phase,
    Quality,
    Reading,
    Route,
    Waveform,
    missing,
    reading,
)
from kapmonitor.monitor import Monitor
from kapmonitor.session.commands import SetPhase
from kapmonitor.session.session import session_id
from tests.alarms.script import cuff, default_rules
from tests.sessions import NURSE, opened

START = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def at(seconds: float) -> Moment:
    return Moment(1000 + seconds, START + timedelta(seconds=seconds))


def monitor(*, drill: bool = True, phase: Phase = Phase.PEAK) -> Monitor:
    session = opened(ident="room-1-a-x", drill=drill, phase=phase, at=at(0))
    origin = Origin.SIMULATED if drill else Origin.LIVE
    made = Monitor(session, default_rules(), origin, load_routes()[session.route])
    made.begin(at(0))
    return made


def loud() -> Monitor:
    table = load_routes()[Route.INTRAMUSCULAR]
    return Monitor(opened(at=at(0)), default_rules(), Origin.SIMULATED, table, publish_waves=True)


def data(*observations: Observation, origin: Origin = Origin.SIMULATED) -> DeviceData:
    return DeviceData("ox-1", DeviceKind.OXIMETER, origin, observations)


def vitals(messages: list[Message]) -> documents.Vitals:
    [found] = [m.payload for m in messages if isinstance(m.payload, documents.Vitals)]
    return found


def test_a_second_has_every_quantity_with_age_and_unit() -> None:
    one = monitor()
    one.take(data(reading("spo2", 97), reading("pulse_rate", 72)), at(0.5))
    spo2 = vitals(one.tick(at(1))).values["spo2"]
    assert (spo2.value, spo2.raw, spo2.unit, spo2.quality, spo2.age_s) == (97, 97, "%", "valid", 0.5)
    assert spo2.device == "ox-1"


def test_what_was_never_seen_says_so() -> None:
    heart_rate = vitals(monitor().tick(at(1))).values["heart_rate"]
    assert (heart_rate.value, heart_rate.raw, heart_rate.reason) == (None, None, "never_seen")


def test_a_missing_value_is_never_the_last_one() -> None:
    one = monitor()
    one.take(data(reading("spo2", 97)), at(0))
    one.take(data(missing("spo2", "no_finger")), at(1))
    spo2 = vitals(one.tick(at(1))).values["spo2"]
    assert (spo2.value, spo2.raw, spo2.reason) == (None, None, "no_finger")


def test_an_old_value_is_no_value() -> None:
    one = monitor()
    one.take(data(reading("spo2", 97)), at(0))
    assert vitals(one.tick(at(5))).values["spo2"].value == 97
    stale = vitals(one.tick(at(5.1))).values["spo2"]
    assert (stale.value, stale.reason, stale.age_s) == (None, "stale", 5.1)


def test_smoothing_lags_and_says_so_but_never_across_a_limit() -> None:
    one = monitor()
    for second in range(10):
        one.take(data(reading("spo2", 97)), at(second))
        one.tick(at(second))
    one.take(data(reading("spo2", 94)), at(10))
    smooth = vitals(one.tick(at(10))).values["spo2"]
    assert smooth.value is not None
    assert smooth.value > 94
    assert smooth.delay_s > 0
    one.take(data(reading("spo2", 85)), at(11))
    fallen = vitals(one.tick(at(11))).values["spo2"]
    assert (fallen.value, fallen.raw) == (85, 85)


def test_a_cuff_measurement_is_published_and_judged_at_once() -> None:
    came = monitor().take(DeviceData("cuff-1", DeviceKind.CUFF, Origin.SIMULATED, [cuff(184, 100)]), at(1))
    assert came[0].topic.endswith("/nibp")
    assert {m.payload.rule for m in came if isinstance(m.payload, documents.Alarm)} == {
        "blood-pressure-critical"
    }


def test_a_stored_measurement_is_neither_shown_nor_judged() -> None:
    stored = msgspec.structs.replace(cuff(184, 100), live=False)
    assert monitor().take(DeviceData("cuff-1", DeviceKind.CUFF, Origin.SIMULATED, [stored]), at(1)) == []


def test_simulated_data_are_refused_in_a_session_that_is_no_drill() -> None:
    one = monitor(drill=False)
    one.take(data(reading("spo2", 97)), at(0))
    spo2 = vitals(one.tick(at(1))).values["spo2"]
    assert (spo2.value, spo2.raw, spo2.reason) == (None, None, "simulated_source")
    one.take(data(reading("spo2", 97), origin=Origin.LIVE), at(2))
    assert vitals(one.tick(at(2))).values["spo2"].value == 97


def test_every_document_says_that_it_is_simulated_and_a_drill() -> None:
    one = monitor()
    came = one.begin(at(0))
    for second in range(20):
        came += one.take(data(reading("spo2", 80)), at(second))
        came += one.tick(at(second))
    payloads = [m.payload for m in came if isinstance(m.payload, documents.Document)]
    assert {type(p).__name__ for p in payloads} == {
        "SessionMeta",
        "SessionState",
        "Vitals",
        "Snapshot",
        "Alarm",
        "AlarmEvent",
    }
    assert {(p.origin, p.drill, p.schema) for p in payloads} == {("simulated", True, 1)}


def test_an_active_alarm_is_published_again_every_thirty_seconds() -> None:
    one = monitor()
    repeated: list[int] = []
    for second in range(100):
        one.take(data(reading("spo2", 85), reading("pulse_rate", 70)), at(second))
        if any(isinstance(m.payload, documents.Alarm) for m in one.tick(at(second))):
            repeated.append(second)
    assert repeated == [30, 60, 90]


def test_an_alarm_that_is_over_leaves_the_broker_after_ten_minutes() -> None:
    one = monitor()
    one.take(data(reading("pulse_rate", 70)), at(16))
    one.tick(at(16))  # spo2-unavailable
    over = one.take(data(reading("spo2", 97)), at(17))
    [alarm] = [m.payload for m in over if isinstance(m.payload, documents.Alarm)]
    assert alarm.state == "inactive"
    emptied = {second: [m for m in one.tick(at(second)) if m.payload is None] for second in (616, 617)}
    assert emptied[616] == []
    assert [m.topic for m in emptied[617]] == [f"alarm/{alarm.alarm}"]


def test_nothing_of_a_session_stays_on_the_broker() -> None:
    one = monitor()
    kept = {m.topic for m in [*one.begin(at(0)), *one.tick(at(16))] if m.how.retain}
    assert kept
    assert {m.topic for m in one.end() if m.payload is None} >= kept


def test_a_snapshot_comes_every_five_seconds_and_when_something_changed() -> None:
    one = monitor(phase=Phase.BASELINE)
    seconds = [s for s in range(12) if any(m.topic.endswith("snapshot") for m in one.tick(at(s)))]
    assert seconds == [0, 5, 10]
    one.take(DeviceData("cuff-1", DeviceKind.CUFF, Origin.SIMULATED, [cuff(120, 80)]), at(12))
    [snapshot] = [m.payload for m in one.tick(at(12)) if isinstance(m.payload, documents.Snapshot)]
    assert snapshot.nibp is not None
    assert snapshot.nibp.systolic == 120
    assert snapshot.expires_at == at(42).ts


def test_questionable_numbers_are_shown_as_they_are() -> None:
    one = monitor()
    one.take(data(Reading("spo2", 90, Quality.QUESTIONABLE, "low_perfusion")), at(1))
    spo2 = vitals(one.tick(at(1))).values["spo2"]
    assert (spo2.value, spo2.quality, spo2.reason) == (90, "questionable", "low_perfusion")


def test_a_phase_that_cannot_follow_is_refused() -> None:
    with pytest.raises(RefusedError, match="recovery"):
        monitor(phase=Phase.PEAK).command(SetPhase(phase=Phase.SCREENING), NURSE, at(1))


def test_a_session_id_fits_a_topic() -> None:
    assert session_id("room-1", "a", at(0)) == "room-1-a-20261121-140000"


def test_waveforms_go_to_the_broker_only_when_asked_and_then_in_blocks() -> None:
    quiet = monitor()
    assert quiet.take(data(Waveform("pleth", [1.0] * 60, 60)), at(1)) == []
    asked = loud()
    blocks: list[documents.Wave] = []
    for sample in range(60):
        for m in asked.take(data(Waveform("pleth", [float(sample)], 60)), at((sample + 1) / 60)):
            assert m.topic == f"session/{asked.session.id}/wave/pleth"
            assert isinstance(m.payload, documents.Wave)
            blocks.append(m.payload)
    assert [len(block.values) for block in blocks] == [15, 15, 15, 15]
    assert [value for block in blocks for value in block.values] == list(range(60))
    assert [block.ts for block in blocks] == [at(quarter / 4).ts for quarter in range(4)]


def test_a_block_of_a_waveform_has_no_hole() -> None:
    asked = loud()
    asked.take(data(Waveform("pleth", [1.0] * 10, 60)), at(1))
    [message] = asked.take(data(Waveform("pleth", [2.0] * 15, 60)), at(9))
    assert isinstance(message.payload, documents.Wave)
    assert message.payload.values == [2.0] * 15


def events(one: Monitor, seconds: range) -> list[tuple[int, str, str, str]]:
    """Each second with a pulse and an SpO2; what came of nibp-overdue."""
    found: list[tuple[int, str, str, str]] = []
    steady = [reading("spo2", 97), reading("pulse_rate", 70)]
    for second in seconds:
        messages = one.take(DeviceData("ox-1", DeviceKind.OXIMETER, Origin.SIMULATED, steady), at(second))
        messages += one.tick(at(second))
        for message in messages:
            if isinstance(message.payload, documents.AlarmEvent):
                event = message.payload
                found.append((second, event.name, event.event, event.priority))
    return found


def test_a_late_reading_alarms_low_then_medium_and_ends_with_the_reading() -> None:
    one = monitor(phase=Phase.ONSET)
    assert events(one, range(620)) == [
        (376, "nibp-overdue", "start", "low"),  # more than 75 s, a quarter of the interval, after 300 s
        (600, "nibp-overdue", "escalate", "medium"),
    ]
    measured = one.take(DeviceData("cuff-1", DeviceKind.CUFF, Origin.SIMULATED, [cuff(120, 80)]), at(620))
    ended = [m.payload.event for m in measured if isinstance(m.payload, documents.AlarmEvent)]
    assert ended == ["end"]


def words(messages: list[Message]) -> list[tuple[str, str]]:
    """(event, rule) of every alarm event."""
    return [
        (m.payload.event, m.payload.rule) for m in messages if isinstance(m.payload, documents.AlarmEvent)
    ]


def stepped(one: Monitor, low: float, seconds: int) -> list[tuple[int, str]]:
    """Ten seconds of 97 and then `low`: at which second of that what started."""
    found: list[tuple[int, str]] = []
    for second in range(-10, seconds):
        value = 97 if second < 0 else low
        came = one.take(data(reading("spo2", value), reading("pulse_rate", 70)), at(second))
        found += [(second, rule) for event, rule in words([*came, *one.tick(at(second))]) if event == "start"]
    return found


def test_a_live_session_doubts_a_fall_that_no_body_can_do_for_two_seconds() -> None:
    assert stepped(monitor(), 76, 20) == [(10, "spo2-rapid-fall")]


def test_a_rehearsal_takes_what_it_calls_valid_for_valid() -> None:
    one = monitor()
    table = load_routes()[Route.INTRAMUSCULAR]
    rehearsed = Monitor(one.session, default_rules(), Origin.SIMULATED, table, gated=False, shown=False)
    rehearsed.begin(at(-20))
    assert stepped(rehearsed, 76, 20) == [(8, "spo2-rapid-fall")]


def test_a_doubted_value_is_on_the_screen_as_the_device_sent_it() -> None:
    one = monitor()
    one.take(data(reading("spo2", 97)), at(0))
    one.take(data(reading("spo2", 76)), at(1))
    shown = vitals(one.tick(at(1))).values["spo2"]
    assert (shown.raw, shown.quality, shown.reason) == (76, "valid", None)


@pytest.mark.parametrize("first", ["spo2", "pulse_rate"])
def test_what_one_frame_says_is_judged_together(first: str) -> None:
    """The frame that ends nine seconds without a pulse has one, wherever in the frame that stands."""
    one = monitor()
    came = one.take(data(reading("spo2", 97), reading("pulse_rate", 70)), at(0))
    for second in range(1, 11):
        came += one.take(data(missing("spo2", "searching"), missing("pulse_rate", "searching")), at(second))
        came += one.tick(at(second))
    back = [missing("spo2", "searching"), reading("pulse_rate", 70)]
    came += one.take(data(*sorted(back, key=lambda each: each.quantity != first)), at(11))
    assert words(came) == []


def test_a_value_that_was_doubted_before_all_fell_silent_hides_no_lost_pulse() -> None:
    one = monitor()
    came: list[Message] = []
    for second, spo2 in enumerate([97, 97, 97, 70]):
        came += one.take(data(reading("spo2", spo2), reading("pulse_rate", 70)), at(second))
    for second in range(4, 15):
        came += one.tick(at(second))
    assert ("start", "pulse-lost") in words(came)
