"""PLX Continuous Measurement, 0x2A5F, and PLX Spot-Check Measurement, 0x2A5E, of pulse oximeters.

Layouts (Bluetooth Pulse Oximeter Service 1.0, 3.2 and 3.1); numbers are SFLOAT, pairs are SpO2 in % and
pulse rate in /min:
continuous: flags u8 {0 fast, 1 slow, 2 measurement status, 3 sensor status, 4 amplitude}, pair, [fast pair],
[slow pair], [measurement status u16], [sensor status u24], [pulse amplitude index in %];
spot-check: flags u8 {0 time, 1 measurement status, 2 sensor status, 3 amplitude, 4 clock not set}, pair,
[time 7 bytes], [measurement status u16], [sensor status u24], [pulse amplitude index in %].
What the status bits mean for a value is in `plx_status`.
"""

from __future__ import annotations

import msgspec

from kapmonitor.codecs.fields import Fields, Timestamp, number_bytes, timestamp_bytes
from kapmonitor.codecs.plx_status import MeasurementStatus, judge
from kapmonitor.codecs.sfloat import Number, observed
from kapmonitor.codecs.stream import Format, PacketReader
from kapmonitor.model import Reading, missing


class Pair(msgspec.Struct, frozen=True):
    """SpO2 in % and pulse rate in /min, measured together."""

    spo2: Number
    pulse_rate: Number

    def encode(self) -> bytes:
        """The 4 bytes of the pair."""
        return number_bytes(self.spo2) + number_bytes(self.pulse_rate)


class PlxContinuous(msgspec.Struct, frozen=True):
    """One 0x2A5F notification, as sent; None for a field that is not there."""

    spo2: Number
    pulse_rate: Number
    fast: Pair | None = None
    slow: Pair | None = None
    measurement_status: int | None = None
    sensor_status: int | None = None
    amplitude: Number | None = None

    @property
    def stored(self) -> bool:
        """Whether the device took this from its memory: then it is not about now."""
        return bool((self.measurement_status or 0) & MeasurementStatus.STORED.value)

    def encode(self) -> bytes:
        """The bytes of this notification."""
        return _join(
            Pair(self.spo2, self.pulse_rate).encode(),
            self.fast.encode() if self.fast else None,
            self.slow.encode() if self.slow else None,
            *_status_bytes(self.measurement_status, self.sensor_status, self.amplitude),
        )


class PlxSpotCheck(msgspec.Struct, frozen=True):
    """One 0x2A5E indication, as sent; None for a field that is not there."""

    spo2: Number
    pulse_rate: Number
    timestamp: Timestamp | None = None
    measurement_status: int | None = None
    sensor_status: int | None = None
    amplitude: Number | None = None
    clock_not_set: bool = False

    @property
    def stored(self) -> bool:
        """Whether the device took this from its memory: then it is not about now."""
        return bool((self.measurement_status or 0) & MeasurementStatus.STORED.value)

    def encode(self) -> bytes:
        """The bytes of this indication."""
        return _join(
            Pair(self.spo2, self.pulse_rate).encode(),
            timestamp_bytes(self.timestamp) if self.timestamp else None,
            *_status_bytes(self.measurement_status, self.sensor_status, self.amplitude),
            b"" if self.clock_not_set else None,
        )


PlxMessage = PlxContinuous | PlxSpotCheck


def _status_bytes(
    measurement: int | None, sensor: int | None, amplitude: Number | None
) -> tuple[bytes | None, ...]:
    return (
        None if measurement is None else measurement.to_bytes(2, "little"),
        None if sensor is None else sensor.to_bytes(3, "little"),
        None if amplitude is None else number_bytes(amplitude),
    )


def _join(pair: bytes, *optional: bytes | None) -> bytes:
    """Flags, pair and the optional fields that are there; the n-th optional field has flag bit n."""
    flags = sum(1 << bit for bit, field in enumerate(optional) if field is not None)
    return bytes([flags]) + pair + b"".join(field for field in optional if field is not None)


def decode_continuous(data: bytes) -> PlxContinuous:
    """Read one 0x2A5F notification; reserved flag bits are ignored.

    Raises:
        DecodeError: `length`, where there are fewer or more bytes than the flags announce.
    """
    fields = Fields("PLX continuous measurement", data)
    flags = fields.flags
    message = PlxContinuous(
        spo2=fields.number(),
        pulse_rate=fields.number(),
        fast=Pair(fields.number(), fields.number()) if flags & 1 else None,
        slow=Pair(fields.number(), fields.number()) if flags & 2 else None,
        measurement_status=fields.uint(2) if flags & 4 else None,
        sensor_status=fields.uint(3) if flags & 8 else None,
        amplitude=fields.number() if flags & 16 else None,
    )
    fields.finish()
    return message


def decode_spot_check(data: bytes) -> PlxSpotCheck:
    """Read one 0x2A5E indication; reserved flag bits are ignored.

    Raises:
        DecodeError: `length`, where there are fewer or more bytes than the flags announce.
    """
    fields = Fields("PLX spot-check measurement", data)
    flags = fields.flags
    message = PlxSpotCheck(
        spo2=fields.number(),
        pulse_rate=fields.number(),
        timestamp=fields.timestamp() if flags & 1 else None,
        measurement_status=fields.uint(2) if flags & 2 else None,
        sensor_status=fields.uint(3) if flags & 4 else None,
        amplitude=fields.number() if flags & 8 else None,
        clock_not_set=bool(flags & 16),
    )
    fields.finish()
    return message


def observe(message: PlxMessage) -> tuple[Reading, ...]:
    """SpO2, pulse rate and, where sent, perfusion index; fast and slow pairs are not used.

    Without an SpO2 value the others have none either: all three come from the same light.
    """
    numbers = [("spo2", message.spo2), ("pulse_rate", message.pulse_rate)]
    if message.amplitude is not None:
        numbers.append(("perfusion_index", message.amplitude))
    verdict = judge(message.measurement_status or 0, message.sensor_status or 0)
    if not verdict.keeps_value:
        return tuple(missing(quantity, verdict.why, verdict.quality) for quantity, _ in numbers)
    readings = [observed(quantity, number, verdict.quality, verdict.reason) for quantity, number in numbers]
    spo2 = readings[0]
    if spo2.value is None:
        return tuple(Reading(each.quantity, None, spo2.quality, spo2.reason) for each in readings)
    return tuple(readings)


PLX_CONTINUOUS = Format(
    "plx-continuous",
    "Bluetooth pulse oximeter, continuous measurement, 0x2A5F",
    lambda: PacketReader(decode_continuous),
    observe,
)
PLX_SPOT = Format(
    "plx-spot",
    "Bluetooth pulse oximeter, spot-check measurement, 0x2A5E",
    lambda: PacketReader(decode_spot_check),
    observe,
)
