"""Nonin oximeters that write a line of text a second: 8500, 2500 PalmSAT, 9600, Avant 4000.

`SPO2=097 HR=072`, then optionally ` F` (fast averaging) and `*` (event mark), CR LF; `---` = no number. 9600
baud, 8 data bits and a mark bit, which reads as 8N1. At power-on they write a header with the date.

Source: Nonin's operator manuals for these models. NOT verified on hardware by us.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from kapmonitor.codecs.lines import LineReader
from kapmonitor.codecs.oximetry import numbers
from kapmonitor.codecs.stream import Format
from kapmonitor.errors import DecodeError, Fault
from kapmonitor.model import Observation

_LINE = re.compile(r"SPO2=(\d{3}|-{3})\s+HR=(\d{3}|-{3})(\s+F)?\s*(\*)?")


class Line(msgspec.Struct, frozen=True):
    """One line; SpO2 in %, pulse rate in /min, None = no number."""

    spo2: int | None = None
    pulse_rate: int | None = None
    fast: bool = False
    event: bool = False


def decode(line: str) -> Line:
    """What one line says.

    Raises:
        DecodeError: it has not the form of such a line; the header at power-on has not.
    """
    found = _LINE.fullmatch(line)
    if found is None:
        raise DecodeError(Fault.FORMAT, f"SPO2=NNN HR=NNN expected, {line[:40]!r} there")
    spo2, rate, fast, event = found.groups()
    return Line(_number(spo2), _number(rate), fast is not None, event is not None)


def encode(line: Line) -> bytes:
    """The line with its end."""
    fast, event = " F" if line.fast else "", "*" if line.event else ""
    return f"SPO2={_text(line.spo2)} HR={_text(line.pulse_rate)}{fast}{event}\r\n".encode()


def observe(line: Line) -> Sequence[Observation]:
    """SpO2 and pulse rate."""
    reason = "not_available" if line.spo2 is None else None
    return numbers(reason, line.spo2, line.pulse_rate)


def _number(text: str) -> int | None:
    return None if text.startswith("-") else int(text)


def _text(number: int | None) -> str:
    return "---" if number is None else f"{number:03d}"


def lines() -> LineReader[Line]:
    """A fresh reader."""
    return LineReader(decode)


NONIN_ASCII = Format("nonin-ascii", "Nonin oximeter, a line of text a second", lines, observe)
