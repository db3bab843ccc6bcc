"""SunTech Advantage OEM blood-pressure modules (A+, Mini, 2.0): both directions of their serial protocol.

9600 baud 8N1. Host to module `3A op [data] chk`; module to host `3E len [data] chk`, where len counts the
whole frame; all bytes of a frame add up to 0 modulo 256. Words are little-endian, pressures in mmHg.

Sources: ak-git/DesktopFX (its unit tests quote the vendor's manual and are our vectors), the SunTech drivers
of AtCor (BP status 1 = new; wait for K, else fetch the result anyway) and of Better Life nPM (letters, error
codes, 500 ms between abort and set-inflation). AtCor sends the initial inflation high byte first, two others
low byte first, as here; not verified on hardware by us.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

import msgspec
from msgspec.structs import astuple

from kapmonitor.codecs.framing import add_up, add_up_frames
from kapmonitor.codecs.stream import Format
from kapmonitor.errors import DecodeError, Fault
from kapmonitor.model import BloodPressure, Observation, blood_pressure, missing, no_pressure, reading

HOST, MODULE = 0x3A, 0x3E
STATUS_NEW = 1
"""`Result.status` of a measurement that has not been fetched before."""

ERRORS = {
    1: "weak_signal",
    2: "artifact",
    3: "out_of_range",
    4: "time_limit",
    85: "blockage",
    86: "aborted",
    87: "leak",
    88: "safety_timeout",
    89: "overpressure",
    90: "hardware",
    91: "permission",
    97: "transducer",
    99: "eeprom",
}
"""`Result.error` in words; 87 is an inflation that takes too long: a leak or a loose cuff."""

LETTERS = {
    "O": "received",
    "K": "done",
    "A": "abort received",
    "B": "busy",
    "E": "error",
    "N": "no such command",
    "D": "not understood",
    "S": "asleep",
    "T": "timed out",
}


class Command(msgspec.Struct, frozen=True):
    """What a host says: the operation and its data."""

    op: int
    data: bytes = b""


START_ADULT, START_PAEDIATRIC, START_NEONATE = Command(0x20), Command(0x87), Command(0x28)
ABORT = Command(0x79, b"\x01\x00")
GET_RESULT = Command(0x79, b"\x03\x00")
GET_PRESSURE = Command(0x79, b"\x05\x00")
GET_VERSION = Command(0x79, b"\x02\x40")
GET_STATUS_APLUS, GET_STATUS = Command(0x79, b"\x11\x00"), Command(0x79, b"\x10\x03")
MODULE_DATA = Command(0x00)
"""Prepares the string that `GET_VERSION` then reads; answered with K."""
RESET, SLEEP = Command(0x8A), Command(0x81, bytes(4))

_DATA_SIZE = {
    0x00: 0,
    0x04: 1,
    0x0C: 3,
    0x17: 2,
    0x20: 0,
    0x28: 0,
    0x79: 2,
    0x81: 4,
    0x86: 3,
    0x87: 0,
    0x8A: 0,
}


def initial_inflation(mmhg: int) -> Command:
    """How far the next measurement inflates, in mmHg."""
    return Command(0x17, mmhg.to_bytes(2, "little"))


class CuffPressure(msgspec.Struct, frozen=True):
    """The pressure in the cuff now, in mmHg; None = not available. A status request is answered so too."""

    mmhg: int | None


class Response(msgspec.Struct, frozen=True):
    """One letter of `LETTERS`."""

    letter: str


class ReturnCode(msgspec.Struct, frozen=True):
    """Three bytes that answer a calibration; the last is 0 where it went well."""

    code: bytes


class Version(msgspec.Struct, frozen=True):
    """The module's 64 bytes of text, filled up with NUL."""

    data: bytes

    @property
    def text(self) -> str:
        """The strings in it, joined; empty where there are none."""
        parts = self.data.decode("ascii", "replace").split("\0")
        return " ".join(part.strip() for part in parts if part.strip())


class Result(msgspec.Struct, frozen=True):
    """The last measurement as sent: mmHg and /min. With `error` other than 0 its numbers mean nothing."""

    systolic: int = 0
    diastolic: int = 0
    beats: int = 0
    status: int = STATUS_NEW
    test_codes: bytes = bytes(8)
    pulse_rate: int = 0
    mean: int = 0
    error: int = 0


Message = CuffPressure | Response | ReturnCode | Version | Result

_PRESSURE = Struct("<h")
_RESULT = Struct("<HHBB8sBxHBxx")
_NOT_AVAILABLE = -1


def decode(frame: bytes) -> Message:
    """What a whole module frame, checked, means.

    Raises:
        DecodeError: there is no such letter.
    """
    data = frame[2:-1]
    match frame[1]:
        case 0x04:
            return _letter(chr(data[0]))
        case 0x05:
            pressure: int = _PRESSURE.unpack(data)[0]
            return CuffPressure(None if pressure == _NOT_AVAILABLE else pressure)
        case 0x06:
            return ReturnCode(data)
        case 0x43:
            return Version(data)
        case _:
            return Result(*_RESULT.unpack(data))


def encode(message: Message) -> bytes:
    """A whole module frame."""
    if isinstance(message, CuffPressure):
        data = _PRESSURE.pack(_NOT_AVAILABLE if message.mmhg is None else message.mmhg)
    elif isinstance(message, Response):
        data = message.letter.encode()
    elif isinstance(message, ReturnCode):
        data = message.code
    elif isinstance(message, Version):
        data = message.data.ljust(64, b"\0")
    else:
        data = _RESULT.pack(*astuple(message))
    return add_up(bytes((MODULE, len(data) + 3)) + data)


def _decode_command(frame: bytes) -> Command:
    return Command(frame[1], frame[2:-1])


def encode_command(command: Command) -> bytes:
    """A whole host frame, e.g. 3A 79 01 00 4C."""
    return add_up(bytes((HOST, command.op)) + command.data)


def observe(message: Message) -> Sequence[Observation]:
    """A cuff pressure, or one measurement; letters, codes and versions say nothing about a person."""
    if isinstance(message, CuffPressure):
        if message.mmhg is None:
            return (missing("cuff_pressure", "not_available"),)
        return (reading("cuff_pressure", message.mmhg),)
    return (measurement(message),) if isinstance(message, Result) else ()


def measurement(result: Result) -> BloodPressure:
    """The measurement that `result` reports; not live where it has been fetched before."""
    if result.error:
        return no_pressure(ERRORS.get(result.error, f"error_{result.error}"))
    return blood_pressure(
        reading("systolic", result.systolic),
        reading("diastolic", result.diastolic),
        reading("mean_pressure", result.mean),
        reading("pulse_rate", result.pulse_rate),
        live=result.status == STATUS_NEW,
    )


def _letter(letter: str) -> Response:
    if letter not in LETTERS:
        raise DecodeError(Fault.FORMAT, f"no module answers with the letter {letter!r}")
    return Response(letter)


messages = add_up_frames(MODULE, {size: size for size in (0x04, 0x05, 0x06, 0x18, 0x43)}, decode)
commands = add_up_frames(HOST, {op: size + 3 for op, size in _DATA_SIZE.items()}, _decode_command)

SUNTECH = Format("suntech", "SunTech Advantage blood-pressure module, module to host", messages, observe)
