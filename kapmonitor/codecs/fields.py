"""The fields of a Bluetooth measurement: which there are depends on the flags before them."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Generic, TypeVarTuple

from kapmonitor.codecs import sfloat
from kapmonitor.codecs.sfloat import Number
from kapmonitor.errors import DecodeError, Fault

MeantTs = TypeVarTuple("MeantTs")

Timestamp = tuple[int, int, int, int, int, int]
"""Year, month, day, hour, minute, second as the device sent them; 0 = unknown, so not a `datetime`."""


_KNOWN_FLAGS, _RESERVED_FLAGS = 0x1F, 0xE0
_LENGTHS = 32
"""Of so many lengths the shape is remembered, for each value of the flags; a device uses a handful."""
Unpack = Callable[[bytes], tuple[int, ...]]


class Layout(Generic[*MeantTs]):
    """Where the fields of a characteristic value are: flags u8 (bits 5-7 reserved), little-endian ones.

    Which there are depends on the flags, so each pair of flags and length gets a `Struct`, made once.
    """

    def __init__(
        self,
        characteristic: str,
        codes: Callable[[int], str],
        meant: Callable[[int], tuple[*MeantTs]],
        *,
        words_flag: int = 0,
    ) -> None:
        """`codes`: what follows flags like these, in `struct` letters; with `words_flag` u16s to the end.

        `meant`: what else the flags say, worked out once; `characteristic` names the value in error texts.
        """
        self._characteristic = characteristic
        self._codes = codes
        self._meant = meant
        self._words_flag = words_flag
        self.shapes: tuple[dict[int, tuple[Unpack, *MeantTs]], ...] = tuple({} for _ in range(256))
        """By flags, then by length: those that `shape` has made, for whom a call of it costs too much."""

    def shape(self, data: bytes) -> tuple[Unpack, *MeantTs]:
        """What makes the integers of all fields of `data`, and what its flags mean.

        Raises:
            DecodeError: `length`, where there are fewer or more bytes than the flags announce.
        """
        if not data:
            raise self._wrong("at least 1 byte", 0)
        made, length = self.shapes[data[0]], len(data)
        shape = made.get(length)
        if shape is None:
            shape = self._made(data[0], length)
            if len(made) < _LENGTHS:
                made[length] = shape
        return shape

    def _made(self, flags: int, length: int) -> tuple[Unpack, *MeantTs]:
        struct = self._struct(flags, length)
        # `unpack` wants exactly its own length, and is the quicker of the two.
        unpack = struct.unpack if struct.size == length else struct.unpack_from
        return (unpack, *self._meant(flags))

    def _struct(self, flags: int, length: int) -> Struct:
        """What values with such flags and of such a length are made of.

        A value longer than its flags say was laid out by other rules than ours, so the fields before the
        surplus cannot be trusted either. Where a reserved flag is set the surplus may be a field added to
        the service later; those come last, and what we know stands before them.
        """
        codes = "<x" + self._codes(flags & _KNOWN_FLAGS)
        fixed = Struct(codes)
        left = length - fixed.size
        if left < 0:
            raise self._wrong(f"at least {fixed.size} bytes", length)
        if flags & self._words_flag:
            if left == 0 or left % 2:
                raise self._wrong("2 bytes each at the end", left)
            return Struct(f"{codes}{left // 2}H")
        if left and not flags & _RESERVED_FLAGS:
            raise self._wrong(f"{fixed.size} bytes", length)
        return fixed

    def _wrong(self, expected: str, there: int) -> DecodeError:
        return DecodeError(Fault.LENGTH, f"{self._characteristic}: {expected} expected, {there} there")


def codes(flags: int, *optional: tuple[int, str]) -> str:
    """The codes of those optional fields that are there: each with its flag, in their order."""
    return "".join(code for flag, code in optional if flags & flag)


TIMESTAMP = "H5B"
"""A GATT Date Time (0x2A08)."""


def number_bytes(number: Number) -> bytes:
    """An SFLOAT field."""
    return sfloat.encode(number).to_bytes(2, "little")


def timestamp_bytes(timestamp: Timestamp) -> bytes:
    """A GATT Date Time field."""
    return timestamp[0].to_bytes(2, "little") + bytes(timestamp[1:])
