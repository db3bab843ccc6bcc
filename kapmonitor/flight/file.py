"""The form of a recording: one line that says what it is, then blocks of compressed records. Pure.

A block stands for itself: magic, length and CRC-32 of what follows, then zlib of records, each a length and
its msgpack. Whatever is torn or damaged costs its own block; the next magic goes on.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from kapmonitor.errors import KapmonitorError
from kapmonitor.flight.records import Record
from kapmonitor.model import rfc3339

FORMAT = 1
MAGIC = b"\xf1KAPBLK\n"
_HEAD = struct.Struct(">II")
_LENGTH = struct.Struct(">I")
LARGEST_BLOCK = 16_000_000
"""Bytes of one block, unpacked; a longer one is damage, not data."""
LEVEL = 6

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)


class RecordingError(KapmonitorError):
    """A file that is no recording, or one that this version cannot read; the text says which."""

    exit_code = 2


class Damage(msgspec.Struct, frozen=True):
    """A piece of the file that means nothing: `offset` bytes from its beginning, and what is wrong."""

    offset: int
    what: str


class FirstLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the first line says, as JSON: that it is a recording, in which form, of which session."""

    kapflight: int
    session: str
    software: str
    began: str


def first_line(session: str, software: str, began: datetime) -> bytes:
    """How a new file begins."""
    line = FirstLine(kapflight=FORMAT, session=session, software=software, began=rfc3339(began))
    return msgspec.json.encode(line) + b"\n"


def packed(record: Record) -> bytes:
    """One record as it stands in a block."""
    body = _encoder.encode(record)
    return _LENGTH.pack(len(body)) + body


def block(records: bytes) -> bytes:
    """Packed records as a block of the file."""
    body = zlib.compress(records, LEVEL)
    return MAGIC + _HEAD.pack(len(body), zlib.crc32(body)) + body


def read_first_line(data: bytes, name: str) -> tuple[FirstLine, int]:
    """The first line of a recording and where it ends.

    Raises:
        RecordingError: it is none, or one of a newer version; `name` is the file's.
    """
    line, end, _ = data[:1000].partition(b"\n")
    try:
        found = msgspec.json.decode(line, type=FirstLine)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        found = None
    if found is None or not end:
        raise RecordingError(f"{name}: is no recording of a session; they are called SESSION.kapflight")
    if found.kapflight != FORMAT:
        newer = f"form {found.kapflight}, written by kapmonitor {found.software}"
        raise RecordingError(f"{name}: has {newer}; this version reads form {FORMAT}. Use that version.")
    return found, len(line) + 1


def read(data: bytes, name: str = "recording") -> Iterator[Record | Damage]:
    """Everything in a recording, in order; what cannot be read is named and skipped.

    Raises:
        RecordingError: it is no recording, or one of a newer version; raised at the first step.
    """
    _, at = read_first_line(data, name)
    while at < len(data):
        body = _body(data, at)
        if isinstance(body, bytes):
            yield from _records(body, at)
            at += len(MAGIC) + _HEAD.size + _HEAD.unpack_from(data, at + len(MAGIC))[0]
            continue
        found = data.find(MAGIC, at + 1)
        skipped = len(data) if found < 0 else found
        yield Damage(at, f"{skipped - at} bytes cannot be read: {body}")
        at = skipped


def _body(data: bytes, at: int) -> bytes | str:
    """The records of the block at `at`, still packed; or what is wrong with it."""
    begin = at + len(MAGIC) + _HEAD.size
    if data[at : at + len(MAGIC)] != MAGIC[: len(data) - at]:
        return "no block begins there"
    if begin > len(data):
        return "the file ends in the middle of a block"
    length, crc = _HEAD.unpack_from(data, at + len(MAGIC))
    body = data[begin : begin + length]
    if len(body) < length:
        return "the file ends in the middle of a block"
    if zlib.crc32(body) != crc:
        return "the checksum of a block is wrong"
    inflating = zlib.decompressobj()
    try:
        records = inflating.decompress(body, LARGEST_BLOCK)
    except zlib.error as error:
        return f"a block cannot be unpacked ({error})"
    return records if inflating.eof else "a block is too long"


def _records(body: bytes, at: int) -> Iterable[Record | Damage]:
    place = 0
    while place < len(body):
        (length,) = _LENGTH.unpack_from(body, place) if len(body) - place >= _LENGTH.size else (len(body),)
        place += _LENGTH.size
        try:
            yield _decoder.decode(memoryview(body)[place : place + length])
        except msgspec.MsgspecError as error:
            yield Damage(at, f"a record means nothing to this version ({error})")
        place += length
