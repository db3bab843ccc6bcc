"""0x2A35 and 0x2A36, the measurements of Bluetooth cuffs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.codecs import FORMATS, sfloat
from kapmonitor.codecs.blood_pressure import (
    BloodPressureMeasurement,
    IntermediateCuffPressure,
    decode_cuff_pressure,
    decode_measurement,
    observe_cuff_pressure,
    observe_measurement,
)
from kapmonitor.errors import DecodeError, Fault
from kapmonitor.model import Quality
from tests.codecs.foreign import (
    assert_possible,
    canonical,
    name_of,
    number,
    of_known_length,
    readable,
    refused,
    rows,
)

NUMBERS = st.integers(0, 0xFFFF).map(sfloat.decode)
BYTE = st.integers(0, 0xFF)
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "kilopascal": st.booleans(),
    "timestamp": st.none() | st.tuples(st.integers(0, 0xFFFF), BYTE, BYTE, BYTE, BYTE, BYTE),
    "pulse_rate": st.none() | NUMBERS,
    "user": st.none() | BYTE,
    "status": st.none() | st.integers(0, 0xFFFF),
}
PRESSURES = {"systolic", "diastolic", "mean", "cuff_pressure", "pulse_rate"}


def _message(vector: Any) -> BloodPressureMeasurement | IntermediateCuffPressure:
    fields = dict(vector["message"])
    for name in PRESSURES & fields.keys():
        fields[name] = number(fields[name])
    if "timestamp" in fields:
        fields["timestamp"] = tuple(fields["timestamp"])
    if vector["format"] == "cuff-pressure":
        return IntermediateCuffPressure(**fields)
    return BloodPressureMeasurement(**fields)


def _decode(vector: Any, data: bytes) -> BloodPressureMeasurement | IntermediateCuffPressure:
    return decode_cuff_pressure(data) if vector["format"] == "cuff-pressure" else decode_measurement(data)


@pytest.mark.parametrize("vector", readable("blood_pressure"), ids=name_of)
def test_foreign_frames_are_understood(vector: Any) -> None:
    message = _decode(vector, vector["data"])
    assert message == _message(vector)
    assert rows(FORMATS[vector["format"]].observe(message)) == vector["readings"]


@pytest.mark.parametrize("vector", canonical("blood_pressure"), ids=name_of)
def test_foreign_frames_are_written_byte_for_byte(vector: Any) -> None:
    assert _message(vector).encode() == vector["data"]


@pytest.mark.parametrize("vector", refused("blood_pressure"), ids=name_of)
def test_frames_of_the_wrong_length_are_refused(vector: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        _decode(vector, vector["data"])
    assert caught.value.fault is Fault.LENGTH


@pytest.mark.parametrize("vector", of_known_length("blood_pressure"), ids=name_of)
def test_every_cut_frame_is_refused(vector: Any) -> None:
    for length in range(len(vector["data"])):
        with pytest.raises(DecodeError):
            _decode(vector, vector["data"][:length])


def test_the_caller_says_whether_a_measurement_is_about_now() -> None:
    message = BloodPressureMeasurement(120, 80, 93)
    assert observe_measurement(message)[0].live
    assert not observe_measurement(message, live=False)[0].live


def test_a_pressure_without_a_mean_is_still_a_pressure() -> None:
    (measured,) = observe_measurement(BloodPressureMeasurement(120, 80, sfloat.Special.NAN))
    assert measured.quality is Quality.VALID
    assert measured.mean.reason == "not_a_number"


def test_kilopascal_is_kept_in_the_message_and_converted_in_the_reading() -> None:
    message = decode_measurement(BloodPressureMeasurement(18.9, 11, 15.9, kilopascal=True).encode())
    assert (message.systolic, message.kilopascal) == (18.9, True)
    assert observe_measurement(message)[0].systolic.value == 141.8


@given(st.binary(max_size=24))
def test_any_bytes_are_a_possible_measurement_or_an_error(data: bytes) -> None:
    try:
        message = decode_measurement(data)
    except DecodeError:
        return
    assert_possible(observe_measurement(message))


@given(st.binary(max_size=24))
def test_any_bytes_are_a_possible_cuff_pressure_or_an_error(data: bytes) -> None:
    try:
        message = decode_cuff_pressure(data)
    except DecodeError:
        return
    assert_possible(observe_cuff_pressure(message))


@given(
    st.builds(BloodPressureMeasurement, systolic=NUMBERS, diastolic=NUMBERS, mean=NUMBERS, **OPTIONAL),
)
def test_a_written_measurement_reads_the_same(message: BloodPressureMeasurement) -> None:
    assert decode_measurement(message.encode()) == message


@given(st.builds(IntermediateCuffPressure, cuff_pressure=NUMBERS, **OPTIONAL))
def test_a_written_cuff_pressure_reads_the_same(message: IntermediateCuffPressure) -> None:
    assert decode_cuff_pressure(message.encode()) == message
