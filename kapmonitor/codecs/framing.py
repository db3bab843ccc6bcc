"""Finding frames in a stream of bytes that may begin anywhere, lose bytes and carry noise.

Shared by the serial formats. A format says which bytes can start a frame and how to take one; everything
about garbage, resynchronising and what is left over is here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from kapmonitor.codecs.stream import Reader
from kapmonitor.errors import DecodeError, Fault

MessageT = TypeVar("MessageT")

Taken = tuple[Sequence[MessageT] | DecodeError, int] | None
"""What stands at a position: messages or an error, and where to go on; None while bytes are missing."""

Take = Callable[[bytes, int], Taken[MessageT]]


class FrameReader(Reader[MessageT]):
    """Resynchronises at the next byte that can start a frame.

    A run of garbage is one `format` error, however long and however it is cut into chunks. After damage the
    search goes on at the first byte that can start a frame, so that a good frame behind (or inside) a false
    start is never lost. What waits for more bytes is never longer than the format's longest frame.
    """

    def __init__(self, start: re.Pattern[bytes], take: Take[MessageT]) -> None:
        """`start` matches one byte that can start a frame; `take` is only asked at such a byte."""
        self._start = start
        self._take = take
        self._rest = b""
        self._lost = False

    def feed(self, data: bytes) -> Sequence[MessageT | DecodeError]:
        """The messages and errors that `data` completes, in order."""
        data = self._rest + data
        found: list[MessageT | DecodeError] = []
        at = 0
        while at < len(data):
            start = self._next_start(data, at)
            if start > at:
                error = DecodeError(Fault.FORMAT, f"no frame starts with 0x{data[at]:02x}")
                at = self._damaged(error, start, found)
                continue
            taken = self._take(data, at) or self._cut_short(data, at)
            if taken is None:
                break
            messages, end = taken
            if isinstance(messages, DecodeError):
                at = self._damaged(messages, end, found)
            else:
                found.extend(messages)
                self._lost, at = False, end
        self._rest = data[at:]
        return found

    def close(self) -> Sequence[DecodeError]:
        """An unfinished frame at the end of the input is a `length` error."""
        rest, self._rest = self._rest, b""
        if not rest:
            return []
        return [DecodeError(Fault.LENGTH, f"the input ends {len(rest)} bytes into a frame")]

    def _next_start(self, data: bytes, at: int) -> int:
        begin = self._start.search(data, at)
        return len(data) if begin is None else begin.start()

    def _damaged(self, error: DecodeError, end: int, found: list[MessageT | DecodeError]) -> int:
        # What has no form, right after damage, is still the same damage.
        if not (self._lost and error.fault is Fault.FORMAT):
            found.append(error)
        self._lost = True
        return end

    def _cut_short(self, data: bytes, at: int) -> Taken[MessageT]:
        """An unfinished frame with a whole one behind its start was cut short, or never was a frame."""
        later = self._next_start(data, at + 1)
        while later < len(data):
            taken = self._take(data, later)
            if taken is not None and not isinstance(taken[0], DecodeError):
                return DecodeError(Fault.LENGTH, f"a frame ends after {later - at} bytes"), later
            later = self._next_start(data, later + 1)
        return None


def marked_frames(
    start: bytes, body: bytes, size: int, decode: Callable[[bytes], list[MessageT]]
) -> Callable[[], FrameReader[MessageT]]:
    """Readers for frames of `size` bytes whose first byte cannot occur later in a frame.

    `start` and `body` are regular expressions for the first and for every other byte; `decode` gets whole
    frames back to back, one or more: at 60 frames a second it pays to look at them together.
    """
    first = re.compile(start)
    whole = re.compile(b"(?:%b%b{%d})+" % (start, body, size - 1))
    part = re.compile(b"%b%b{0,%d}" % (start, body, size - 2))

    def take(data: bytes, at: int) -> Taken[MessageT]:
        frames = whole.match(data, at)
        if frames is not None:
            return decode(frames[0]), frames.end()
        cut = part.match(data, at)
        end = at + 1 if cut is None else cut.end()
        if end == len(data):
            return None
        return DecodeError(Fault.LENGTH, f"{size} bytes expected, {end - at} there"), end

    return lambda: _MarkedReader(first, take, whole, decode)


class _MarkedReader(FrameReader[MessageT]):
    """Nearly always whole frames come, and nothing waits: then there is nothing to look for."""

    def __init__(
        self,
        start: re.Pattern[bytes],
        take: Take[MessageT],
        whole: re.Pattern[bytes],
        decode: Callable[[bytes], list[MessageT]],
    ) -> None:
        super().__init__(start, take)
        self._whole = whole
        self._decode = decode

    def feed(self, data: bytes) -> Sequence[MessageT | DecodeError]:
        if self._rest or self._whole.fullmatch(data) is None:
            return super().feed(data)
        self._lost = False
        return self._decode(data)


def add_up_frames(
    start: int, sizes: Mapping[int, int], decode: Callable[[bytes], MessageT]
) -> Callable[[], FrameReader[MessageT]]:
    """Readers for frames that begin with the byte `start` and whose bytes add up to 0 modulo 256.

    `sizes` maps the second byte to the size of the whole frame. `decode` gets a whole frame that adds up, and
    may still refuse it with a `DecodeError`.
    """
    longest = max(sizes.values())

    def take(data: bytes, at: int) -> Taken[MessageT]:
        size = sizes.get(data[at + 1]) if at + 1 < len(data) else longest
        if size is None:
            return DecodeError(Fault.FORMAT, f"no frame begins with {data[at : at + 2].hex()}"), at + 1
        frame = data[at : at + size]
        if len(frame) < size:
            return None
        if sum(frame) & 0xFF:
            right = add_up(frame[:-1])[-1]
            return DecodeError(Fault.CHECKSUM, f"{frame.hex()} should end in {right:02x}"), at + 1
        try:
            return [decode(frame)], at + size
        except DecodeError as error:
            return error, at + size

    return lambda: FrameReader(re.compile(re.escape(bytes((start,)))), take)


def add_up(frame: bytes) -> bytes:
    """`frame` with the byte at its end that makes it add up to 0 modulo 256."""
    return frame + bytes((-sum(frame) & 0xFF,))
