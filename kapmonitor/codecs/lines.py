"""Devices that speak in lines of ASCII text. A line that means nothing is one error; the next one counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from kapmonitor.codecs.stream import Reader
from kapmonitor.errors import DecodeError, Fault

MessageT = TypeVar("MessageT")

LONGEST_LINE = 512
"""No device of ours writes longer ones (bytes); what is longer is noise."""


class LineReader(Reader[MessageT]):
    """Cuts a stream at line feeds; blank lines say nothing."""

    def __init__(self, decode: Callable[[str], MessageT]) -> None:
        """`decode` gets a line without its end and without spaces around it; it may raise `DecodeError`."""
        self._decode = decode
        self._rest = b""
        self._too_long = False

    def feed(self, data: bytes) -> Sequence[MessageT | DecodeError]:
        """The messages and errors of the lines that `data` completes, in order."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        found = [each for line in lines for each in self._line(line)]
        if len(self._rest) > LONGEST_LINE:
            self._rest, self._too_long = b"", True
        return found

    def close(self) -> Sequence[DecodeError]:
        """A line without its end is a `length` error."""
        rest, self._rest = self._rest.strip(), b""
        if not rest and not self._too_long:
            return []
        self._too_long = False
        return [DecodeError(Fault.LENGTH, f"the input ends {len(rest)} bytes into a line")]

    def _line(self, line: bytes) -> list[MessageT | DecodeError]:
        if self._too_long or len(line) > LONGEST_LINE:
            self._too_long = False
            return [DecodeError(Fault.LENGTH, f"a line of more than {LONGEST_LINE} bytes")]
        text = line.strip(b"\r\n \t\0")
        if not text:
            return []
        try:
            return [self._decode(text.decode("ascii"))]
        except UnicodeDecodeError as error:
            return [DecodeError(Fault.FORMAT, f"byte 0x{text[error.start]:02x} in a line of text")]
        except DecodeError as error:
            return [error]
