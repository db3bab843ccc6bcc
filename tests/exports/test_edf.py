"""EDF+: two foreign readers find every number, every sample and every event where it was."""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import edfio
import msgspec
import numpy as np
import pyedflib
import pytest
from hypothesis import given, settings

from kapmonitor.exports import edf
from kapmonitor.exports.edf_signals import NO_VALUE
from kapmonitor.exports.grid import SPLIT_US
from kapmonitor.exports.notes import notes
from kapmonitor.exports.share import NOTHING_PERSONAL, Share, line
from kapmonitor.model import Origin
from kapmonitor.session.history import History
from tests.exports.anything import histories
from tests.histories import AWAY, CODE, LOW, NAME, NO_FINGER, START, WAVES, two_hours

NAMES = {
    "SpO2": "spo2",
    "Pulse rate": "pulse_rate",
    "Heart rate": "heart_rate",
    "Perfusion index": "perfusion_index",
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    [(name, content)] = edf.export(two_hours()).items()
    path = tmp_path_factory.mktemp("edf") / name
    path.write_bytes(content)
    return path


def test_edfio_finds_every_number_in_its_second(file: Path) -> None:
    found = edfio.read_edf(file)
    assert datetime.combine(found.startdate, found.starttime, UTC) == START
    for signal in found.signals:
        if signal.label not in NAMES:
            continue
        series = two_hours().numerics[NAMES[signal.label]]
        second = (series.t_us - round(START.timestamp() * 1e6)) // 1_000_000
        wanted = np.where(np.isfinite(series.raw), series.raw, NO_VALUE)
        assert np.abs(signal.data[second] - wanted).max() < 0.005
        assert (signal.data[list(AWAY)] == NO_VALUE).all()
        assert signal.physical_dimension == series.unit
        assert (signal.transducer_type,) == series.devices


def test_pyedflib_finds_the_same(file: Path) -> None:
    ours = edfio.read_edf(file)
    with pyedflib.EdfReader(str(file)) as found:
        assert found.getStartdatetime().replace(microsecond=0, tzinfo=UTC) == START.replace(microsecond=0)
        assert found.getSignalLabels() == [signal.label for signal in ours.signals]
        for place, signal in enumerate(ours.signals):
            assert found.getSampleFrequency(place) == signal.sampling_frequency
            assert np.abs(found.readSignal(place) - signal.data).max() < 1e-9
        onsets, _, texts = found.readAnnotations()
    assert sorted(zip(onsets.round(6).tolist(), texts.tolist(), strict=True)) == sorted(
        (round(each.onset, 6), each.text) for each in ours.annotations
    )


def test_the_samples_of_a_waveform_are_the_same(file: Path) -> None:
    [pleth] = [signal for signal in edfio.read_edf(file).signals if signal.label == "Pleth"]
    samples = np.concatenate([block.values for block in two_hours().waves["pleth"]])
    assert pleth.sampling_frequency == 60
    assert (pleth.data[WAVES.start * 60 : WAVES.stop * 60] == samples).all()
    assert (pleth.data[WAVES.stop * 60 :] < samples.min()).all()


def test_doses_alarms_phases_and_gaps_are_annotations(file: Path) -> None:
    there = {(round(each.onset), each.text): each.duration for each in edfio.read_edf(file).annotations}
    assert any(at == 480 and text.startswith("dose: drug ketamine, amount 60, unit mg") for at, text in there)
    assert any(at == 1290 and "amount 20" in text for at, text in there)  # when it was given
    assert (1080, "phase-entered: phase peak") in there
    assert there[NO_FINGER.start, "SpO2: not available (no_finger)"] == len(NO_FINGER)
    assert there[AWAY.start, "SpO2: not recorded"] == len(AWAY)
    away = "since 2026-11-21T15:22:06.125000Z, until 2026-11-21T15:32:07.125000Z"
    assert there[AWAY.start - 1, f"gap: {away}, reason kapmonitor was not running"] == len(AWAY) + 1
    [began] = [at for at, text in there if text == "alarm start: spo2-low, spo2-critical, high"]
    [over] = [at for at, text in there if text.startswith("alarm end: spo2-low") and at > began][:1]
    assert LOW.start < began < LOW.stop < over
    assert there[began, "alarm start: spo2-low, spo2-critical, high"] == over - began
    assert any(at > began and text.startswith("alarm acknowledge: spo2-low") for at, text in there)


def test_nobody_is_named_unless_asked(file: Path) -> None:
    found = edfio.read_edf(file)
    assert found.local_patient_identification == "X X X X"
    assert NAME.encode() not in file.read_bytes()
    assert CODE.encode() not in file.read_bytes()
    assert found.recording.hospital_administration_code == two_hours().session.id
    assert found.recording.additional == ("SIMULATED", "DRILL")
    [content] = edf.export(two_hours(), Share(client=True, words=True)).values()
    named = edfio.read_edf(io.BytesIO(content))
    assert named.local_patient_identification == f"{CODE} X X X 4711/26"
    assert NAME.encode() in content


def test_a_night_without_the_service_begins_another_file() -> None:
    history = two_hours()
    later = {
        name: msgspec.structs.replace(
            series, t_us=series.t_us + (series.t_us > series.t_us[3000]) * 8 * SPLIT_US
        )
        for name, series in history.numerics.items()
    }
    found = edf.export(msgspec.structs.replace(history, numerics=later, waves={}))
    name = history.session.id
    assert list(found) == [f"{name}-1.edf", f"{name}-2.edf"]
    second = edfio.read_edf(io.BytesIO(found[f"{name}-2.edf"]))
    assert datetime.combine(second.startdate, second.starttime, UTC) > START + timedelta(hours=8)
    assert sum(len(content) for content in found.values()) < 3_000_000


def test_a_session_in_which_nothing_was_measured_has_its_events() -> None:
    history = msgspec.structs.replace(two_hours(), numerics={}, waves={}, origin=Origin.LIVE)
    [content] = edf.export(history).values()
    found = edfio.read_edf(io.BytesIO(content))
    assert found.signals == ()
    assert any(each.text.startswith("dose") for each in found.annotations)
    assert found.starttime == time(14, 32, 7, 125_000)


def test_a_control_character_that_somebody_typed_cuts_no_annotation_short() -> None:
    assert edf.plain("lot \x14A7\x00\tof  May\n") == "lot A7 of May"


@settings(max_examples=12, deadline=None)
@given(history=histories())
def test_any_history_comes_back(history: History) -> None:
    files = [edfio.read_edf(io.BytesIO(content)) for content in edf.export(history).values()]
    for name, series in history.numerics.items():
        for of_device in series.apart():
            (device,) = of_device.devices if len(series.t_us) else ("",)
            _every_number_is_there(of_device.raw, [_signal(one, name, device) for one in files])
    told = sorted(
        (each.text, datetime.combine(one.startdate, one.starttime, UTC) + timedelta(seconds=each.onset))
        for one in files
        for each in one.annotations
    )
    for note in notes(history, NOTHING_PERSONAL):
        text, when = (
            edf.plain(note.text),
            datetime.fromtimestamp(0, UTC) + timedelta(microseconds=note.t_us),
        )
        assert any(each == text and abs(at - when) < timedelta(milliseconds=1) for each, at in told), (
            text,
            when,
        )


def _signal(one: edfio.Edf, name: str, device: str) -> list[float]:
    label = {"spo2": "SpO2", "heart_rate": "Heart rate", "rr_interval": "RR interval"}[name]
    own = [each for each in one.signals if each.label.startswith(label) and each.transducer_type == device]
    return [value for signal in own for value in signal.data.tolist()]


def _every_number_is_there(
    raw: np.ndarray[tuple[int], np.dtype[np.float64]], found: list[list[float]]
) -> None:
    """In its order. Of two numbers in one second one is there: rows are a second apart, or nearly."""
    there = iter([value for part in found for value in part if value != NO_VALUE])
    wanted = [value for value in raw.tolist() if not math.isnan(value)]
    missing = 0
    for value in wanted:
        if not any(abs(value - each) <= 0.051 for each in there):
            missing += 1
            there = iter(())
    assert missing == 0


def test_a_line_of_an_entry_is_what_an_annotation_says() -> None:
    dose = two_hours().session.doses[0][1]
    assert line(dose, Share()) == (
        "dose: drug ketamine, amount 60, unit mg, route intramuscular, lot L-77, closed pagers"
    )
