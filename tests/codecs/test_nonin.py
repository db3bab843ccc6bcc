"""Nonin's own characteristic and data format 7: what each status leaves of a number."""

from __future__ import annotations

import pytest

from kapmonitor.codecs import nonin_ble, nonin_df2, nonin_df7
from kapmonitor.codecs.nonin_ble import LOW_BATTERY, PLACED, SEARCHING, SMART_POINT, WEAK, Measurement
from kapmonitor.errors import Fault
from tests.codecs.streams import faults, good, read, rows


@pytest.mark.parametrize(
    ("status", "spo2", "expected"),
    [
        (PLACED | SMART_POINT | LOW_BATTERY, 97, [97, "valid", None]),
        (PLACED | WEAK, 97, [97, "questionable", "low_perfusion"]),
        (SMART_POINT, 97, [97, "questionable", "sensor_displaced"]),
        (PLACED | SEARCHING, 97, [None, "not_available", "searching"]),
        (PLACED, 127, [None, "not_available", "not_available"]),
        (0, 127, [None, "not_available", "no_finger"]),
    ],
)
def test_a_status_leaves_a_number_a_doubt_or_nothing(status: int, spo2: int, expected: list[object]) -> None:
    seen = rows(nonin_ble.observe(Measurement(status, spo2=spo2, pulse_rate=70)))
    assert seen[0][1:] == expected
    assert (seen[1][1] is None) == (expected[0] is None)


def test_what_is_not_as_long_as_it_says_is_refused_and_a_later_version_is_read() -> None:
    whole = nonin_ble.encode(Measurement(PLACED, spo2=97, pulse_rate=70))
    for spoilt in (whole[:-1], whole + b"\0", b"", b"\0"):
        assert faults(read(nonin_ble.packets, spoilt)) == [Fault.LENGTH]
    longer = bytes((12,)) + whole[1:] + b"\1\2"
    assert [each.spo2 for each in good(read(nonin_ble.packets, longer))] == [97]


def test_a_frame_of_data_format_7_never_has_a_number_over_127() -> None:
    frame = bytes((0x81, 0x12, 0x34, 0x80))
    frame += bytes((sum(frame) & 0xFF,))
    assert faults(read(nonin_df7.packets, frame))[0] is Fault.FORMAT


def test_the_pleth_of_data_format_7_has_sixteen_bits() -> None:
    wave = list(range(30_000, 30_025))
    sent = b"".join(nonin_df7.encode(each) for each in nonin_df2.packet(wave, 97, 72))
    assert [each.pleth for each in good(read(nonin_df7.packets, sent))] == wave
