"""`kapmonitor decode`: bytes of a device in, one JSON object a line out."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from io import BufferedIOBase
from pathlib import Path
from typing import Annotated, Any, TextIO, cast

import typer

from kapmonitor.codecs import FORMATS
from kapmonitor.codecs.stream import Format, PacketReader
from kapmonitor.errors import ConfigError, DecodeError, Fault, KapmonitorError
from kapmonitor.model import BloodPressure, Observation, Quality, Reading, Waveform
from kapmonitor.quantities import QUANTITIES

CHUNK_BYTES = 65_536
LONGEST_PACKET = 512  # Bluetooth Core 5.4, vol. 3 part F, 3.2.9: no attribute value is longer
LONGEST_LINE = 1 << 24  # an hour of a 60 Hz oximeter on one line takes a quarter of it

_BETWEEN_BYTES = re.compile(r"[\s:,-]+")
_HEX_PREFIX = re.compile(r"^\(?0x\)?", re.IGNORECASE)

Chunk = tuple[int | None, bytes | DecodeError]
"""A piece of input and the number of its line, where lines are counted; or why the line is no bytes."""


def decode(format_name: str, source: BufferedIOBase, out: TextIO, *, hex_lines: bool) -> int:
    """Print what the bytes of `source` mean; returns 0 if all were understood, else 1.

    Without `hex_lines` the input is one raw stream, or one packet where the format has packets.

    Raises:
        ConfigError: there is no such format.
    """
    wire = _format(format_name)
    reader = wire.reader()
    if hex_lines:
        chunks = _hex_lines(source)
    elif isinstance(reader, PacketReader):
        chunks = _packet(source)
    else:
        chunks = _stream(source)
    errors, line = 0, None
    for line, data in chunks:
        found = [data] if isinstance(data, DecodeError) else reader.feed(data)
        errors += _print(found, wire, line, out)
    errors += _print(reader.close(), wire, line, out)
    return 1 if errors else 0


def decode_command(
    format_name: Annotated[str | None, typer.Argument(metavar="FORMAT", help="One of --list.")] = None,
    file: Annotated[str, typer.Argument(metavar="FILE", help="What to read; - is standard input.")] = "-",
    *,
    hex_lines: Annotated[
        bool, typer.Option("--hex", help="Each line is one notification or chunk in hexadecimal.")
    ] = False,
    list_formats: Annotated[bool, typer.Option("--list", help="Print the formats and end.")] = False,
) -> None:
    """Decode bytes of a device to JSON Lines; ends with 1 if some of them meant nothing."""
    if list_formats:
        for wire in FORMATS.values():
            typer.echo(f"{wire.name:<20} {wire.describe}")
        return
    if format_name is None:
        raise ConfigError([f"decode needs a FORMAT; there are {', '.join(FORMATS)}"])
    _format(format_name)
    with _open(file) as source:
        raise typer.Exit(_decode_to_stdout(format_name, source, hex_lines=hex_lines))


def _decode_to_stdout(format_name: str, source: BufferedIOBase, *, hex_lines: bool) -> int:
    try:
        return decode(format_name, source, sys.stdout, hex_lines=hex_lines)
    except BrokenPipeError:
        raise  # whoever read us has seen enough; click ends quietly
    except OSError as error:
        raise KapmonitorError(f"decode stopped: {error}") from error


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise ConfigError([f"no format {name!r}; there are {', '.join(FORMATS)}"])
    return FORMATS[name]


def _open(file: str) -> AbstractContextManager[BufferedIOBase]:
    if file == "-":
        # Python types it as the narrower BinaryIO; None where the shell closed it
        stdin = cast("TextIO | None", sys.stdin)
        if stdin is None:
            raise ConfigError(["standard input is closed; name a FILE"])
        return nullcontext(cast("BufferedIOBase", stdin.buffer))
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise ConfigError([f"{file} cannot be read: {error.strerror}"]) from error


def _stream(source: BufferedIOBase) -> Iterator[Chunk]:
    """What is there, as it comes: a stream may have no end."""
    while data := source.read1(CHUNK_BYTES):
        yield None, data


def _packet(source: BufferedIOBase) -> Iterator[Chunk]:
    data = source.read(LONGEST_PACKET + 1)
    if len(data) > LONGEST_PACKET:
        yield None, DecodeError(Fault.LENGTH, f"a packet has at most {LONGEST_PACKET} bytes, more are there")
    elif data:
        yield None, data


def _hex_lines(source: BufferedIOBase) -> Iterator[Chunk]:
    """Numbered lines as bytes; empty lines count but say nothing."""
    number = 0
    while line := source.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            yield number, DecodeError(Fault.FORMAT, f"line of more than {LONGEST_LINE} characters")
            while not line.endswith(b"\n") and (line := source.readline(LONGEST_LINE)):
                pass
        elif text := line.decode("ascii", "replace").strip():
            yield number, _from_hex(text)


def _from_hex(text: str) -> bytes | DecodeError:
    """Bytes written as `165c8c02`, `16 5C 8C 02`, `16:5c:8c:02` or `0x16, 0x5c`; each whole by itself."""
    words = (_HEX_PREFIX.sub("", word) for word in _BETWEEN_BYTES.split(text))
    try:
        return b"".join(bytes.fromhex(word) for word in words)
    except ValueError:
        shown = text if len(text) <= 60 else text[:60] + "..."  # noqa: PLR2004 - enough to find it by
        return DecodeError(Fault.FORMAT, f"not hexadecimal bytes: {shown}")


def _print(found: Iterable[Any], wire: Format, line: int | None, out: TextIO) -> int:
    """Print messages and errors, flush, and return how many errors there were."""
    place = {} if line is None else {"line": line}
    errors = 0
    for each in found:
        if isinstance(each, DecodeError):
            errors += 1
            rows: Iterable[Mapping[str, object]] = [{"error": each.fault.value, "detail": each.detail}]
        else:
            rows = _rows(wire.observe(each))
        out.writelines(json.dumps({**row, **place}) + "\n" for row in rows)
    out.flush()
    return errors


def _rows(observations: Iterable[Observation]) -> Iterator[dict[str, object]]:
    for observation in observations:
        if isinstance(observation, BloodPressure):
            yield from (_reading(_as_stored(each, observation)) for each in observation.readings)
        elif isinstance(observation, Waveform):
            yield _waveform(observation)
        else:
            yield _reading(observation)


def _as_stored(reading: Reading, measurement: BloodPressure) -> Reading:
    """A line has no room for "not live": what a cuff had stored is marked as a stored oximeter value is."""
    if measurement.live or reading.quality is not Quality.VALID:
        return reading
    return Reading(reading.quantity, reading.value, Quality.QUESTIONABLE, "stored")


def _reading(reading: Reading) -> dict[str, object]:
    row: dict[str, object] = {
        "quantity": reading.quantity,
        "value": None if reading.value is None else _short(reading.value),
        "unit": QUANTITIES[reading.quantity].unit,
        "quality": reading.quality.value,
    }
    if reading.reason is not None:
        row["reason"] = reading.reason
    return row


def _waveform(waveform: Waveform) -> dict[str, object]:
    return {
        "quantity": waveform.quantity,
        "values": [_short(value) for value in waveform.values],
        "rate_hz": _short(waveform.rate_hz),
    }


def _short(value: float) -> float:
    """98, not 98.0."""
    return int(value) if float(value).is_integer() else value
