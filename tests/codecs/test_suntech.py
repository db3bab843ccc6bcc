"""SunTech blood-pressure modules: foreign vectors both ways, damage of every kind, every error code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.codecs import suntech
from kapmonitor.codecs.suntech import (
    SUNTECH,
    Command,
    CuffPressure,
    Message,
    Response,
    Result,
    ReturnCode,
    Version,
)
from kapmonitor.errors import Fault
from kapmonitor.model import BloodPressure
from tests.codecs.foreign import name_of, readable, refused, vectors
from tests.codecs.streams import cuts, faults, garbage, good, read, rows, split, survives, told

PRESSURE = bytes.fromhex("3e050201ba")
RESULT = bytes.fromhex("3e1873004a001e01000000000000310755005800000000e9")
KINDS = {kind.__name__: kind for kind in (CuffPressure, Response, Result, ReturnCode, Version)}
IN_HEX = ("test_codes", "code", "data")


def message_of(vector: Any) -> Message:
    ((kind, fields),) = vector["message"].items()
    make: Callable[..., Message] = KINDS[kind]
    return make(**{name: bytes.fromhex(value) if name in IN_HEX else value for name, value in fields.items()})


@pytest.mark.parametrize("vector", readable("suntech"), ids=name_of)
def test_a_foreign_frame_means_what_its_source_says(vector: Any) -> None:
    (message,) = read(SUNTECH.reader, vector["data"])
    assert message == message_of(vector)
    assert suntech.encode(message) == vector["data"]
    assert rows(SUNTECH.observe(message)) == vector["readings"]


@pytest.mark.parametrize("vector", refused("suntech"), ids=name_of)
def test_a_frame_that_is_none_yields_no_value(vector: Any) -> None:
    found = read(SUNTECH.reader, vector["data"] + PRESSURE)
    assert faults(found)[0] in (Fault.CHECKSUM, Fault.FORMAT)
    assert good(found) == [CuffPressure(258)]


@pytest.mark.parametrize("vector", vectors("suntech_commands"), ids=name_of)
def test_host_commands_are_those_of_other_hosts(vector: Any) -> None:
    command = Command(vector["op"], bytes.fromhex(vector["operand"]))
    assert suntech.encode_command(command) == vector["data"]
    assert read(suntech.commands, vector["data"]) == [command]


def test_the_named_commands_are_the_documented_bytes() -> None:
    named = {
        suntech.START_ADULT: "3a20a6",
        suntech.START_PAEDIATRIC: "3a873f",
        suntech.START_NEONATE: "3a289e",
        suntech.ABORT: "3a7901004c",
        suntech.GET_PRESSURE: "3a79050048",
        suntech.GET_RESULT: "3a7903004a",
        suntech.GET_VERSION: "3a7902400b",
        suntech.initial_inflation(160): "3a17a0000f",
        suntech.initial_inflation(300): "3a172c0182",
    }
    assert {command: suntech.encode_command(command).hex() for command in named} == named


@pytest.mark.parametrize("frame", [PRESSURE, RESULT, bytes.fromhex("3e044b73")])
def test_every_truncated_frame_is_refused(frame: bytes) -> None:
    for size in range(1, len(frame)):
        assert faults(read(SUNTECH.reader, frame[:size])) == [Fault.LENGTH]
        followed = read(SUNTECH.reader, frame[:size] + PRESSURE)
        assert good(followed) == [CuffPressure(258)]
        assert faults(followed)


def test_one_flipped_bit_anywhere_is_noticed() -> None:
    """And costs no frame but its own."""
    for at in range(len(RESULT)):
        for bit in range(8):
            damaged = bytearray(RESULT)
            damaged[at] ^= 1 << bit
            found = read(SUNTECH.reader, bytes(damaged) + PRESSURE)
            assert good(found) == [CuffPressure(258)], (at, bit)
            assert faults(found)


def test_a_wrong_checksum_is_called_one_and_swallows_nothing() -> None:
    found = read(SUNTECH.reader, bytes.fromhex("3e050201b1") + PRESSURE)
    assert faults(found) == [Fault.CHECKSUM]
    assert good(found) == [CuffPressure(258)]


def test_a_false_start_of_a_long_frame_does_not_hide_the_frames_behind_it() -> None:
    found = read(SUNTECH.reader, b"\x3e\x43" + PRESSURE + PRESSURE)
    assert faults(found) == [Fault.LENGTH]
    assert good(found) == [CuffPressure(258)] * 2


def test_garbage_before_a_frame_is_one_error_however_it_comes() -> None:
    data = b"\x3e\x3e\x00\x12\x3e\x99" * 9 + PRESSURE
    assert faults(read(SUNTECH.reader, data)) == [Fault.FORMAT]
    assert faults(read(SUNTECH.reader, *(data[at : at + 1] for at in range(len(data))))) == [Fault.FORMAT]


@given(dirt=garbage)
def test_the_second_frame_after_any_garbage_is_read(dirt: bytes) -> None:
    assert good(read(SUNTECH.reader, dirt + PRESSURE + PRESSURE))[-1:] == [CuffPressure(258)]


@given(places=cuts)
def test_chunks_cut_anywhere_say_the_same(places: list[int]) -> None:
    stream = b"\x01\x02" + RESULT + PRESSURE + b"\x3e" + RESULT[:-1] + b"\x00" + PRESSURE * 2
    assert told(read(SUNTECH.reader, *split(stream, places))) == told(read(SUNTECH.reader, stream))


@given(data=st.binary(max_size=200), places=cuts)
def test_any_bytes_give_values_or_errors(data: bytes, places: list[int]) -> None:
    survives(SUNTECH, data, 1 + len(places))


def test_a_measurement_fetched_before_is_not_live() -> None:
    (measured,) = SUNTECH.observe(Result(systolic=120, diastolic=80, mean=93, pulse_rate=60, status=0))
    assert isinstance(measured, BloodPressure)
    assert not measured.live


words = st.integers(0, 65535)
bytes_ = st.integers(0, 255)


@given(
    message=st.one_of(
        st.builds(CuffPressure, st.none() | st.integers(0, 400)),
        st.builds(Response, st.sampled_from(sorted(suntech.LETTERS))),
        st.builds(ReturnCode, st.binary(min_size=3, max_size=3)),
        st.builds(Version, st.binary(min_size=64, max_size=64)),
        st.builds(
            Result,
            systolic=words,
            diastolic=words,
            mean=words,
            pulse_rate=bytes_,
            beats=bytes_,
            status=bytes_,
            test_codes=st.binary(min_size=8, max_size=8),
            error=bytes_,
        ),
    )
)
def test_round_trip(message: Message) -> None:
    assert read(SUNTECH.reader, suntech.encode(message)) == [message]
