"""Blood Pressure Measurement, 0x2A35, and Intermediate Cuff Pressure, 0x2A36.

Layout of both (Bluetooth Blood Pressure Service 1.1, 3.1 and 3.2): flags u8 {0 kPa, 1 time, 2 pulse, 3 user,
4 status}, systolic, diastolic, mean as SFLOAT in mmHg or kPa, [time 7 bytes], [pulse SFLOAT in /min],
[user u8, 255 unknown], [status u16]. In 0x2A36 the first number is the cuff's pressure, the next two are
unused.
"""

from __future__ import annotations

from enum import IntFlag

import msgspec

from kapmonitor.codecs.fields import TIMESTAMP, Layout, Timestamp, codes, number_bytes, timestamp_bytes
from kapmonitor.codecs.sfloat import Number, Special, observed
from kapmonitor.codecs.sfloat import decode as number
from kapmonitor.codecs.stream import Format, PacketReader
from kapmonitor.model import MMHG_PER_KPA, BloodPressure, Quality, Reading, blood_pressure

_KPA, _TIME, _PULSE, _USER, _STATUS = 1, 2, 4, 8, 16


class CuffStatus(IntFlag):
    """The bits of the measurement status that make a pressure doubtful.

    Bits 3 and 4 are one number, the pulse's place in the device's range (0 within, 1 above, 2 below);
    it says nothing about the pressures. The rest is reserved, and set by real cuffs.
    """

    BODY_MOVEMENT = 1 << 0
    CUFF_LOOSE = 1 << 1
    IRREGULAR_PULSE = 1 << 2
    IMPROPER_POSITION = 1 << 5


_DOUBTS = tuple((flag.value, (flag.name or "").lower()) for flag in CuffStatus)


class BloodPressureMeasurement(msgspec.Struct, frozen=True, gc=False):
    """One 0x2A35 indication, as sent: pressures in kPa if `kilopascal`, else in mmHg; pulse in /min.

    None for a field that is not there. `user` 255 is an unknown one; `status` has `CuffStatus` bits.
    """

    systolic: Number
    diastolic: Number
    mean: Number
    kilopascal: bool = False
    timestamp: Timestamp | None = None
    pulse_rate: Number | None = None
    user: int | None = None
    status: int | None = None

    def encode(self) -> bytes:
        """The bytes of this indication."""
        optional = (
            None if self.timestamp is None else timestamp_bytes(self.timestamp),
            None if self.pulse_rate is None else number_bytes(self.pulse_rate),
            None if self.user is None else self.user.to_bytes(1, "little"),
            None if self.status is None else self.status.to_bytes(2, "little"),
        )
        flags = _KPA if self.kilopascal else 0
        flags |= sum(_TIME << place for place, field in enumerate(optional) if field is not None)
        pressures = (number_bytes(number) for number in (self.systolic, self.diastolic, self.mean))
        return bytes([flags]) + b"".join((*pressures, *(field for field in optional if field is not None)))


class IntermediateCuffPressure(msgspec.Struct, frozen=True, gc=False):
    """One 0x2A36 notification, as sent while the cuff is inflated; fields as in the measurement."""

    cuff_pressure: Number
    kilopascal: bool = False
    timestamp: Timestamp | None = None
    pulse_rate: Number | None = None
    user: int | None = None
    status: int | None = None

    def encode(self) -> bytes:
        """The bytes of this notification; the two unused numbers are NaN, as the service asks for."""
        unused = Special.NAN
        return BloodPressureMeasurement(
            self.cuff_pressure,
            unused,
            unused,
            self.kilopascal,
            self.timestamp,
            self.pulse_rate,
            self.user,
            self.status,
        ).encode()


def _fields(flags: int) -> str:
    return "HHH" + codes(flags, (_TIME, TIMESTAMP), (_PULSE, "H"), (_USER, "B"), (_STATUS, "H"))


_MEASUREMENT = Layout("blood pressure measurement", _fields, lambda flags: (flags,))
_INTERMEDIATE = Layout("intermediate cuff pressure", _fields, lambda flags: (flags,))


def decode_measurement(data: bytes) -> BloodPressureMeasurement:
    """Read one 0x2A35 indication; reserved flag and status bits, which real cuffs set, are ignored.

    Raises:
        DecodeError: `length`, where there are fewer or more bytes than the flags announce.
    """
    return _decode(_MEASUREMENT, data)


def decode_cuff_pressure(data: bytes) -> IntermediateCuffPressure:
    """Read one 0x2A36 notification; the two unused numbers may be anything (NaN and 0 have been seen).

    Raises:
        DecodeError: `length`, where there are fewer or more bytes than the flags announce.
    """
    same = _decode(_INTERMEDIATE, data)
    return IntermediateCuffPressure(
        same.systolic, same.kilopascal, same.timestamp, same.pulse_rate, same.user, same.status
    )


def _decode(layout: Layout[int], data: bytes) -> BloodPressureMeasurement:
    unpack, flags = layout.shape(data)
    take = iter(unpack(data)).__next__
    return BloodPressureMeasurement(
        number(take()),
        number(take()),
        number(take()),
        bool(flags & _KPA),
        (take(), take(), take(), take(), take(), take()) if flags & _TIME else None,
        number(take()) if flags & _PULSE else None,
        take() if flags & _USER else None,
        take() if flags & _STATUS else None,
    )


def observe_measurement(message: BloodPressureMeasurement, *, live: bool = True) -> tuple[BloodPressure]:
    """One measurement in mmHg. `live` is for the caller to say: the bytes do not tell a stored one apart."""
    quality = _quality(message.status)
    measured = blood_pressure(
        _pressure("systolic", message.systolic, message.kilopascal, quality),
        _pressure("diastolic", message.diastolic, message.kilopascal, quality),
        _pressure("mean_pressure", message.mean, message.kilopascal, quality),
        None if message.pulse_rate is None else observed("pulse_rate", message.pulse_rate, *quality),
        live=live,
    )
    return (measured,)


def observe_cuff_pressure(message: IntermediateCuffPressure) -> tuple[Reading, ...]:
    """The pressure in the cuff in mmHg, then the pulse rate where one was sent."""
    quality = _quality(message.status)
    pressure = _pressure("cuff_pressure", message.cuff_pressure, message.kilopascal, quality)
    if message.pulse_rate is None:
        return (pressure,)
    return (pressure, observed("pulse_rate", message.pulse_rate, *quality))


def _pressure(
    quantity: str,
    sent: Number,
    kilopascal: bool,  # noqa: FBT001 - a field of the message
    quality: tuple[Quality, str | None],
) -> Reading:
    if kilopascal and not isinstance(sent, Special):
        sent = sent * MMHG_PER_KPA
    return observed(quantity, sent, *quality)


def _quality(status: int | None) -> tuple[Quality, str | None]:
    """The first doubt that the status names."""
    if not status:
        return _NO_DOUBT
    for bit, reason in _DOUBTS:
        if status & bit:
            return Quality.QUESTIONABLE, reason
    return _NO_DOUBT


_NO_DOUBT = (Quality.VALID, None)


BLOOD_PRESSURE = Format(
    "blood-pressure",
    "Bluetooth blood pressure measurement, 0x2A35",
    lambda: PacketReader(decode_measurement),
    observe_measurement,
)
CUFF_PRESSURE = Format(
    "cuff-pressure",
    "Bluetooth intermediate cuff pressure, 0x2A36",
    lambda: PacketReader(decode_cuff_pressure),
    observe_cuff_pressure,
)
