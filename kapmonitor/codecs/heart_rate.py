"""Heart Rate Measurement, 0x2A37: what a chest strap notifies about once a second.

Layout (Bluetooth Heart Rate Service 1.0, 3.1): flags u8 {0: rate is u16, 1: contact detected, 2: contact
supported, 3: energy, 4: RR}, rate u8 or u16 in /min, [energy u16 in kJ], [RR u16 in 1/1024 s, one or more].
"""

from __future__ import annotations

from functools import cache

import msgspec

from kapmonitor.codecs.fields import Layout
from kapmonitor.codecs.stream import Format, PacketReader
from kapmonitor.model import Quality, Reading, reading

_WIDE, _DETECTED, _SUPPORTED, _ENERGY, _RR = 1, 2, 4, 8, 16
_BYTE = 0xFF


class HeartRateMeasurement(msgspec.Struct, frozen=True, gc=False):
    """One notification, as sent: rate in /min, energy in kJ, RR intervals in 1/1024 s, oldest first.

    `contact` is None where the strap says nothing about it.
    """

    heart_rate: int
    contact: bool | None = None
    energy_kj: int | None = None
    rr_1024: tuple[int, ...] = ()

    def encode(self) -> bytes:
        """The bytes of this notification; the rate takes two only where it must."""
        wide = self.heart_rate > _BYTE
        flags = _WIDE if wide else 0
        body = self.heart_rate.to_bytes(2 if wide else 1, "little")
        if self.contact is not None:
            flags |= _SUPPORTED | (_DETECTED if self.contact else 0)
        if self.energy_kj is not None:
            flags |= _ENERGY
            body += self.energy_kj.to_bytes(2, "little")
        if self.rr_1024:
            flags |= _RR
            body += b"".join(rr.to_bytes(2, "little") for rr in self.rr_1024)
        return bytes([flags]) + body


def _contact(flags: int) -> bool | None:
    return bool(flags & _DETECTED) if flags & _SUPPORTED else None


_LAYOUT = Layout(
    "heart rate measurement",
    lambda flags: ("xx" if flags & _WIDE else "x") + ("xx" if flags & _ENERGY else ""),
    lambda flags: (_contact(flags), not flags & (_WIDE | _ENERGY)),
    words_flag=_RR,
)
_SHAPES = _LAYOUT.shapes


def decode(data: bytes) -> HeartRateMeasurement:
    """Read one notification; reserved flag bits are ignored.

    Raises:
        DecodeError: `length`, where there are fewer or more bytes than the flags announce.
    """
    try:
        intervals, contact, plain = _SHAPES[data[0]][len(data)]
    except LookupError:
        intervals, contact, plain = _LAYOUT.shape(data)
    if plain:
        return HeartRateMeasurement(data[1], contact, None, intervals(data))
    flags = data[0]
    at = 3 if flags & _WIDE else 2
    energy_kj = int.from_bytes(data[at : at + 2], "little") if flags & _ENERGY else None
    return HeartRateMeasurement(int.from_bytes(data[1:at], "little"), contact, energy_kj, intervals(data))


def observe(message: HeartRateMeasurement) -> tuple[Reading, ...]:
    """The heart rate, then each RR interval in ms.

    The contact flag alone proves nothing: straps in good contact have sent "not detected" (a Wahoo's
    04 4A). Beats do: "no contact" with possible RR intervals is valid, without them `questionable`.
    """
    intervals = [_interval(rr) for rr in message.rr_1024]
    if message.contact is False and not any(each.value is not None for each in intervals):
        return (reading("heart_rate", message.heart_rate, _QUESTIONABLE, "no_contact"), *intervals)
    return (reading("heart_rate", message.heart_rate), *intervals)


_QUESTIONABLE = Quality.QUESTIONABLE


@cache  # of 65,536 at most
def _interval(rr_1024: int) -> Reading:
    return reading("rr_interval", rr_1024 * 1000 / 1024)


HEART_RATE = Format(
    "heart-rate", "Bluetooth heart rate measurement, 0x2A37", lambda: PacketReader(decode), observe
)
