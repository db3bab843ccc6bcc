"""0x2A37, the heart rate measurement of chest straps."""

from __future__ import annotations

from typing import Any

import pytest
from bumble.profiles.heart_rate_service import HeartRateService
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.codecs.heart_rate import HeartRateMeasurement, decode, observe
from kapmonitor.errors import DecodeError, Fault
from tests.codecs.foreign import assert_possible, canonical, name_of, of_known_length, readable, refused, rows

U16 = st.integers(0, 0xFFFF)
MESSAGES = st.builds(
    HeartRateMeasurement,
    heart_rate=U16,
    contact=st.none() | st.booleans(),
    energy_kj=st.none() | U16,
    rr_1024=st.lists(U16, max_size=9).map(tuple),
)


def _message(fields: dict[str, Any]) -> HeartRateMeasurement:
    return HeartRateMeasurement(**{**fields, "rr_1024": tuple(fields.get("rr_1024", ()))})


@pytest.mark.parametrize("vector", readable("heart_rate"), ids=name_of)
def test_foreign_frames_are_understood(vector: Any) -> None:
    message = decode(vector["data"])
    assert message == _message(vector["message"])
    assert rows(observe(message)) == vector["readings"]


@pytest.mark.parametrize("vector", canonical("heart_rate"), ids=name_of)
def test_foreign_frames_are_written_byte_for_byte(vector: Any) -> None:
    assert _message(vector["message"]).encode() == vector["data"]


@pytest.mark.parametrize("vector", refused("heart_rate"), ids=name_of)
def test_frames_of_the_wrong_length_are_refused(vector: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(vector["data"])
    assert caught.value.fault is Fault.LENGTH


@pytest.mark.parametrize("vector", of_known_length("heart_rate"), ids=name_of)
def test_a_cut_frame_is_refused_or_misses_only_whole_intervals(vector: Any) -> None:
    """The number of intervals is nowhere in the frame, so a cut between two of them cannot be seen."""
    data = vector["data"]
    whole = decode(data)
    for length in range(len(data)):
        missing = len(data) - length
        if missing % 2 == 0 and missing // 2 < len(whole.rr_1024):
            assert decode(data[:length]).rr_1024 == whole.rr_1024[: -missing // 2]
        else:
            with pytest.raises(DecodeError):
                decode(data[:length])


@given(MESSAGES)
def test_bumble_reads_what_we_write(message: HeartRateMeasurement) -> None:
    theirs = HeartRateService.HeartRateMeasurement.from_bytes(message.encode())
    assert theirs.heart_rate == message.heart_rate
    assert theirs.sensor_contact_detected == message.contact
    assert theirs.energy_expended == message.energy_kj
    assert [round(seconds * 1024) for seconds in theirs.rr_intervals or ()] == list(message.rr_1024)


@given(MESSAGES)
def test_we_read_what_bumble_writes(message: HeartRateMeasurement) -> None:
    """Intervals are whole 1024ths here: bumble cuts off what lies between, where we would round."""
    theirs = HeartRateService.HeartRateMeasurement(
        heart_rate=message.heart_rate,
        sensor_contact_detected=message.contact,
        energy_expended=message.energy_kj,
        rr_intervals=[rr / 1024 for rr in message.rr_1024] or None,
    )
    assert decode(bytes(theirs)) == message


@given(st.binary(max_size=24))
def test_any_bytes_are_possible_values_or_an_error(data: bytes) -> None:
    try:
        message = decode(data)
    except DecodeError:
        return
    assert_possible(observe(message))


@given(MESSAGES)
def test_what_was_written_reads_the_same(message: HeartRateMeasurement) -> None:
    assert decode(message.encode()) == message
