"""STX/ASCII blood-pressure boards: Medlab NIBP2010/NIBP2020UP, SINNOR N6, ABATON; 4800 baud 8N1.

Host to board: `STX cc;;hh ETX`, `cc` one of the numbers below, `hh` the sum of the characters between STX and
`hh` modulo 256 in hexadecimal. The byte `X` by itself aborts at any time.

Board to host, each `STX … ETX CR`:

=================  =========================================================================
frame              meaning
=================  =========================================================================
`pppCeSs`          while inflated, about 5 a second: pressure in mmHg, `e` 1 = neonate's cuff,
                   2 = adult's, `s` 3 measuring, 4 manometer, 5 watchdog, 7 pneumatic fault
`999`              no more pressures: ask for the status
`S1;A0;C00;M00;`   status: S1 idle or done, S2 error, S3 measuring; A0 adult, A1 neonate;
`P…;R…;T…;;hh`     C cycle mode; M message; P three pressures; R pulse rate; T seconds to the
                   next cycle; hh as above
=================  =========================================================================

Boards disagree on the order of the three pressures (SINNOR: systolic, diastolic, mean; RxBox: systolic, mean,
diastolic): they are taken by size. Sources: vendor document as quoted on element14, RxBox nibp.py,
CardioArtLab/NIBP-project, tincho77/NIBP-ABATON. NOT verified on hardware by us.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

from kapmonitor.codecs.framing import FrameReader, Taken
from kapmonitor.codecs.stream import Format
from kapmonitor.errors import DecodeError, Fault
from kapmonitor.model import Observation, blood_pressure, missing, no_pressure, reading

STX, ETX, CR = 0x02, 0x03, 0x0D
ABORT = b"X"
START, MANUAL, CYCLE_5_MIN, MANOMETER, REBOOT, LEAK_TEST, STATUS = 1, 3, 8, 14, 15, 17, 18
ADULT, NEONATE, VERSION = 24, 25, 29
INITIAL_MMHG: Mapping[int, int] = {100: 19, 120: 20, 140: 21, 160: 22, 180: 23, 200: 33, 220: 34, 240: 35}
"""The command for each first pressure (mmHg)."""
ERRORS: Mapping[int, str] = {
    6: "cuff_loose",
    7: "leak",
    8: "hardware",
    9: "weak_signal",
    11: "body_movement",
    12: "overpressure",
    14: "leak",
    15: "hardware",
}
"""What the message M says, other than 0."""
IDLE, FAILED, MEASURING = 1, 2, 3
LONGEST_FRAME = 64

MessageT = TypeVar("MessageT")

_PRESSURE = re.compile(r"(\d{3})C(\d)S(\d)")
_STATUS = re.compile(
    r"S(\d);A(\d);C(\d\d);M(\d\d);P(\d{9}|-{9}|-{3});R(\d{3,4}|-{3,4});T(\d{4});;([0-9A-Fa-f]{2})"
)


class CuffPressure(msgspec.Struct, frozen=True):
    """The pressure in the cuff now (mmHg); `cuff` and `state` as sent."""

    mmhg: int
    cuff: int = 2
    state: int = 3


class PressureEnd(msgspec.Struct, frozen=True):
    """No more pressures come: the measurement is over, or was aborted."""


class Status(msgspec.Struct, frozen=True):
    """How the board stands, and its last result: three pressures (mmHg) as sent, or None; /min; seconds."""

    state: int = IDLE
    message: int = 0
    pressures: tuple[int, int, int] | None = None
    pulse_rate: int | None = None
    cycle: int = 0
    neonate: bool = False
    next_s: int = 0


class Command(msgspec.Struct, frozen=True):
    """Something the host says; `code` as in the constants above, None for the one byte that aborts."""

    code: int | None


Message = CuffPressure | PressureEnd | Status


def check(text: str) -> str:
    """The two characters that end `text`."""
    return f"{sum(text.encode()) & 0xFF:02X}"


def decode(text: str) -> Message:
    """What stands between STX and ETX.

    Raises:
        DecodeError: it has not the form of a frame, or does not add up.
    """
    if text == "999":
        return PressureEnd()
    pressure = _PRESSURE.fullmatch(text)
    if pressure is not None:
        return CuffPressure(*(int(each) for each in pressure.groups()))
    found = _STATUS.fullmatch(text)
    if found is None:
        raise DecodeError(Fault.FORMAT, f"no frame of the board is {text[:40]!r}")
    if found[8].upper() != check(text[:-2]):
        raise DecodeError(Fault.CHECKSUM, f"{text!r} should end in {check(text[:-2])}")
    state, neonate, cycle, message, three, rate, next_s, _ = found.groups()
    return Status(
        int(state), int(message), _three(three), _number(rate), int(cycle), neonate == "1", int(next_s)
    )


def encode(message: Message) -> bytes:
    """A whole frame of the board."""
    if isinstance(message, CuffPressure):
        text = f"{message.mmhg:03d}C{message.cuff}S{message.state}"
    elif isinstance(message, PressureEnd):
        text = "999"
    else:
        three = "---------" if message.pressures is None else "".join(f"{p:03d}" for p in message.pressures)
        rate = "---" if message.pulse_rate is None else f"{message.pulse_rate:03d}"
        text = f"S{message.state};A{message.neonate:d};C{message.cycle:02d};M{message.message:02d};"
        text += f"P{three};R{rate};T{message.next_s:04d};;"
        text += check(text)
    return bytes((STX, *text.encode(), ETX, CR))


def encode_command(command: Command) -> bytes:
    """A whole frame of the host, e.g. `STX 01;;D7 ETX`, or the byte that aborts."""
    if command.code is None:
        return ABORT
    text = f"{command.code:02d};;"
    return bytes((STX, *(text + check(text)).encode(), ETX))


def decode_command(text: str) -> Command:
    """What the host says between STX and ETX.

    Raises:
        DecodeError: it is no command, or does not add up.
    """
    if not re.fullmatch(r"\d\d;;[0-9A-Fa-f]{2}", text):
        raise DecodeError(Fault.FORMAT, f"no command is {text[:40]!r}")
    if text[-2:].upper() != check(text[:-2]):
        raise DecodeError(Fault.CHECKSUM, f"{text!r} should end in {check(text[:-2])}")
    return Command(int(text[:2]))


def observe(message: Message) -> Sequence[Observation]:
    """A cuff pressure, a result or why there is none; a status without either says nothing about a person."""
    if isinstance(message, CuffPressure):
        return (reading("cuff_pressure", message.mmhg),)
    if isinstance(message, PressureEnd):
        return ()
    if message.message:
        return (no_pressure(ERRORS.get(message.message, f"error_{message.message}")),)
    if message.state == FAILED:
        return (no_pressure("not_available"),)
    if message.pressures is None:
        return ()
    diastolic, mean, systolic = sorted(message.pressures)
    rate = message.pulse_rate
    return (
        blood_pressure(
            reading("systolic", systolic),
            reading("diastolic", diastolic),
            reading("mean_pressure", mean),
            missing("pulse_rate", "not_available") if rate is None else reading("pulse_rate", rate),
        ),
    )


def _three(text: str) -> tuple[int, int, int] | None:
    return None if text.startswith("-") else (int(text[:3]), int(text[3:6]), int(text[6:]))


def _number(text: str) -> int | None:
    return None if text.startswith("-") else int(text)


def _frame(data: bytes, at: int, decode: Callable[[str], MessageT]) -> Taken[MessageT]:
    """What stands from the STX at `at` to its ETX."""
    end = data.find(ETX, at + 1, at + LONGEST_FRAME)
    if end < 0 and len(data) - at < LONGEST_FRAME:
        return None
    if end < 0:
        return DecodeError(Fault.LENGTH, f"no ETX within {LONGEST_FRAME} bytes"), at + 1
    again = data.rfind(STX, at + 1, end)
    if again >= 0:
        return DecodeError(Fault.LENGTH, f"a frame ends after {again - at} bytes"), again
    try:
        return [decode(data[at + 1 : end].decode("ascii"))], end + 1
    except UnicodeDecodeError:
        return DecodeError(Fault.FORMAT, "a frame with bytes that are no text"), at + 1
    except DecodeError as error:
        return error, end + 1


def _take(data: bytes, at: int) -> Taken[Message]:
    if data[at] == CR:  # ends a frame, where the board sends it at all
        return [], at + 1
    return _frame(data, at, decode)


def _take_command(data: bytes, at: int) -> Taken[Command]:
    if data[at] == CR:
        return [], at + 1
    if data[at : at + 1] == ABORT:
        return [Command(None)], at + 1
    abort = data.find(ABORT, at + 1, at + LONGEST_FRAME)
    frame = _frame(data, at, decode_command)
    if abort < 0 or (frame is not None and frame[1] <= abort):
        return frame
    return DecodeError(Fault.LENGTH, f"aborted {abort - at} bytes into a frame"), abort


def messages() -> FrameReader[Message]:
    """A fresh reader of what the board says."""
    return FrameReader(re.compile(rb"[\x02\r]"), _take)


def commands() -> FrameReader[Command]:
    """A fresh reader of what the host says, for simulators: nothing comes before an abort."""
    return FrameReader(re.compile(rb"[\x02X\r]"), _take_command)


MEDLAB_STX = Format(
    "medlab-stx", "Medlab/SINNOR/ABATON blood-pressure board, board to host", messages, observe
)
