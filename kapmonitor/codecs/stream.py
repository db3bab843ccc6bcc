"""What every decoder of this package looks like: bytes in, messages and errors out, no socket anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from kapmonitor.errors import DecodeError
from kapmonitor.model import Observation

MessageT_co = TypeVar("MessageT_co", covariant=True)


class Reader(Protocol[MessageT_co]):
    """Turns chunks of bytes, cut anywhere, into messages.

    A reader never raises on what it is fed: bytes without meaning come out as a `DecodeError` in their
    place, and reading goes on with the next frame.
    """

    def feed(self, data: bytes) -> Sequence[MessageT_co | DecodeError]:
        """The messages and errors that `data` completes, in order; empty while more is needed."""
        ...

    def close(self) -> Sequence[DecodeError]:
        """The input is over: what is left of an unfinished frame, as an error."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """One wire format as `kapmonitor decode` offers it.

    `reader` makes a fresh reader; `observe` says what a message means in the project's quantities;
    `describe` is one line for `--list`.
    """

    name: str
    describe: str
    reader: Callable[[], Reader[Any]]
    observe: Callable[[Any], Sequence[Observation]]


class PacketReader(Reader[MessageT_co]):
    """A reader for formats in which every chunk is one whole message, as with BLE notifications."""

    def __init__(self, decode: Callable[[bytes], MessageT_co]) -> None:
        """`decode` raises `DecodeError` for bytes that mean nothing."""
        self.decode = decode

    def feed(self, data: bytes) -> Sequence[MessageT_co | DecodeError]:
        """One message or one error for each chunk."""
        try:
            return [self.decode(data)]
        except DecodeError as error:
            return [error]

    def close(self) -> Sequence[DecodeError]:
        """Nothing is ever left over."""
        return []
