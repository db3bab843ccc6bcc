"""Viatom and Creative finger oximeters: PC-60FW, KS-60FW, OxySmart (BLE, Nordic UART), PC-60NW (SPP).

A frame is `AA 55 token length function … crc`; `length` counts what follows it; the crc is CRC-8/MAXIM
over the
whole frame. The bytes come in notifications that join and split frames.

=====  ====  =========================================================================================
token  func  bytes after the function
=====  ====  =========================================================================================
0F     01    SpO2 in %, pulse rate in /min (2, little-endian), perfusion index in 0.1 %, status (bit 1 no
             finger, bit 2 searching), battery; 0 = none; 1 a second
0F     02    five samples of the pleth, bit 7 marks a beat, 50 a second in all
0F     21    work status; F0 03: battery level, of unknown scale
=====  ====  =========================================================================================

Sources: captures of PC-60FW, KS-60FW and PC-60NW in public projects; the status is from the maker's own
library for Android (Lepu's BLE library, `PC60FwBleResponse`), no capture without a finger was found. NOT
verified on hardware by us.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from kapmonitor.codecs.crc8 import crc8 as make_crc8
from kapmonitor.codecs.framing import FrameReader, Taken
from kapmonitor.codecs.oximetry import numbers
from kapmonitor.codecs.stream import Format
from kapmonitor.errors import DecodeError, Fault
from kapmonitor.model import Observation, Waveform

RATE_HZ = 50.0
HEAD = b"\xaa\x55"
_OXIMETER, _NUMBERS, _PLETH = 0x0F, 0x01, 0x02
NO_FINGER, SEARCHING = 0x02, 0x04
_SAMPLES = 5
_LEAST_NUMBERS = 4
_SHORTEST, _LONGEST = 6, 64
"""A frame has at least a function and its crc."""


crc8 = make_crc8(0x8C, reflected=True)
"""CRC-8/MAXIM: polynomial 31, here from its lowest bit on."""


class Numbers(msgspec.Struct, frozen=True):
    """SpO2 in %, pulse rate in /min, perfusion index in 0.1 %, as sent; `rest`: status, battery, others."""

    spo2: int = 0
    pulse_rate: int = 0
    perfusion_index: int = 0
    rest: bytes = b"\0\xc0"


class Pulse(msgspec.Struct, frozen=True, gc=False):
    """Five samples of the pleth, 0 to 127; `beats`: in which of them a beat is marked."""

    pleth: tuple[int, ...]
    beats: tuple[bool, ...] = (False,) * _SAMPLES


class Other(msgspec.Struct, frozen=True):
    """A frame that says nothing about a person: status, battery, commands."""

    token: int
    function: int
    data: bytes = b""


Message = Numbers | Pulse | Other


def decode(frame: bytes) -> Message:
    """What a whole frame whose crc is right means.

    Raises:
        DecodeError: it is shorter than its function needs.
    """
    token, function, data = frame[2], frame[4], frame[5:-1]
    if token != _OXIMETER or function not in (_NUMBERS, _PLETH):
        return Other(token, function, data)
    needed = _LEAST_NUMBERS if function == _NUMBERS else _SAMPLES
    if len(data) < needed:
        raise DecodeError(Fault.LENGTH, f"{needed} bytes expected after the function, {len(data)} there")
    if function == _NUMBERS:
        return Numbers(data[0], data[1] | data[2] << 8, data[3], data[4:])
    pulse = data[:_SAMPLES]
    return Pulse(tuple(each & 0x7F for each in pulse), tuple(each > 0x7F for each in pulse))  # noqa: PLR2004 - bit 7


def encode(message: Message) -> bytes:
    """A whole frame."""
    if isinstance(message, Numbers):
        rate = message.pulse_rate.to_bytes(2, "little")
        token, body = (
            _OXIMETER,
            bytes((_NUMBERS, message.spo2, *rate, message.perfusion_index)) + message.rest,
        )
    elif isinstance(message, Pulse):
        pulse = (each | beat << 7 for each, beat in zip(message.pleth, message.beats, strict=True))
        token, body = _OXIMETER, bytes((_PLETH, *pulse))
    else:
        token, body = message.token, bytes((message.function,)) + message.data
    frame = HEAD + bytes((token, len(body) + 1)) + body
    return frame + bytes((crc8(frame),))


def observe(message: Message) -> Sequence[Observation]:
    """SpO2, pulse rate and perfusion index, or five samples of the pleth."""
    if isinstance(message, Numbers):
        why = _reason(message.rest[0] if message.rest else 0)
        return numbers(why, message.spo2, message.pulse_rate, message.perfusion_index / 10)
    if isinstance(message, Pulse):
        return (Waveform("pleth", message.pleth, RATE_HZ),)
    return ()


def _reason(status: int) -> str | None:
    if status & NO_FINGER:
        return "no_finger"
    return "searching" if status & SEARCHING else None


def _take(data: bytes, at: int) -> Taken[Message]:
    head = data[at : at + 4]
    if not head.startswith(HEAD[: len(head)]):
        return DecodeError(Fault.FORMAT, f"no frame begins with {head.hex()}"), at + 1
    size = 4 + head[3] if len(head) == 4 else _LONGEST  # noqa: PLR2004 - head, token and length
    if not _SHORTEST <= size <= _LONGEST:
        return DecodeError(Fault.FORMAT, f"no frame is {size} bytes long"), at + 1
    frame = data[at : at + size]
    if len(frame) < size:
        return None
    return _checked(frame, at)


def _checked(frame: bytes, at: int) -> Taken[Message]:
    if crc8(frame):
        return DecodeError(Fault.CHECKSUM, f"{frame.hex()} should end in {crc8(frame[:-1]):02x}"), at + 1
    try:
        return [decode(frame)], at + len(frame)
    except DecodeError as error:
        return error, at + len(frame)


def messages() -> FrameReader[Message]:
    """A fresh reader."""
    return FrameReader(re.compile(rb"\xaa"), _take)


VIATOM_PC60 = Format(
    "viatom-pc60", "Viatom/Creative PC-60 oximeters, bytes of their notifications", messages, observe
)
