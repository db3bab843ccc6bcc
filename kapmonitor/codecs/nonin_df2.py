"""Nonin OEM III, Xpod, 9560, 3150: data format 2, 75 frames a second, 25 frames a packet, 3 packets a second.

A frame is `01 status pleth float checksum`; the checksum is the sum of the four bytes before it modulo 256:

======  ====================================================================================
status  meaning
======  ====================================================================================
7, 6    always 1; sensor disconnected (SNSD)
5, 4    artifact (ARTF); out of track, no consecutive good pulses (OOT)
3       sensor alarm: no finger, or not usable (SNSA)
2, 1    red perfusion, green perfusion; both = yellow, marginal
0       SYNC: the first frame of a packet
======  ====================================================================================

`float` depends on the frame's place in its packet: 1, 2 pulse rate (two bits, seven bits; 511 = none), 3 SpO2
(127 = none), 4 revision, 9 to 23 averages of other kinds (16 is SpO2 over eight beats). Numbers count only
when
all 25 frames came. 9600 baud 8N1.

Sources: tests of pez-globo/pufferfish-vent-software; mdpnp/mdpnp devices/nonin. 511 and 127 stand in
Nonin's own sample application for the 3230. NOT verified on hardware by us.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from kapmonitor.codecs.framing import FrameReader, Taken
from kapmonitor.codecs.oximetry import numbers
from kapmonitor.codecs.stream import Format, Reader
from kapmonitor.errors import DecodeError, Fault
from kapmonitor.model import Observation, Waveform

RATE_HZ = 75.0
FRAMES = 25
"""In a packet."""
SYNC, GREEN, RED, SENSOR_ALARM, OUT_OF_TRACK, ARTIFACT, DISCONNECTED = (1 << bit for bit in range(7))
_ALWAYS = 0x80
_SIZE = 5
_SPO2_NONE, _PULSE_RATE_NONE = 127, 511
_NO_VALUE = DISCONNECTED | SENSOR_ALARM | OUT_OF_TRACK


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One frame, as sent. The last one of a whole packet has its numbers: `/min` and %.

    `flags`: of the packet so far, all status bits that were set in it.
    """

    status: int
    pleth: int
    value: int
    pulse_rate: int | None = None
    spo2: int | None = None
    flags: int = 0


def decode(frame: bytes) -> Frame:
    """One whole frame, without its place in a packet.

    Raises:
        DecodeError: it does not add up, or the bit that is always set is not.
    """
    if sum(frame[:4]) & 0xFF != frame[4]:
        raise DecodeError(Fault.CHECKSUM, f"{frame.hex()} should end in {sum(frame[:4]) & 0xFF:02x}")
    if not frame[1] & _ALWAYS:
        raise DecodeError(Fault.FORMAT, f"no status is 0x{frame[1]:02x}")
    return Frame(frame[1] & ~_ALWAYS, frame[2], frame[3])


def encode(frame: Frame) -> bytes:
    """One whole frame."""
    body = bytes((0x01, _ALWAYS | frame.status, frame.pleth, frame.value))
    return body + bytes((sum(body) & 0xFF,))


def packet(pleth: Sequence[int], spo2: int, pulse_rate: int, status: int = 0) -> list[Frame]:
    """The 25 frames of a packet; `spo2` 127 and `pulse_rate` 511 say that there is none."""
    values = dict.fromkeys(range(FRAMES), 0)
    high, low = pulse_rate >> 7, pulse_rate & 0x7F
    values |= {0: high, 1: low, 2: spo2, 3: 48, 8: spo2, 9: spo2, 10: spo2, 13: high, 14: low, 15: spo2}
    values |= {16: spo2, 19: high, 20: low, 21: high, 22: low}
    return [
        Frame(status | (SYNC if place == 0 else 0), pleth[place], values[place]) for place in range(FRAMES)
    ]


class PacketReader(Reader[Frame]):
    """Frames with their place in a packet."""

    def __init__(self, frames: Reader[Frame]) -> None:
        """`frames` finds the single ones. Nothing counts before the first SYNC."""
        self._frames = frames
        self._packet: list[Frame] | None = None

    def feed(self, data: bytes) -> Sequence[Frame | DecodeError]:
        """The frames and errors that `data` completes, in order."""
        return [each for one in self._frames.feed(data) for each in self._place(one)]

    def close(self) -> Sequence[DecodeError]:
        """An unfinished frame at the end of the input is a `length` error."""
        return self._frames.close()

    def _place(self, one: Frame | DecodeError) -> list[Frame | DecodeError]:
        if isinstance(one, DecodeError):
            self._packet = None
            return [one]
        found: list[Frame | DecodeError] = []
        if one.status & SYNC:
            if self._packet:
                there = len(self._packet)
                found.append(DecodeError(Fault.LENGTH, f"a packet of {there} frames, {FRAMES} expected"))
            self._packet = []
        if self._packet is None:
            return [*found, one]
        self._packet.append(one)
        if len(self._packet) == FRAMES:
            one, self._packet = _whole(self._packet), None
        return [*found, one]


def _whole(frames: list[Frame]) -> Frame:
    flags = 0
    for each in frames:
        flags |= each.status
    rate = (frames[0].value & 0x03) << 7 | frames[1].value & 0x7F
    last = frames[-1]
    return Frame(last.status, last.pleth, last.value, rate, frames[2].value & 0x7F, flags)


def reader(start: bytes, decode: Callable[[bytes], Frame]) -> PacketReader:
    """A fresh reader of frames of five bytes; `start`: a regular expression for the first of them."""

    def take(data: bytes, at: int) -> Taken[Frame]:
        frame = data[at : at + _SIZE]
        if len(frame) < _SIZE:
            return None
        try:
            return [decode(frame)], at + _SIZE
        except DecodeError as error:
            return error, at + 1

    return PacketReader(FrameReader(re.compile(start), take))


def packets() -> PacketReader:
    """A fresh reader."""
    return reader(rb"\x01", decode)


def observe(frame: Frame) -> Sequence[Observation]:
    """The pleth; at the beginning of a packet why there are no numbers, at its end the numbers."""
    reason = _reason(frame.status)
    if frame.spo2 is not None:
        return _numbers(frame, _reason(frame.flags))
    if reason is not None:
        return numbers(reason, None, None) if frame.status & SYNC else ()
    return (Waveform("pleth", (frame.pleth,), RATE_HZ),)


def _numbers(frame: Frame, reason: str | None) -> Sequence[Observation]:
    spo2 = None if frame.spo2 == _SPO2_NONE else frame.spo2
    rate = None if frame.pulse_rate == _PULSE_RATE_NONE else frame.pulse_rate
    if reason is None and spo2 is None:
        reason = "not_available"
    found = numbers(reason, spo2, rate, doubt=_doubt(frame.flags))
    if found[0].value is None:
        return found
    return (*found, Waveform("pleth", (frame.pleth,), RATE_HZ))


def _reason(status: int) -> str | None:
    if not status & _NO_VALUE:
        return None
    if status & DISCONNECTED:
        return "sensor_off"
    return "no_finger" if status & SENSOR_ALARM else "searching"


def _doubt(flags: int) -> str | None:
    if flags & ARTIFACT:
        return "artifact"
    return "low_perfusion" if flags & RED and not flags & GREEN else None


NONIN_DF2 = Format("nonin-df2", "Nonin OEM III/Xpod/9560/3150, data format 2", packets, observe)
