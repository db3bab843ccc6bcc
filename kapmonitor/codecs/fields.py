"""Reading a Bluetooth measurement field by field: which fields there are depends on the flags before them."""

from __future__ import annotations

from struct import unpack_from

from kapmonitor.codecs import sfloat
from kapmonitor.codecs.sfloat import Number
from kapmonitor.errors import DecodeError, Fault

Timestamp = tuple[int, int, int, int, int, int]
"""Year, month, day, hour, minute, second as the device sent them; 0 = unknown, so not a `datetime`."""


_RESERVED_FLAGS = 0xE0


class Fields:
    """A cursor over one characteristic value: flags u8 (bits 5-7 reserved), then little-endian fields.

    Every read past the end raises `DecodeError` (`length`): the flags promised more than is there.
    """

    def __init__(self, characteristic: str, data: bytes) -> None:
        """Read the flags; `characteristic` names the value in error texts."""
        self._characteristic = characteristic
        self._data = data
        self._position = 0
        self.flags = self.uint(1)

    def uint(self, size: int) -> int:
        """An unsigned integer of `size` bytes."""
        end = self._position + size
        if end > len(self._data):
            raise DecodeError(
                Fault.LENGTH,
                f"{self._characteristic}: at least {end} bytes expected, {len(self._data)} there",
            )
        value = int.from_bytes(self._data[self._position : end], "little")
        self._position = end
        return value

    def number(self) -> Number:
        """An SFLOAT, 2 bytes."""
        return sfloat.decode(self.uint(2))

    def timestamp(self) -> Timestamp:
        """A GATT Date Time (0x2A08), 7 bytes."""
        year = self.uint(2)
        return (year, self.uint(1), self.uint(1), self.uint(1), self.uint(1), self.uint(1))

    def words(self) -> tuple[int, ...]:
        """All that is left, as unsigned 16-bit integers; none, or half of one, is a `DecodeError`."""
        left = len(self._data) - self._position
        if left == 0 or left % 2:
            raise DecodeError(
                Fault.LENGTH, f"{self._characteristic}: 2 bytes each expected at the end, {left} bytes there"
            )
        words = unpack_from(f"<{left // 2}H", self._data, self._position)
        self._position = len(self._data)
        return words

    def finish(self) -> None:
        """Refuse bytes that no flag announced.

        A value longer than its flags say was laid out by other rules than ours, so the fields before the
        surplus cannot be trusted either. Where a reserved flag is set the surplus may be a field added to
        the service later; those come last, and what we know stands before them.
        """
        if self._position < len(self._data) and not self.flags & _RESERVED_FLAGS:
            raise DecodeError(
                Fault.LENGTH,
                f"{self._characteristic}: {self._position} bytes expected, {len(self._data)} there",
            )


def number_bytes(number: Number) -> bytes:
    """An SFLOAT field."""
    return sfloat.encode(number).to_bytes(2, "little")


def timestamp_bytes(timestamp: Timestamp) -> bytes:
    """A GATT Date Time field."""
    return timestamp[0].to_bytes(2, "little") + bytes(timestamp[1:])
