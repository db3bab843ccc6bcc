"""Oximeters, cuffs and straps beyond the first ones: there and back, and damage of every kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.codecs import (
    FORMATS,
    bci,
    contec_cms50d_bt,
    masimo_ascii,
    medlab_stx,
    nonin_ascii,
    nonin_ble,
    nonin_df2,
    nonin_df7,
    polar_pmd,
    viatom_o2ring,
    viatom_pc60,
)
from kapmonitor.errors import Fault
from kapmonitor.model import Quality
from tests.codecs.streams import cuts, faults, garbage, good, noise, read, rows, split, survives, told

byte, seven = st.integers(0, 255), st.integers(0, 127)
three = st.integers(0, 999)

Messages = st.SearchStrategy[Any]
CASES: dict[str, tuple[Callable[[Any], bytes], Messages]] = {
    "bci": (
        bci.encode,
        st.builds(
            bci.Sample, seven, seven, byte, st.integers(0, 15), st.integers(0, 15), *[st.booleans()] * 5
        ),
    ),
    "nonin-ascii": (
        nonin_ascii.encode,
        st.builds(nonin_ascii.Line, st.none() | three, st.none() | three, st.booleans(), st.booleans()),
    ),
    "masimo-ascii": (
        masimo_ascii.encode,
        st.builds(
            masimo_ascii.Line,
            st.none() | st.integers(1, 100).map(float),
            st.none() | st.integers(1, 250).map(float),
            st.none() | st.integers(0, 2000).map(lambda each: each / 100),
            st.integers(0, 0xFFF),
        ),
    ),
    "medlab-stx": (
        medlab_stx.encode,
        st.one_of(
            st.builds(medlab_stx.CuffPressure, st.integers(0, 300), st.integers(1, 2), st.integers(3, 7)),
            st.just(medlab_stx.PressureEnd()),
            st.builds(
                medlab_stx.Status,
                st.integers(1, 3),
                st.integers(0, 20),
                st.none() | st.tuples(three, three, three),
                st.none() | three,
                st.integers(0, 99),
                st.booleans(),
                st.integers(0, 9999),
            ),
        ),
    ),
    "viatom-pc60": (
        viatom_pc60.encode,
        st.one_of(
            st.builds(viatom_pc60.Numbers, byte, st.integers(0, 0xFFFF), byte, st.binary(max_size=8)),
            st.builds(viatom_pc60.Pulse, st.tuples(*[seven] * 5), st.tuples(*[st.booleans()] * 5)),
            st.builds(viatom_pc60.Other, st.just(0xF0), byte, st.binary(max_size=8)),
        ),
    ),
    "viatom-o2ring": (
        viatom_o2ring.encode,
        st.one_of(
            st.builds(
                viatom_o2ring.Live, byte, st.integers(0, 0xFFFF), byte, byte, byte, byte, st.booleans()
            ),
            st.builds(
                viatom_o2ring.Packet, st.integers(1, 255), st.integers(0, 0xFFFF), st.binary(max_size=30)
            ),
        ),
    ),
    "contec-cms50d-bt": (
        contec_cms50d_bt.encode,
        st.one_of(
            st.builds(contec_cms50d_bt.Numbers, seven, seven, seven),
            st.builds(contec_cms50d_bt.Pulse, seven, seven, seven),
        ),
    ),
    "nonin-ble": (
        nonin_ble.encode,
        st.builds(
            nonin_ble.Measurement, byte, byte, st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), byte, three
        ),
    ),
    "polar-pmd": (
        polar_pmd.encode,
        st.one_of(
            st.builds(
                polar_pmd.Ecg,
                st.lists(st.integers(-(1 << 23), (1 << 23) - 1), max_size=73).map(tuple),
                st.integers(0, (1 << 64) - 1),
            ),
            st.builds(
                polar_pmd.Ppi,
                st.lists(
                    st.builds(
                        polar_pmd.Beat,
                        byte,
                        st.integers(0, 0xFFFF),
                        st.integers(0, 0xFFFF),
                        st.booleans(),
                        st.none() | st.booleans(),
                    ),
                    max_size=5,
                ).map(tuple),
            ),
        ),
    ),
}
PACKETS = {"polar-pmd": b"\x00\x03\xf0\x0f", "nonin-ble": b"\x0a\x10\x7f"}
STREAMS = [*(name for name in CASES if name not in PACKETS), "nonin-df2", "nonin-df7"]


@pytest.mark.parametrize("name", CASES)
@given(st.data())
def test_there_and_back_again(name: str, data: st.DataObject) -> None:
    encode, messages = CASES[name]
    message = data.draw(messages)
    assert read(FORMATS[name].reader, encode(message)) == [message]


def packet_7() -> bytes:
    return b"".join(nonin_df7.encode(each) for each in nonin_df2.packet([25_000] * nonin_df2.FRAMES, 97, 72))


def packet(spo2: int = 97, rate: int = 72, status: int = 0) -> bytes:
    frames = nonin_df2.packet([100] * nonin_df2.FRAMES, spo2, rate, status)
    return b"".join(nonin_df2.encode(each) for each in frames)


@given(st.integers(0, 126), st.integers(0, 510))
def test_a_nonin_packet_there_and_back_again(spo2: int, rate: int) -> None:
    last = read(FORMATS["nonin-df2"].reader, packet(spo2, rate))[-1]
    assert (last.spo2, last.pulse_rate) == (spo2, rate)


EXAMPLES = {
    "bci": bci.encode(bci.Sample(50, 97, 72)),
    "nonin-df2": packet(),
    "nonin-df7": packet_7(),
    "nonin-ascii": nonin_ascii.encode(nonin_ascii.Line(97, 72)),
    "masimo-ascii": masimo_ascii.encode(masimo_ascii.Line(98, 97, 3.6)),
    "medlab-stx": medlab_stx.encode(medlab_stx.Status(pressures=(118, 74, 88), pulse_rate=85)),
    "viatom-pc60": viatom_pc60.encode(viatom_pc60.Numbers(95, 85, 87)),
    "viatom-o2ring": viatom_o2ring.encode(viatom_o2ring.Live(97, 72, 80)),
    "contec-cms50d-bt": contec_cms50d_bt.encode(contec_cms50d_bt.Numbers(83, 99, 4)),
}


@pytest.mark.parametrize("name", STREAMS)
@given(cuts)
def test_it_makes_no_difference_where_the_stream_is_cut(name: str, places: list[int]) -> None:
    data = EXAMPLES[name] * 3
    assert told(read(FORMATS[name].reader, *split(data, places))) == told(read(FORMATS[name].reader, data))


@pytest.mark.parametrize("name", STREAMS)
@given(garbage)
def test_after_any_garbage_a_good_frame_comes_within_two(name: str, dirt: bytes) -> None:
    wire, frame = FORMATS[name], EXAMPLES[name]
    assert values(wire, good(read(wire.reader, dirt + frame * 3)))


def values(wire: Any, messages: list[Any]) -> list[list[object]]:
    return [row for message in messages for row in rows(wire.observe(message)) if row[1] is not None]


@pytest.mark.parametrize("name", STREAMS)
def test_every_truncated_frame_is_refused(name: str) -> None:
    wire, frame = FORMATS[name], EXAMPLES[name].rstrip()
    for size in range(1, len(frame)):
        found = read(wire.reader, frame[:size])
        assert values(wire, good(found)) == []
        if not name.startswith("nonin-df") or size % 5:
            assert faults(found)


@pytest.mark.parametrize("name", [*STREAMS, *PACKETS])
@given(st.data())
def test_no_bytes_hurt(name: str, data: st.DataObject) -> None:
    survives(FORMATS[name], data.draw(st.binary(max_size=400)), data.draw(st.integers(1, 64)))


@pytest.mark.parametrize("name", PACKETS)
def test_a_hundred_thousand_bytes_of_noise_hurt_nobody(name: str) -> None:
    survives(FORMATS[name], noise(7, 100_000, PACKETS[name]), 97)


@pytest.mark.parametrize("name", ["viatom-pc60", "viatom-o2ring", "contec-cms50d-bt", "medlab-stx"])
def test_a_changed_byte_is_found_where_there_is_a_checksum(name: str) -> None:
    wire, frame = FORMATS[name], EXAMPLES[name]
    for place in range(1, len(frame) - 2):
        spoilt = frame[:place] + bytes((frame[place] ^ 0x01,)) + frame[place + 1 :]
        assert faults(read(wire.reader, spoilt)), place


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (nonin_df2.DISCONNECTED, "sensor_off"),
        (nonin_df2.SENSOR_ALARM, "no_finger"),
        (nonin_df2.OUT_OF_TRACK, "searching"),
    ],
)
def test_a_nonin_sensor_that_is_off_has_no_numbers_and_no_pleth(status: int, reason: str) -> None:
    wire = FORMATS["nonin-df2"]
    found = read(wire.reader, packet(status=status))
    seen = [each for message in found for each in wire.observe(message)]
    assert rows(seen) == [
        [quantity, None, "not_available", reason] for _ in (0, 1) for quantity in ("spo2", "pulse_rate")
    ]
    assert len(rows(seen)) == len(seen)


def test_an_artifact_anywhere_in_a_nonin_packet_is_a_doubt() -> None:
    wire = FORMATS["nonin-df2"]
    frames = nonin_df2.packet([100] * 25, 97, 72)
    bytes_ = [nonin_df2.encode(each) for each in frames]
    bytes_[7] = nonin_df2.encode(nonin_df2.Frame(nonin_df2.ARTIFACT, 100, 0))
    last = read(wire.reader, b"".join(bytes_))[-1]
    assert rows(wire.observe(last))[0] == ["spo2", 97.0, Quality.QUESTIONABLE.value, "artifact"]


def test_a_nonin_packet_that_lost_a_frame_has_no_numbers() -> None:
    wire = FORMATS["nonin-df2"]
    found = read(wire.reader, packet()[:50] + packet()[55:] + packet())
    assert faults(found) == [Fault.LENGTH]
    assert len([each for each in good(found) if each.spo2 is not None]) == 1


def test_medlab_pressures_are_taken_by_size_whatever_the_boards_order() -> None:
    wire = FORMATS["medlab-stx"]
    for order in ((118, 74, 88), (118, 88, 74)):
        (message,) = read(wire.reader, medlab_stx.encode(medlab_stx.Status(pressures=order)))
        assert [row[1] for row in rows(wire.observe(message))][:3] == [118, 74, 88]


def test_a_medlab_command_is_what_the_peers_send() -> None:
    assert medlab_stx.encode_command(medlab_stx.Command(medlab_stx.START)) == b"\x0201;;D7\x03"
    assert medlab_stx.decode_command("18;;DF") == medlab_stx.Command(medlab_stx.STATUS)
    for mmhg, code in medlab_stx.INITIAL_MMHG.items():
        assert medlab_stx.encode_command(medlab_stx.Command(code))[1:3] == b"%02d" % code, mmhg


@pytest.mark.parametrize("message", list(medlab_stx.ERRORS))
def test_a_medlab_failure_has_its_reason(message: int) -> None:
    wire = FORMATS["medlab-stx"]
    (status,) = read(wire.reader, medlab_stx.encode(medlab_stx.Status(2, message)))
    assert rows(wire.observe(status))[0][1:] == [None, "invalid", medlab_stx.ERRORS[message]]


@pytest.mark.parametrize(("bit", "reason"), masimo_ascii.NO_VALUE.items())
def test_a_masimo_exception_leaves_no_value(bit: int, reason: str) -> None:
    seen = masimo_ascii.observe(masimo_ascii.Line(98, 97, 3.6, bit))
    assert {(row[1], row[3]) for row in rows(seen)} == {(None, reason)}


@pytest.mark.parametrize(("bit", "reason"), masimo_ascii.DOUBT.items())
def test_a_masimo_exception_leaves_a_doubt(bit: int, reason: str) -> None:
    seen = masimo_ascii.observe(masimo_ascii.Line(98, 97, 3.6, bit))
    assert {(row[2], row[3]) for row in rows(seen)} == {("questionable", reason)}


def test_a_strap_without_contact_has_no_interval() -> None:
    seen = polar_pmd.observe(polar_pmd.Ppi((polar_pmd.Beat(70, 850, contact=False),)))
    assert rows(seen) == [
        ["heart_rate", None, "not_available", "no_contact"],
        ["rr_interval", None, "not_available", "no_contact"],
    ]


@pytest.mark.parametrize(("rate", "reason"), [(0, "out_of_range"), (255, "out_of_range"), (70, "artifact")])
def test_a_strap_that_was_shaken_doubts_its_rate_and_has_none_where_it_tells_none(
    rate: int, reason: str
) -> None:
    seen = polar_pmd.observe(polar_pmd.Ppi((polar_pmd.Beat(rate, 850, blocked=True, contact=True),)))
    assert [(row[0], row[3]) for row in rows(seen)] == [("heart_rate", reason), ("rr_interval", "artifact")]


@pytest.mark.parametrize("kind", ["aa" * 16, "04" + "00" * 15, "00" + "00" * 8 + "80" + "00" * 6])
def test_measurement_data_of_no_known_kind_is_an_error(kind: str) -> None:
    """Another type than Polar has, or ECG and intervals that are packed in a way that we cannot read."""
    assert faults(read(FORMATS["polar-pmd"].reader, bytes.fromhex(kind))) == [Fault.FORMAT]
