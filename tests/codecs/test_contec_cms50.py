"""Contec oximeters: foreign vectors both ways, damage of every kind, and what is left of the numbers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.codecs.contec_cms50 import (
    CMS50_5,
    CMS50_9,
    KEEP_ALIVE,
    START,
    STOP,
    Command,
    Sample,
    commands,
    encode_5,
    encode_9,
    encode_command,
)
from kapmonitor.codecs.stream import Format
from kapmonitor.errors import Fault
from tests.codecs.foreign import name_of, readable, refused
from tests.codecs.streams import cuts, faults, garbage, good, noise, pleth, read, rows, split, survives, told

VARIANTS = {"contec_cms50_5": (CMS50_5, encode_5), "contec_cms50_9": (CMS50_9, encode_9)}
FRAMES = {CMS50_5.name: bytes.fromhex("c4500a3c62"), CMS50_9.name: bytes.fromhex("01e0849392bce3ffff")}
SAMPLES = {name: good(read(wire.reader, FRAMES[wire.name])) for name, (wire, _) in VARIANTS.items()}

formats = pytest.mark.parametrize("wire", [CMS50_5, CMS50_9], ids=lambda wire: wire.name)


def each_vector(pick: Any) -> Any:
    return [pytest.param(name, row, id=name_of(row)) for name in VARIANTS for row in pick(name)]


@pytest.mark.parametrize(("variant", "vector"), each_vector(readable))
def test_a_foreign_frame_means_what_its_source_says(variant: str, vector: Any) -> None:
    wire, encode = VARIANTS[variant]
    (sample,) = read(wire.reader, vector["data"])
    assert sample == Sample(**vector["message"])
    assert encode(sample) == vector["data"]
    observed = wire.observe(sample)
    assert rows(observed) == vector["readings"]
    assert pleth(observed) == vector["pleth"]


@pytest.mark.parametrize(("variant", "vector"), each_vector(refused))
def test_what_is_no_live_frame_yields_no_value(variant: str, vector: Any) -> None:
    found = read(VARIANTS[variant][0].reader, vector["data"])
    assert found
    assert not good(found)


@formats
def test_every_truncated_frame_is_refused(wire: Format) -> None:
    frame = FRAMES[wire.name]
    for size in range(1, len(frame)):
        assert faults(read(wire.reader, frame[:size])) == [Fault.LENGTH]
        followed = read(wire.reader, frame[:size] + frame)
        assert faults(followed) == [Fault.LENGTH]
        assert len(good(followed)) == 1


@formats
def test_a_frame_that_lost_its_head_is_one_error(wire: Format) -> None:
    frame = FRAMES[wire.name]
    for size in range(1, len(frame)):
        found = read(wire.reader, frame[size:] + frame)
        assert faults(found) == [Fault.FORMAT]
        assert len(good(found)) == 1


@formats
def test_garbage_before_a_frame_is_one_error_however_it_comes(wire: Format) -> None:
    dirt = b"\x11\x22\x33\x44" if wire is CMS50_5 else b"\x82\xfe\x55\x99"
    data = dirt * 20 + FRAMES[wire.name]
    assert faults(read(wire.reader, data)) == [Fault.FORMAT]
    assert faults(read(wire.reader, *(data[at : at + 1] for at in range(len(data))))) == [Fault.FORMAT]


@formats
@given(dirt=garbage)
def test_the_second_frame_after_any_garbage_is_read(wire: Format, dirt: bytes) -> None:
    frame = FRAMES[wire.name]
    found = read(wire.reader, dirt + frame + frame)
    assert good(found)[-1:] == good(read(wire.reader, frame))


@formats
@given(data=garbage, places=cuts)
def test_chunks_cut_anywhere_say_the_same(wire: Format, data: bytes, places: list[int]) -> None:
    stream = data + FRAMES[wire.name] * 3 + data[:7] + FRAMES[wire.name]
    assert told(read(wire.reader, *split(stream, places))) == told(read(wire.reader, stream))


@formats
@given(data=st.binary(max_size=200), places=cuts)
def test_any_bytes_give_values_or_errors(wire: Format, data: bytes, places: list[int]) -> None:
    survives(wire, data, 1 + len(places))


@formats
def test_nothing_is_left_behind_by_noise(wire: Format) -> None:
    """What waits for more bytes is never longer than a frame."""
    reader = wire.reader()
    for at in range(0, 20_000, 50):
        reader.feed(noise(at, 50, b"\x01\x80\x84"))
    assert len(reader.close()) <= 1


def test_without_spo2_neither_pulse_rate_nor_perfusion_index_has_a_value() -> None:
    observed = CMS50_9.observe(Sample(pleth=3, spo2=127, pulse_rate=60, perfusion_index=250))
    assert [each[1] for each in rows(observed)] == [None, None, None]
    assert pleth(observed) is None


flags = st.booleans()
in_both = {
    "pleth": st.integers(0, 127),
    "spo2": st.integers(0, 127),
    "pulse_rate": st.integers(0, 255),
    "signal": st.integers(0, 15),
    "bar": st.integers(0, 15),
    "beep": flags,
    "spo2_dropping": flags,
    "finger_out": flags,
    "searching": flags,
}


@given(sample=st.builds(Sample, **in_both, probe_error=flags))
def test_5_byte_round_trip(sample: Sample) -> None:
    assert read(CMS50_5.reader, encode_5(sample)) == [sample]


@given(
    sample=st.builds(
        Sample,
        **in_both,
        search_too_long=flags,
        perfusion_index=st.none() | st.integers(0, 65534),
    )
)
def test_9_byte_round_trip(sample: Sample) -> None:
    assert read(CMS50_9.reader, encode_9(sample)) == [sample]


@pytest.mark.parametrize(
    ("command", "data"),
    [(START, "7d81a1808080808080"), (STOP, "7d81a2808080808080"), (KEEP_ALIVE, "7d81af808080808080")],
)
def test_host_commands_are_those_of_real_hosts(command: Command, data: str) -> None:
    """As captured by headrotor/contec_data and MarkMLl/Contec_cms50dplus."""
    assert encode_command(command).hex() == data
    assert read(commands, bytes.fromhex(data)) == [command]
