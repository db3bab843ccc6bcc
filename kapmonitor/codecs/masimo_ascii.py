"""Masimo Rad-8, Radical-7, Rad-87: a line of KEY=VALUE words a second ("ASCII 1"), and the trend dump.

`02/22/16 22:47:45 SN=0000056661 SPO2=098% BPM=097 PI=03.60% … ALARM=0000 EXC=000800`. Which words there
are, and
in which order, differs by model and firmware: they are read by name. `---` = no number; in a trend dump
(`SpO2=000 PR=000 … EXC=820:OffPat,SET`) so is 0. EXC is a hexadecimal number of bits:

====  =====================================  ====  =====================================
bit   meaning                                bit   meaning
====  =====================================  ====  =====================================
001   no sensor                              020   sensor off the patient
002   defective sensor                       040   too much light
004   low perfusion                          080   sensor not recognised
008   searching for a pulse                  400   low signal quality
010   interference                           800   Masimo SET (normal)
====  =====================================  ====  =====================================

9600 baud 8N1. A Rad-8 sends this only when it was set to "ASCII 1" on its screen. Sources: Rad-8
operator's manual
p. 4-24; a capture of a real Rad-8 (yahnatan/pulseox); remkolems/masimo-datacapture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from kapmonitor.codecs.lines import LineReader
from kapmonitor.codecs.oximetry import numbers
from kapmonitor.codecs.stream import Format
from kapmonitor.errors import DecodeError, Fault
from kapmonitor.model import Observation

NO_SENSOR, DEFECTIVE_SENSOR, LOW_PERFUSION, SEARCHING, INTERFERENCE = 0x001, 0x002, 0x004, 0x008, 0x010
SENSOR_OFF, AMBIENT_LIGHT, UNRECOGNISED, LOW_SIGNAL, MASIMO_SET = 0x020, 0x040, 0x080, 0x400, 0x800

NO_VALUE: Mapping[int, str] = {
    NO_SENSOR: "sensor_off",
    DEFECTIVE_SENSOR: "sensor_malfunction",
    UNRECOGNISED: "sensor_malfunction",
    SENSOR_OFF: "no_finger",
    SEARCHING: "searching",
}
"""Bits that leave no value, the worst first."""
DOUBT: Mapping[int, str] = {
    AMBIENT_LIGHT: "artifact",
    INTERFERENCE: "artifact",
    LOW_PERFUSION: "low_perfusion",
    LOW_SIGNAL: "poor_signal",
}
"""Bits that leave a doubt, the worst first."""

_WORD = re.compile(r"(\w+)=(\S+)")
# Of fixed width: the line has no checksum, and a digit that was lost on the way must not go unnoticed.
_WHOLE = re.compile(r"(\d{3})%?|-{3}%?")
_INDEX = re.compile(r"(\d{2}\.\d{2})%?|-{2,3}\.-{1,3}%?")
_EXCEPTIONS = re.compile(r"([0-9A-Fa-f]{1,8})(?::.*)?")


class Line(msgspec.Struct, frozen=True):
    """One line; SpO2, perfusion index in %, pulse rate in /min, None = none; `exceptions` as above."""

    spo2: float | None = None
    pulse_rate: float | None = None
    perfusion_index: float | None = None
    exceptions: int = MASIMO_SET


def decode(line: str) -> Line:
    """What one line says.

    Raises:
        DecodeError: it has no SpO2 and pulse rate, or a word is not what it should be.
    """
    words = {name.upper(): value for name, value in _WORD.findall(line)}
    spo2, rate = words.get("SPO2"), words.get("BPM", words.get("PR"))
    if spo2 is None or rate is None:
        raise DecodeError(Fault.FORMAT, f"SPO2= and BPM= expected, {line[:40]!r} there")
    exceptions = _EXCEPTIONS.fullmatch(words.get("EXC", "0"))
    if exceptions is None:
        raise DecodeError(Fault.FORMAT, f"EXC={words['EXC'][:20]!r} is no hexadecimal number")
    index = words.get("PI")
    return Line(
        _number(_WHOLE, "SPO2", spo2) or None,
        _number(_WHOLE, "BPM", rate) or None,
        None if index is None else _number(_INDEX, "PI", index),
        int(exceptions[1], 16),
    )


def encode(line: Line) -> bytes:
    """An "ASCII 1" line of a Rad-8 with a date of its own and its end."""
    spo2 = "---" if line.spo2 is None else f"{line.spo2:03.0f}"
    rate = "---" if line.pulse_rate is None else f"{line.pulse_rate:03.0f}"
    index = "--.--" if line.perfusion_index is None else f"{line.perfusion_index:05.2f}"
    text = f"01/01/26 12:00:00 SN=0000000001 SPO2={spo2}% BPM={rate} PI={index}% SPCO=--.-% SPMET=--.-%"
    return f"{text} DESAT=-- PIDELTA=+-- ALARM=0000 EXC={line.exceptions:06X}\r\n\r\n".encode()


def observe(line: Line) -> Sequence[Observation]:
    """SpO2, pulse rate, and perfusion index where the line has one; without a value none of them has one."""
    reason = next((why for bit, why in NO_VALUE.items() if line.exceptions & bit), None)
    doubt = next((why for bit, why in DOUBT.items() if line.exceptions & bit), None)
    if reason is None and line.spo2 is None:
        reason = "not_available"
    return numbers(reason, line.spo2, line.pulse_rate, line.perfusion_index, doubt)


def _number(form: re.Pattern[str], name: str, text: str) -> float | None:
    found = form.fullmatch(text)
    if found is None:
        raise DecodeError(Fault.FORMAT, f"{name}={text[:20]!r} is no number")
    return None if found[1] is None else float(found[1])


def lines() -> LineReader[Line]:
    """A fresh reader."""
    return LineReader(decode)


MASIMO_ASCII = Format("masimo-ascii", "Masimo Rad-8/Radical-7, ASCII 1 and trend lines", lines, observe)
