"""BCI 5-byte stream: BerryMed BM1000 and its kin, Smiths; 100 frames a second, by cable or BLE.

The shape of Contec's 5-byte stream with other flags; bit 7 set on byte 0 only; sent unasked:

====  ======================================================================================
byte  meaning
====  ======================================================================================
0     0-3 signal strength, 4 no signal, 5 probe unplugged, 6 beep
1     pleth 0..100, 0 = none
2     0-3 bar graph, 4 no finger, 5 searching, 6 bit 7 of the pulse rate
3, 4  pulse rate bits 0-6 in /min, 255 = none; SpO2 in %, 127 = none
====  ======================================================================================

Source: "BCI Protocol V1.2" of Berry Medical (zh2x/BCI_Protocol). NOT verified on hardware by us; the baud
rate
of the cable (115200 8N1) is second-hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import iter_unpack

import msgspec

from kapmonitor.codecs.framing import marked_frames
from kapmonitor.codecs.oximetry import numbers
from kapmonitor.codecs.stream import Format
from kapmonitor.model import Observation, Waveform

RATE_HZ = 100.0
_SPO2_NONE, _PULSE_RATE_NONE = 127, 255


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One frame, as sent."""

    pleth: int = 0
    spo2: int = _SPO2_NONE
    pulse_rate: int = _PULSE_RATE_NONE
    signal: int = 0
    bar: int = 0
    beep: bool = False
    no_signal: bool = False
    probe_unplugged: bool = False
    no_finger: bool = False
    searching: bool = False


def decode(frames: bytes) -> list[Sample]:
    """The samples of whole frames, back to back."""
    return [
        Sample(
            pleth,
            spo2,
            (bar & 0x40) << 1 | rate,
            flags & 0x0F,
            bar & 0x0F,
            flags & 0x40 != 0,
            flags & 0x10 != 0,
            flags & 0x20 != 0,
            bar & 0x10 != 0,
            bar & 0x20 != 0,
        )
        for flags, pleth, bar, rate, spo2 in iter_unpack("5B", frames)
    ]


def encode(sample: Sample) -> bytes:
    """A frame; pleth and SpO2 up to 127, pulse rate up to 255."""
    flags = 0x80 | sample.signal | sample.no_signal << 4 | sample.probe_unplugged << 5 | sample.beep << 6
    bar = sample.bar | sample.no_finger << 4 | sample.searching << 5 | (sample.pulse_rate & 0x80) >> 1
    return bytes((flags, sample.pleth, bar, sample.pulse_rate & 0x7F, sample.spo2))


def observe(sample: Sample) -> Sequence[Observation]:
    """SpO2 and pulse rate; the pleth while SpO2 has a value."""
    found = numbers(_reason(sample), sample.spo2, sample.pulse_rate)
    if found[0].value is None:
        return found
    return (*found, Waveform("pleth", (sample.pleth,), RATE_HZ))


def _reason(sample: Sample) -> str | None:
    if sample.probe_unplugged:
        return "sensor_off"
    if sample.no_finger:
        return "no_finger"
    return "searching" if sample.searching or sample.no_signal else None


samples = marked_frames(rb"[\x80-\xff]", rb"[\x00-\x7f]", 5, decode)

BCI = Format("bci", "BCI 5-byte oximeter stream (BerryMed, Smiths)", samples, observe)
