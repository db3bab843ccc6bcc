"""Nonin 3230, WristOx2 3150 (Bluetooth LE): Nonin's own oximetry characteristic, once a second, big-endian.

====  =================================================================================
byte  meaning
====  =================================================================================
0     how many bytes there are in all, at least 10
1     status: 0 display shows these numbers, 1 weak signal, 2 SmartPoint, 3 searching,
      4 finger placed correctly, 5 low battery, 6 encrypted
2     battery in 0.1 V
3, 4  pulse amplitude index in 0.01 %
5, 6  seconds since it was switched on
7     SpO2 in %, 127 = none
8, 9  pulse rate in /min, 511 = none
====  =================================================================================

One notification is one message: there is nothing to find a beginning by, but for the length. Service
46A970E0-…, characteristic 0AAD7EA0-…. Source: Nonin's own sample application for the 3230 (2013), and a
reader of Nonin's document 113142-000-02 Rev B. NOT verified on hardware by us, and no capture was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

import msgspec

from kapmonitor.codecs.oximetry import numbers
from kapmonitor.codecs.stream import Format, PacketReader
from kapmonitor.errors import DecodeError, Fault
from kapmonitor.model import Observation

WEAK, SMART_POINT, SEARCHING, PLACED, LOW_BATTERY, ENCRYPTED = (1 << bit for bit in range(1, 7))
_LAYOUT = Struct(">BBBHHBH")
_SPO2_NONE, _PULSE_RATE_NONE = 127, 511


class Measurement(msgspec.Struct, frozen=True):
    """One notification, as sent."""

    status: int = PLACED
    decivolts: int = 0
    amplitude: int = 0
    counter: int = 0
    spo2: int = _SPO2_NONE
    pulse_rate: int = _PULSE_RATE_NONE


def decode(packet: bytes) -> Measurement:
    """What a notification means; bytes after the ten that we know are passed over.

    Raises:
        DecodeError: it is not as long as it says, or shorter than ten bytes.
    """
    if len(packet) < _LAYOUT.size or packet[0] != len(packet):
        told = packet[0] if packet else 0
        raise DecodeError(Fault.LENGTH, f"Nonin oximetry: {told} bytes told, {len(packet)} there")
    return Measurement(*_LAYOUT.unpack_from(packet)[1:])


def encode(message: Measurement) -> bytes:
    """A whole notification."""
    return _LAYOUT.pack(
        _LAYOUT.size,
        message.status,
        message.decivolts,
        message.amplitude,
        message.counter,
        message.spo2,
        message.pulse_rate,
    )


def observe(message: Measurement) -> Sequence[Observation]:
    """SpO2, pulse rate and the amplitude as perfusion index."""
    spo2 = None if message.spo2 == _SPO2_NONE else message.spo2
    rate = None if message.pulse_rate == _PULSE_RATE_NONE else message.pulse_rate
    return numbers(_reason(message), spo2, rate, message.amplitude / 100, _doubt(message.status))


def _reason(message: Measurement) -> str | None:
    if message.status & SEARCHING:
        return "searching"  # a number beside it is an old one
    if message.spo2 != _SPO2_NONE:
        return None
    return "not_available" if message.status & PLACED else "no_finger"


def _doubt(status: int) -> str | None:
    if not status & PLACED:
        return "sensor_displaced"
    return "low_perfusion" if status & WEAK else None


def packets() -> PacketReader[Measurement]:
    """A fresh reader."""
    return PacketReader(decode)


NONIN_BLE = Format("nonin-ble", "Nonin 3230/3150 Bluetooth oximetry characteristic", packets, observe)
