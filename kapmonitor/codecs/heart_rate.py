"""Heart Rate Measurement, 0x2A37: what a chest strap notifies about once a second.

Layout (Bluetooth Heart Rate Service 1.0, 3.1): flags u8 {0: rate is u16, 1: contact detected, 2: contact
supported, 3: energy, 4: RR}, rate u8 or u16 in /min, [energy u16 in kJ], [RR u16 in 1/1024 s, one or more].
"""

from __future__ import annotations

import msgspec

from kapmonitor.codecs.fields import Fields
from kapmonitor.codecs.stream import Format, PacketReader
from kapmonitor.model import Quality, Reading, reading

_WIDE, _DETECTED, _SUPPORTED, _ENERGY, _RR = 1, 2, 4, 8, 16
_BYTE = 0xFF


class HeartRateMeasurement(msgspec.Struct, frozen=True):
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


def decode(data: bytes) -> HeartRateMeasurement:
    """Read one notification; reserved flag bits are ignored.

    Raises:
        DecodeError: `length`, where there are fewer or more bytes than the flags announce.
    """
    fields = Fields("heart rate measurement", data)
    flags = fields.flags
    rate = fields.uint(2 if flags & _WIDE else 1)
    contact = bool(flags & _DETECTED) if flags & _SUPPORTED else None
    energy = fields.uint(2) if flags & _ENERGY else None
    rr = fields.words() if flags & _RR else ()
    fields.finish()
    return HeartRateMeasurement(rate, contact, energy, rr)


def observe(message: HeartRateMeasurement) -> tuple[Reading, ...]:
    """The heart rate, then each RR interval in ms.

    The contact flag alone proves nothing: straps in good contact have sent "not detected" (a Wahoo's
    04 4A). Beats do: "no contact" with possible RR intervals is valid, without them `questionable`.
    """
    intervals = tuple(reading("rr_interval", rr * 1000 / 1024) for rr in message.rr_1024)
    beats = any(interval.value is not None for interval in intervals)
    if message.contact is False and not beats:
        rate = reading("heart_rate", message.heart_rate, Quality.QUESTIONABLE, "no_contact")
    else:
        rate = reading("heart_rate", message.heart_rate)
    return (rate, *intervals)


HEART_RATE = Format(
    "heart-rate", "Bluetooth heart rate measurement, 0x2A37", lambda: PacketReader(decode), observe
)
