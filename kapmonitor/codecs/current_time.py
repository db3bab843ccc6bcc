"""Current Time, 0x2A2B: what the clock of a Bluetooth device shows, and how it is set.

Layout (Bluetooth Current Time Service 1.1, 3.1): year u16, month, day, hour, minute, second, day of the
week (1 = Monday, 0 unknown), 1/256 s, reason for the last change (bit 0: set by hand).
"""

from __future__ import annotations

from datetime import datetime

from kapmonitor.codecs.fields import Timestamp
from kapmonitor.errors import DecodeError, Fault

_SIZE = 10
_SET_BY_HAND = 1


def decode(data: bytes) -> Timestamp:
    """What the clock shows, without its fraction; 0 = unknown.

    Raises:
        DecodeError: `length`, where there are fewer than ten bytes.
    """
    if len(data) < _SIZE:
        raise DecodeError(Fault.LENGTH, f"current time: {_SIZE} bytes expected, {len(data)} there")
    return (data[0] | data[1] << 8, data[2], data[3], data[4], data[5], data[6])


def encode(moment: datetime) -> bytes:
    """What sets the clock to `moment`, whose zone is left away: devices show local time."""
    day = (moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.isoweekday())
    fraction = moment.microsecond * 256 // 1_000_000
    return bytes((*moment.year.to_bytes(2, "little"), *day, fraction, _SET_BY_HAND))
