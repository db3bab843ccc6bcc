"""What was measured in a session, and read again: numbers each second, waveforms without a loss."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.documents import Value
from kapmonitor.model import Origin, Quality, Waveform
from kapmonitor.session.entries import Note
from kapmonitor.session.history import QUALITIES
from kapmonitor.storage import Record
from kapmonitor.storage.instants import to_us
from kapmonitor.storage.measured import SECONDS_HELD, WAVES_HELD
from kapmonitor.storage.samples import packed, unpacked
from tests.storage.damage import well_again
from tests.storage.patient import Patient, moment, url
from tests.storage.reading import column, rows


def spo2(
    value: float | None, reason: str | None = None, device: str | None = "oximeter-1"
) -> dict[str, Value]:
    quality = Quality.VALID if reason is None else Quality.INVALID
    return {"spo2": Value(value=value, raw=value, unit="%", quality=quality, reason=reason, device=device)}


def rate(value: float, raw: float) -> dict[str, Value]:
    return {
        "heart_rate": Value(value=value, raw=raw, unit="/min", quality=Quality.VALID, device="strap-1"),
        "pulse_rate": Value(value=None, raw=None, unit="/min", quality="not_available", reason="never_seen"),
    }


async def test_a_history_has_what_was_shown_and_read_each_second(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
        patient.enter(Note(text="the first note"))
        name = patient.session.id
        for second, values in enumerate(
            (
                spo2(97.1) | rate(71.3, 72),
                spo2(None, "no_finger") | rate(71.6, 73),
                spo2(95.0, device="oximeter-2"),
                spo2(96.0, device="oximeter-2"),
            )
        ):
            record.vitals(name, values, moment(second))
        assert await record.durable(30)
        found = await record.past.history(name, patient.now)
        assert found is not None
        assert found.origin is Origin.SIMULATED
        assert found.session.entries == patient.session.entries
        assert [each.alarm for each in found.alarms] == [t.alarm for t in patient.transitions]
        assert found.waves == {}
        assert set(found.numerics) == {"spo2", "heart_rate"}
        oxygen, heart = found.numerics["spo2"], found.numerics["heart_rate"]
        assert oxygen.t_us.tolist() == [to_us(moment(second).utc) for second in range(4)]
        assert [None if math.isnan(each) else each for each in oxygen.value] == [97.1, None, 95.0, 96.0]
        assert [QUALITIES[each].value for each in oxygen.quality] == ["valid", "invalid", "valid", "valid"]
        assert [oxygen.reasons[each] for each in oxygen.reason] == ["", "no_finger", "", ""]
        assert [oxygen.devices[each] for each in oxygen.device] == ["oximeter-1"] * 2 + ["oximeter-2"] * 2
        assert [(one.devices, one.value.tolist()[1:]) for one in oxygen.apart()[1:]] == [
            (("oximeter-2",), [96.0])
        ]
        assert oxygen.unit == "%"
        assert (heart.value.tolist(), heart.raw.tolist()) == ([71.3, 71.6], [72.0, 73.0])
        assert heart.t_us.tolist() == oxygen.t_us.tolist()[:2]


async def test_no_history_of_what_never_was(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        assert await record.past.history("nobody", moment(0)) is None


async def test_a_waveform_is_kept_sample_by_sample_and_its_gaps_stay_gaps(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        name = patient.session.id
        sent = [[float(10 * second + each) for each in range(60)] for second in range(6)]
        for second, values in enumerate(sent):
            if second != 3:
                for half in (0, 30):
                    jitter = 0.1 if half else 0.0
                    at = moment(second + 0.5 + half / 60 + jitter)
                    record.wave(name, "oximeter-1", Waveform("pleth", values[half : half + 30], 60), at)
            record.vitals(name, {}, moment(second + 1.2))
        record.wave(name, "strap-1", Waveform("ecg", [0.5, -1.25], 130), moment(6))
        record.end(patient.session, moment(7), "nurse-1")
        assert await record.durable(30)
        found = await record.past.history(name, moment(8))
    assert found is not None
    pleth, ecg = found.waves["pleth"], found.waves["ecg"]
    samples = [each for second, values in enumerate(sent) if second != 3 for each in values]
    assert np.concatenate([block.values for block in pleth]).tolist() == samples
    assert [block.rate_hz for block in pleth] == [60.0] * len(pleth)
    ends = [block.t_us + round(len(block.values) * 1e6 / 60) for block in pleth]
    gaps = [later.t_us - end for end, later in zip(ends, pleth[1:], strict=False) if later.t_us != end]
    assert len(gaps) == 1
    assert 0.7e6 < gaps[0] < 1.3e6
    assert [block.values.tolist() for block in ecg] == [[0.5, -1.25]]


async def test_waveforms_of_two_devices_stay_two_also_where_they_came_in_the_same_moment(
    tmp_path: Path,
) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        for second in range(3):
            for device, value in (("oximeter-1", 1.0), ("oximeter-2", 2.0)):
                piece = Waveform("pleth", [value] * 60, 60)
                record.wave(patient.session.id, device, piece, moment(second))
            record.vitals(patient.session.id, {}, moment(second))
        assert await record.durable(30)
        found = await record.past.history(patient.session.id, moment(8))
    assert found is not None
    for device, value in (("oximeter-1", 1.0), ("oximeter-2", 2.0)):
        own = [block for block in found.waves["pleth"] if block.device == device]
        assert np.concatenate([block.values for block in own]).tolist() == [value] * 180


@given(
    st.lists(st.integers(0, 127), min_size=1, max_size=150)
    | st.lists(st.just(2**20) | st.integers(-(2**15), 2**15), min_size=1)
    | st.lists(st.integers(-(2**24), 2**24), min_size=1)
    | st.lists(st.floats(width=32), min_size=1)
)
def test_samples_are_what_they_were(values: list[float]) -> None:
    np.testing.assert_array_equal(unpacked(*packed(values)), np.array(values, np.float32))


def test_a_wave_with_noise_is_kept_in_the_bits_of_its_steps_and_a_cut_one_is_damaged() -> None:
    codec, data = packed([float(Random(n).randrange(500, 516)) for n in range(125)])
    assert (codec, len(data)) == ("bits", 7 + 124 * 5 // 8 + 1)
    for cut in range(len(data)):
        with pytest.raises(ValueError, match="damaged"):
            unpacked(codec, data[:cut])
    assert packed([0.0] * 500 + [3000.0] + [0.0] * 500)[0] == "int16"


async def test_while_nothing_can_be_written_the_newest_numbers_wait_and_the_rest_leaves_a_mark(
    tmp_path: Path,
) -> None:
    async with Record.open(url(tmp_path / "nowhere")) as record:
        patient = Patient(record)
        name = patient.session.id
        seconds = SECONDS_HELD + 100
        for second in range(seconds):
            record.wave(name, "oximeter-1", Waveform("pleth", [1.0] * 60, 60), moment(second))
            record.vitals(name, spo2(97.0), moment(second))
        (tmp_path / "nowhere").mkdir()
        await well_again(record)
        async with record.past.looking():  # what waited behind the alarms is written with the next
            pass
        record.vitals(name, spo2(96.0), moment(seconds))
        assert await record.durable(30)
        found = await record.past.history(name, moment(seconds))
    assert found is not None
    kept = found.numerics["spo2"].t_us.tolist()
    assert kept == [to_us(moment(second).utc) for second in range(100, seconds + 1)]
    assert len(found.waves["pleth"]) == WAVES_HELD
    assert {(each.what, each.rows) for each in found.unrecorded} == {
        ("numeric", 100),
        ("wave", seconds - WAVES_HELD),
    }
    query = "select what, since_us, until_us, rows from unrecorded order by what"
    assert rows(tmp_path / "nowhere", query) == [
        ("numeric", kept[0] - 100_000_000, kept[0] - 1_000_000, 100),
        ("wave", kept[0] - 101_000_000, to_us(moment(seconds - WAVES_HELD - 2).utc), seconds - WAVES_HELD),
    ]
    assert len(column(tmp_path / "nowhere", "select * from alarm_transition")) == len(patient.transitions)
