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

from kapmonitor.codecs.fields import TIMESTAMP, Layout, Timestamp, codes, number_bytes, timestamp_bytes
from kapmonitor.codecs.plx_status import MeasurementStatus, judge
from kapmonitor.codecs.sfloat import Number, observed
from kapmonitor.codecs.sfloat import decode as number
from kapmonitor.codecs.stream import Format, PacketReader
from kapmonitor.model import Quality, Reading, missing


class Pair(msgspec.Struct, frozen=True, gc=False):
    """SpO2 in % and pulse rate in /min, measured together."""

    spo2: Number
    pulse_rate: Number

    def encode(self) -> bytes:
        """The 4 bytes of the pair."""
        return number_bytes(self.spo2) + number_bytes(self.pulse_rate)


class PlxContinuous(msgspec.Struct, frozen=True, gc=False):
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


class PlxSpotCheck(msgspec.Struct, frozen=True, gc=False):
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


_CONTINUOUS = Layout(
    "PLX continuous measurement",
    lambda flags: "HH" + codes(flags, (1, "HH"), (2, "HH"), (4, "H"), (8, "HB"), (16, "H")),
    lambda flags: (flags,),
)
_SPOT = Layout(
    "PLX spot-check measurement",
    lambda flags: "HH" + codes(flags, (1, TIMESTAMP), (2, "H"), (4, "HB"), (8, "H")),
    lambda flags: (flags,),
)


def decode_continuous(data: bytes) -> PlxContinuous:
    """Read one 0x2A5F notification; reserved flag bits are ignored.

    Raises:
        DecodeError: `length`, where there are fewer or more bytes than the flags announce.
    """
    unpack, flags = _CONTINUOUS.shape(data)
    take = iter(unpack(data)).__next__
    return PlxContinuous(
        number(take()),
        number(take()),
        Pair(number(take()), number(take())) if flags & 1 else None,
        Pair(number(take()), number(take())) if flags & 2 else None,
        take() if flags & 4 else None,
        take() | take() << 16 if flags & 8 else None,
        number(take()) if flags & 16 else None,
    )


def decode_spot_check(data: bytes) -> PlxSpotCheck:
    """Read one 0x2A5E indication; reserved flag bits are ignored.

    Raises:
        DecodeError: `length`, where there are fewer or more bytes than the flags announce.
    """
    unpack, flags = _SPOT.shape(data)
    take = iter(unpack(data)).__next__
    return PlxSpotCheck(
        number(take()),
        number(take()),
        (take(), take(), take(), take(), take(), take()) if flags & 1 else None,
        take() if flags & 2 else None,
        take() | take() << 16 if flags & 4 else None,
        number(take()) if flags & 8 else None,
        bool(flags & 16),
    )


def observe(message: PlxMessage) -> tuple[Reading, ...]:
    """SpO2, pulse rate and, where sent, perfusion index; fast and slow pairs are not used.

    Without an SpO2 value the others have none either: all three come from the same light.
    """
    verdict = judge(message.measurement_status or 0, message.sensor_status or 0)
    if not verdict.keeps_value:
        return _none(message, verdict.quality, verdict.why)
    quality, reason = verdict.quality, verdict.reason
    spo2 = observed("spo2", message.spo2, quality, reason)
    if spo2.value is None:
        return _none(message, spo2.quality, spo2.reason or verdict.why)
    pulse_rate = observed("pulse_rate", message.pulse_rate, quality, reason)
    if message.amplitude is None:
        return (spo2, pulse_rate)
    return (spo2, pulse_rate, observed("perfusion_index", message.amplitude, quality, reason))


def _none(message: PlxMessage, quality: Quality, why: str) -> tuple[Reading, ...]:
    names = ("spo2", "pulse_rate", "perfusion_index")
    return tuple(missing(each, why, quality) for each in names[: 2 if message.amplitude is None else 3])


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
