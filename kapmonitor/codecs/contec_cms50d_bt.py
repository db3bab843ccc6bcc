"""Contec CMS50D-BT finger oximeter: bytes from the notifications of FF02, cut anywhere.

====  ==================================================  ====================================
size  bytes                                               meaning
====  ==================================================  ====================================
8     EB 01 state, pulse rate, SpO2, 7F, 00, checksum     numbers, once a second
6     EB 00 flags, pleth, bar, checksum                   pleth, 60 a second; flags bit 6: beat
====  ==================================================  ====================================

The checksum is the sum of the bytes before it, 7 bits of it: found by us, it holds for all captured frames
and all
commands of the vendor's program. What `state` means is not known (4 and 6 were seen, both with good numbers).
The host writes to FF01: 81 01, 82 02, 9A 1A (again every 5 s), 9B 00 1B, 9B 01 1C; 9B 7F 1A stops it.
Sources: captures in projects for this device. NOT verified on hardware by us.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from kapmonitor.codecs.framing import FrameReader, Taken
from kapmonitor.codecs.oximetry import numbers
from kapmonitor.codecs.stream import Format
from kapmonitor.errors import DecodeError, Fault
from kapmonitor.model import Observation, Waveform

RATE_HZ = 60.0
HELLO, HELLO_AGAIN, KEEP_ALIVE = b"\x81\x01", b"\x82\x02", b"\x9a\x1a"
START, START_ALL, STOP = b"\x9b\x00\x1b", b"\x9b\x01\x1c", b"\x9b\x7f\x1a"
_HEAD = 0xEB
_SIZES = {0x00: 6, 0x01: 8}
_SPO2_NONE, _PULSE_RATE_NONE = 127, 255


class Numbers(msgspec.Struct, frozen=True):
    """The numbers as sent: /min and %, 255 and 127 = none; `state` is of unknown meaning."""

    pulse_rate: int = _PULSE_RATE_NONE
    spo2: int = _SPO2_NONE
    state: int = 0


class Pulse(msgspec.Struct, frozen=True, gc=False):
    """One sample of the pleth; `flags` as sent, bit 6 is a beat."""

    pleth: int = 0
    bar: int = 0
    flags: int = 0


Message = Numbers | Pulse


def decode(frame: bytes) -> Message:
    """What a whole frame that adds up means."""
    if frame[1] == 0x01:
        return Numbers(frame[3], frame[4], frame[2])
    return Pulse(frame[3], frame[4], frame[2])


def encode(message: Message) -> bytes:
    """A whole frame."""
    if isinstance(message, Numbers):
        body = bytes((_HEAD, 0x01, message.state, message.pulse_rate, message.spo2, 0x7F, 0x00))
    else:
        body = bytes((_HEAD, 0x00, message.flags, message.pleth, message.bar))
    return body + bytes((sum(body) & 0x7F,))


def observe(message: Message) -> Sequence[Observation]:
    """SpO2 and pulse rate, or a sample of the pleth."""
    if isinstance(message, Pulse):
        return (Waveform("pleth", (message.pleth,), RATE_HZ),)
    reason = "not_available" if message.spo2 == _SPO2_NONE else None
    rate = None if message.pulse_rate == _PULSE_RATE_NONE else message.pulse_rate
    return numbers(reason, message.spo2, rate)


def _take(data: bytes, at: int) -> Taken[Message]:
    if at + 1 >= len(data):
        return None
    size = _SIZES.get(data[at + 1])
    if size is None:
        return DecodeError(Fault.FORMAT, f"no frame begins with {data[at : at + 2].hex()}"), at + 1
    frame = data[at : at + size]
    if len(frame) < size:
        return None
    right = sum(frame[:-1]) & 0x7F
    if frame[-1] != right:
        return DecodeError(Fault.CHECKSUM, f"{frame.hex()} should end in {right:02x}"), at + 1
    return [decode(frame)], at + size


def messages() -> FrameReader[Message]:
    """A fresh reader."""
    return FrameReader(re.compile(rb"\xeb"), _take)


CMS50D_BT = Format(
    "contec-cms50d-bt", "Contec CMS50D-BT oximeter, bytes of its notifications", messages, observe
)
