"""Contec CMS50 finger oximeters: the older 5-byte stream and the newer 9-byte one, 60 frames a second.

5 bytes (CMS50D+/E, 19200 baud 8O1, some 4800 8N1), bit 7 set on byte 0 only; sent unasked:

====  ======================================================================================
byte  meaning
====  ======================================================================================
0     0-3 signal strength, 4 finger out (in some documents: search too long), 5 SpO2 dropping, 6 beep
1     pleth 0..127
2     0-3 bar graph, 4 probe error, 5 searching, 6 bit 7 of the pulse rate
3, 4  pulse rate bits 0-6 in /min; SpO2 in %, 127 = none
====  ======================================================================================

Source: atbrask/CMS50Dplus (its unit tests are our vectors), apneuvereniging.miraheze.org CMS50X.

9 bytes ("V7.0": newer CMS50D+/E/F/EW/FW, 115200 baud 8N1): type 01, then bytes with bit 7 set. Byte 1 carries
the missing top bits of the seven data bytes, bit 0 for the first:

====  ======================================================================================
data  meaning
====  ======================================================================================
0     0-3 signal strength, 4 search too long, 5 SpO2 dropping, 6 beep, 7 finger out
1     0-6 pleth, 7 searching
2     0-3 bar graph, 4 no perfusion index
3, 4  pulse rate in /min, 255 = none; SpO2 in %, 127 = none
5, 6  perfusion index in 0.01 %, little-endian, FFFF = none
====  ======================================================================================

Sources: captures of titinho11/CMS50E-raw-ppg-data (beep and "no perfusion index" are where they are above),
headrotor/contec_data and MarkMLl/Contec_cms50dplus (no finger: byte 1 = E1); for the rest
timegrid/CMS50Dplus7 and gagistech/bedsidemon, after the vendor's "Communication protocol of pulse oximeter
V7.0". AndreasZachariae/cms50dplus-driver takes bit 7 of data 1 for the beep, which the captures contradict.
The scale of the perfusion index is second-hand (from a reader of page 5 of the vendor's document). Finger
out, searching and perfusion index have NOT been verified on hardware by us.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from struct import iter_unpack

import msgspec

from kapmonitor.codecs.framing import marked_frames
from kapmonitor.codecs.stream import Format
from kapmonitor.model import Observation, Reading, Waveform, missing, reading

RATE_HZ = 60.0
FREE_FEEDBACK = b"\x0c\x80"
"""What a 9-byte device answers when it has stopped sending (capture of headrotor/contec_data)."""

_LOW, _HIGH = rb"[\x00-\x7f]", rb"[\x80-\xff]"
_NO_PERFUSION_INDEX = 0xFFFF
_SPO2_NONE, _PULSE_RATE_NONE = 127, 255


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One frame of either stream, as sent. `perfusion_index` in 0.01 %; None = the device has none."""

    pleth: int = 0
    spo2: int = _SPO2_NONE
    pulse_rate: int = _PULSE_RATE_NONE
    signal: int = 0
    bar: int = 0
    beep: bool = False
    spo2_dropping: bool = False
    finger_out: bool = False
    probe_error: bool = False
    searching: bool = False
    search_too_long: bool = False
    perfusion_index: int | None = None


def decode_5(frames: bytes) -> list[Sample]:
    """The samples of whole 5-byte frames, back to back."""
    return [
        Sample(
            pleth,
            spo2,
            (bar & 0x40) << 1 | rate,
            flags & 0x0F,
            bar & 0x0F,
            flags & 0x40 != 0,
            flags & 0x20 != 0,
            flags & 0x10 != 0,
            bar & 0x10 != 0,
            bar & 0x20 != 0,
        )
        for flags, pleth, bar, rate, spo2 in iter_unpack("5B", frames)
    ]


def encode_5(sample: Sample) -> bytes:
    """A 5-byte frame; pleth and SpO2 up to 127, pulse rate up to 255, no perfusion index."""
    flags = 0x80 | sample.signal | sample.finger_out << 4 | sample.spo2_dropping << 5 | sample.beep << 6
    bar = sample.bar | sample.probe_error << 4 | sample.searching << 5 | (sample.pulse_rate & 0x80) >> 1
    return bytes((flags, sample.pleth, bar, sample.pulse_rate & 0x7F, sample.spo2))


def decode_9(frames: bytes) -> list[Sample]:
    """The samples of whole 9-byte frames, back to back."""
    return [
        Sample(
            pleth & 0x7F,
            (tops & 0x10) << 3 | spo2 & 0x7F,
            (tops & 0x08) << 4 | rate & 0x7F,
            flags & 0x0F,
            bar & 0x0F,
            flags & 0x40 != 0,
            flags & 0x20 != 0,
            tops & 0x01 != 0,
            probe_error=False,
            searching=tops & 0x02 != 0,
            search_too_long=flags & 0x10 != 0,
            perfusion_index=_perfusion_index(tops, bar, low, high),
        )
        for _, tops, flags, pleth, bar, rate, spo2, low, high in iter_unpack("9B", frames)
    ]


def encode_9(sample: Sample) -> bytes:
    """A 9-byte frame; this stream has one flag for finger out and probe error."""
    flags = sample.signal | sample.search_too_long << 4 | sample.spo2_dropping << 5 | sample.beep << 6
    none = sample.perfusion_index is None
    index = _NO_PERFUSION_INDEX if sample.perfusion_index is None else sample.perfusion_index
    data = (
        flags | (sample.finger_out or sample.probe_error) << 7,
        sample.pleth | sample.searching << 7,
        sample.bar | none << 4,
        sample.pulse_rate,
        sample.spo2,
        index & 0xFF,
        index >> 8,
    )
    return _packet(0x01, data)


class Command(msgspec.Struct, frozen=True):
    """Something the host says to a 9-byte device; `code` as in the constants below."""

    code: int


START, STOP, KEEP_ALIVE = Command(0xA1), Command(0xA2), Command(0xAF)
"""Begin sending, stop sending, "still here". Sending ends by itself 30 s to 60 s after `START`."""


def decode_commands(frames: bytes) -> list[Command]:
    """The commands of whole 9-byte host frames (7D ...), back to back."""
    return [Command((frame[1] & 0x01) << 7 | frame[2] & 0x7F) for frame in iter_unpack("9B", frames)]


def encode_command(command: Command) -> bytes:
    """A host frame, e.g. 7D 81 A1 80 80 80 80 80 80."""
    return _packet(0x7D, (command.code, 0, 0, 0, 0, 0, 0))


def observe(sample: Sample) -> Sequence[Observation]:
    """SpO2, pulse rate and perfusion index where the device has one; the pleth while SpO2 has a value."""
    numbers = readings(sample)
    if numbers[0].value is None:
        return numbers
    return (*numbers, Waveform("pleth", (sample.pleth,), RATE_HZ))


def readings(sample: Sample) -> Sequence[Reading]:
    """The numbers of `sample`, SpO2 first; without a value for SpO2 the others have none either."""
    return _readings(_reason(sample), sample.spo2, sample.pulse_rate, sample.perfusion_index)


@lru_cache(maxsize=1024)  # sixty frames a second say the same numbers
def _readings(
    reason: str | None, spo2: int, pulse_rate: int, perfusion_index: int | None
) -> tuple[Reading, ...]:
    oxygen = reading("spo2", spo2) if reason is None else missing("spo2", reason)
    values = {"pulse_rate": float(pulse_rate)}
    if perfusion_index is not None:
        values["perfusion_index"] = perfusion_index / 100
    if oxygen.value is None:
        others = [Reading(quantity, None, oxygen.quality, oxygen.reason) for quantity in values]
    else:
        others = [reading(quantity, value) for quantity, value in values.items()]
    return (oxygen, *others)


def _reason(sample: Sample) -> str | None:
    if sample.finger_out:
        return "no_finger"
    if sample.probe_error:
        return "sensor_off"
    return "searching" if sample.searching or sample.search_too_long else None


def _perfusion_index(tops: int, bar: int, low: int, high: int) -> int | None:
    index = (tops & 0x40) << 9 | (high & 0x7F) << 8 | (tops & 0x20) << 2 | low & 0x7F
    return None if bar & 0x10 or index == _NO_PERFUSION_INDEX else index


def _packet(kind: int, data: Sequence[int]) -> bytes:
    tops = sum((each >> 7) << place for place, each in enumerate(data))
    return bytes((kind, 0x80 | tops, *(0x80 | each for each in data)))


samples_5 = marked_frames(_HIGH, _LOW, 5, decode_5)
samples_9 = marked_frames(rb"\x01", _HIGH, 9, decode_9)
commands = marked_frames(rb"\x7d", _HIGH, 9, decode_commands)

CMS50_5 = Format("contec-cms50-5", "Contec CMS50 oximeter, older 5-byte stream", samples_5, observe)
CMS50_9 = Format("contec-cms50-9", "Contec CMS50 oximeter, newer 9-byte stream (V7.0)", samples_9, observe)
