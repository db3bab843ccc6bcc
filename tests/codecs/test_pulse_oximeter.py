"""0x2A5F and 0x2A5E, the measurements of Bluetooth pulse oximeters, and what their status bits mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.codecs import plx_status, sfloat
from kapmonitor.codecs.plx_status import PRECEDENCE, MeasurementStatus, SensorStatus
from kapmonitor.codecs.pulse_oximeter import (
    Pair,
    PlxContinuous,
    PlxMessage,
    PlxSpotCheck,
    decode_continuous,
    decode_spot_check,
    observe,
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

DECODERS: dict[str, Callable[[bytes], PlxMessage]] = {
    "plx-continuous": decode_continuous,
    "plx-spot": decode_spot_check,
}
NUMBERS = st.integers(0, 0xFFFF).map(sfloat.decode)
PAIRS = st.builds(Pair, NUMBERS, NUMBERS)
MEASUREMENT = st.none() | st.integers(0, 0xFFFF)
SENSOR = st.none() | st.integers(0, 0xFFFFFF)
BYTE = st.integers(0, 0xFF)
TIMES = st.tuples(st.integers(0, 0xFFFF), BYTE, BYTE, BYTE, BYTE, BYTE)
CONTINUOUS = st.builds(
    PlxContinuous,
    spo2=NUMBERS,
    pulse_rate=NUMBERS,
    fast=st.none() | PAIRS,
    slow=st.none() | PAIRS,
    measurement_status=MEASUREMENT,
    sensor_status=SENSOR,
    amplitude=st.none() | NUMBERS,
)
SPOT = st.builds(
    PlxSpotCheck,
    spo2=NUMBERS,
    pulse_rate=NUMBERS,
    timestamp=st.none() | TIMES,
    measurement_status=MEASUREMENT,
    sensor_status=SENSOR,
    amplitude=st.none() | NUMBERS,
    clock_not_set=st.booleans(),
)


def _message(vector: Any) -> PlxMessage:
    fields = dict(vector["message"])
    for name in {"spo2", "pulse_rate", "amplitude"} & fields.keys():
        fields[name] = number(fields[name])
    for name in {"fast", "slow"} & fields.keys():
        fields[name] = Pair(*map(number, fields[name]))
    if "timestamp" in fields:
        fields["timestamp"] = tuple(fields["timestamp"])
    return PlxContinuous(**fields) if vector["format"] == "plx-continuous" else PlxSpotCheck(**fields)


@pytest.mark.parametrize("vector", readable("pulse_oximeter"), ids=name_of)
def test_foreign_frames_are_understood(vector: Any) -> None:
    message = DECODERS[vector["format"]](vector["data"])
    assert message == _message(vector)
    assert rows(observe(message)) == vector["readings"]


@pytest.mark.parametrize("vector", canonical("pulse_oximeter"), ids=name_of)
def test_foreign_frames_are_written_byte_for_byte(vector: Any) -> None:
    assert _message(vector).encode() == vector["data"]


@pytest.mark.parametrize("vector", refused("pulse_oximeter"), ids=name_of)
def test_frames_of_the_wrong_length_are_refused(vector: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        DECODERS[vector["format"]](vector["data"])
    assert caught.value.fault is Fault.LENGTH


@pytest.mark.parametrize("vector", of_known_length("pulse_oximeter"), ids=name_of)
def test_every_cut_frame_is_refused(vector: Any) -> None:
    for length in range(len(vector["data"])):
        with pytest.raises(DecodeError):
            DECODERS[vector["format"]](vector["data"][:length])


def _seen(measurement: int = 0, sensor: int = 0) -> tuple[float | None, Quality, str | None]:
    message = PlxContinuous(97, 66, measurement_status=measurement, sensor_status=sensor, amplitude=2.5)
    readings = observe(message)
    assert len({(each.value is None, each.quality, each.reason) for each in readings}) == 1
    return readings[0].value, readings[0].quality, readings[0].reason


@pytest.mark.parametrize("bit", [7, 8, 0, 4])
def test_a_validated_measurement_and_reserved_bits_change_nothing(bit: int) -> None:
    assert _seen(measurement=1 << bit) == (97, Quality.VALID, None)


@pytest.mark.parametrize("bit", [0, 9, 12, 16, 23])
def test_sensor_bits_that_only_inform_change_nothing(bit: int) -> None:
    assert _seen(sensor=1 << bit) == (97, Quality.VALID, None)


@pytest.mark.parametrize(
    ("bit", "value", "quality", "reason"),
    [
        (5, 97, Quality.ONGOING, "ongoing"),
        (6, 97, Quality.QUESTIONABLE, "early_estimate"),
        (9, 97, Quality.QUESTIONABLE, "stored"),
        (10, None, Quality.INVALID, "demo"),
        (11, None, Quality.INVALID, "test"),
        (12, 97, Quality.QUESTIONABLE, "calibrating"),
        (13, None, Quality.NOT_AVAILABLE, "unavailable"),
        (14, 97, Quality.QUESTIONABLE, "questionable_measurement"),
        (15, None, Quality.INVALID, "invalid_measurement"),
    ],
)
def test_each_measurement_bit_alone(bit: int, value: float | None, quality: Quality, reason: str) -> None:
    assert _seen(measurement=1 << bit) == (value, quality, reason)


@pytest.mark.parametrize(
    ("bit", "value", "reason"),
    [
        (1, None, "equipment_malfunction"),
        (2, 97, "signal_irregularity"),
        (3, None, "inadequate_signal"),
        (4, 97, "poor_signal"),
        (5, 97, "low_perfusion"),
        (6, 97, "erratic_signal"),
        (7, None, "non_pulsatile"),
        (8, 97, "questionable_pulse"),
        (10, 97, "artifact"),
        (11, None, "no_finger"),
        (13, None, "sensor_displaced"),
        (14, None, "sensor_malfunction"),
        (15, None, "sensor_off"),
    ],
)
def test_each_sensor_bit_alone(bit: int, value: float | None, reason: str) -> None:
    seen, quality, why = _seen(sensor=1 << bit)
    assert (seen, why) == (value, reason)
    assert quality is Quality.QUESTIONABLE if value else quality in (Quality.INVALID, Quality.NOT_AVAILABLE)


@pytest.mark.parametrize(
    ("measurement", "sensor", "reason"),
    [
        (0, SensorStatus.UNCONNECTED_TO_USER | SensorStatus.LOW_PERFUSION, "no_finger"),
        (MeasurementStatus.INVALID, SensorStatus.UNCONNECTED_TO_USER, "no_finger"),
        (MeasurementStatus.INVALID | MeasurementStatus.QUESTIONABLE, 0, "invalid_measurement"),
        (MeasurementStatus.ONGOING | MeasurementStatus.QUESTIONABLE, 0, "questionable_measurement"),
        (MeasurementStatus.ONGOING, SensorStatus.LOW_PERFUSION, "low_perfusion"),
        (MeasurementStatus.STORED | MeasurementStatus.EARLY_ESTIMATE, SensorStatus.POOR_SIGNAL, "stored"),
        (0xFFFF, 0xFFFFFF, "sensor_off"),
    ],
)
def test_of_several_bits_the_gravest_speaks(measurement: int, sensor: int, reason: str) -> None:
    assert _seen(measurement, sensor)[2] == reason


def test_the_order_of_the_table_is_no_value_then_doubt_then_ongoing() -> None:
    ranks = [0 if not keeps else 1 + (quality is Quality.ONGOING) for _, (keeps, quality), _ in PRECEDENCE]
    assert ranks == sorted(ranks)


def test_a_bit_in_the_wrong_status_word_means_nothing_there() -> None:
    assert plx_status.judge(SensorStatus.POOR_SIGNAL.value, 0).quality is Quality.VALID
    assert plx_status.judge(0, 1 << 12).quality is Quality.VALID


@pytest.mark.parametrize("kind", [PlxContinuous, PlxSpotCheck])
def test_what_comes_from_memory_says_so_even_beside_graver_bits(
    kind: type[PlxContinuous | PlxSpotCheck],
) -> None:
    assert kind(97, 66, measurement_status=0x8200).stored
    assert not kind(97, 66, measurement_status=0xFDFF).stored
    assert not kind(97, 66).stored


@pytest.mark.parametrize("name", DECODERS)
@given(data=st.binary(max_size=24))
def test_any_bytes_are_possible_values_or_an_error(name: str, data: bytes) -> None:
    try:
        message = DECODERS[name](data)
    except DecodeError:
        return
    assert_possible(observe(message))


@given(CONTINUOUS)
def test_what_was_written_continuously_reads_the_same(message: PlxContinuous) -> None:
    assert decode_continuous(message.encode()) == message


@given(SPOT)
def test_what_was_written_as_a_spot_check_reads_the_same(message: PlxSpotCheck) -> None:
    assert decode_spot_check(message.encode()) == message
