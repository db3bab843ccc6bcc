"""Wellue O2Ring, Checkme O2 and kin (Viatom), which answer when asked; bytes of their notifications.

Host to ring: `AA command ~command block(2) length(2) data crc`; ring to host the same with 55 at its head
and 0 for a command that it carried out. Numbers are little-endian; the crc is CRC-8 (polynomial 07, from 0)
over what stands before it. The answer to command 17 has 13 bytes of data:

====  =================================================================================
byte  meaning
====  =================================================================================
0     SpO2 in %, 255 = none
1, 2  pulse rate in /min, FFFF = none
7     battery in %
8     charging: 0 no, 1 yes, 2 full
9     motion
10    strength of the pulse, or perfusion index in 0.1 %: peers disagree, so it is left out
11    bit 0: a finger is in the ring
====  =================================================================================

A reader of other rings (O2Ring-S) has 7, 9 and 11 in another order. Service 14839AC4-…, write 8B00ACE7-…,
notify 0734594A-…. Sources: MackeyStingray/o2r, and another host that agrees on 0, 1, 7, 8 and 11. NOT
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
from kapmonitor.model import Observation, reading

RING, HOST = 0x55, 0xAA
READ = 0x17
"""The command that asks for the numbers of now."""
_COMMAND, _HEADER = 3, 7
_LIVE = 13
_LONGEST = 256
_SPO2_NONE, _PULSE_RATE_NONE = 0xFF, 0xFFFF


crc8 = make_crc8(0x07)


class Live(msgspec.Struct, frozen=True):
    """The numbers of now: %, /min, battery in %; the rest as sent."""

    spo2: int = _SPO2_NONE
    pulse_rate: int = _PULSE_RATE_NONE
    battery: int = 0
    charging: int = 0
    motion: int = 0
    strength: int = 0
    finger: bool = True


class Packet(msgspec.Struct, frozen=True):
    """Anything else, from either side: a command, or an answer that says nothing about a person."""

    command: int
    block: int = 0
    data: bytes = b""


Message = Live | Packet


def decode(frame: bytes) -> Message:
    """What a whole frame of either side means."""
    data = frame[_HEADER:-1]
    if frame[0] != RING or frame[1] != 0 or len(data) != _LIVE:
        return Packet(frame[1], frame[3] | frame[4] << 8, data)
    return Live(data[0], data[1] | data[2] << 8, data[7], data[8], data[9], data[10], bool(data[11] & 1))


def encode(message: Message, head: int = RING) -> bytes:
    """A whole frame of the ring, or with `HOST` for `head` of the host."""
    if isinstance(message, Live):
        rate = message.pulse_rate.to_bytes(2, "little")
        rest = (message.battery, message.charging, message.motion, message.strength, message.finger, 0)
        message = Packet(0, 0, bytes((message.spo2, *rate, 0, 0, 0, 0, *rest)))
    code, block = message.command, message.block.to_bytes(2, "little")
    size = len(message.data).to_bytes(2, "little")
    frame = bytes((head, code, code ^ 0xFF, *block, *size)) + message.data
    return frame + bytes((crc8(frame),))


def observe(message: Message) -> Sequence[Observation]:
    """SpO2, pulse rate and battery; without a finger only the battery."""
    if isinstance(message, Packet):
        return ()
    reason = None
    if not message.finger:
        reason = "no_finger"
    elif message.spo2 in (0, _SPO2_NONE):
        reason = "searching"
    rate = None if message.pulse_rate == _PULSE_RATE_NONE else message.pulse_rate
    return (*numbers(reason, message.spo2, rate), reading("battery", message.battery))


def _take(data: bytes, at: int) -> Taken[Message]:
    head = data[at : at + _HEADER]
    if len(head) >= _COMMAND and head[1] ^ head[2] != 0xFF:  # noqa: PLR2004 - each bit of one is not in the other
        return DecodeError(Fault.FORMAT, f"no frame begins with {head[:3].hex()}"), at + 1
    if len(head) < _HEADER:
        return None
    size = _HEADER + (head[5] | head[6] << 8) + 1
    if size > _LONGEST:
        return DecodeError(Fault.FORMAT, f"no frame is {size} bytes long"), at + 1
    frame = data[at : at + size]
    if len(frame) < size:
        return None
    if crc8(frame):
        return DecodeError(Fault.CHECKSUM, f"{frame.hex()} should end in {crc8(frame[:-1]):02x}"), at + 1
    return [decode(frame)], at + size


def messages() -> FrameReader[Message]:
    """A fresh reader of what the ring says."""
    return FrameReader(re.compile(rb"\x55"), _take)


def commands() -> FrameReader[Message]:
    """A fresh reader of what the host says, for simulators."""
    return FrameReader(re.compile(rb"\xaa"), _take)


VIATOM_O2RING = Format(
    "viatom-o2ring",
    "Wellue O2Ring/Checkme O2 ring oximeters, bytes of their notifications",
    messages,
    observe,
)
