"""Polar measurement data (PMD): ECG of an H10 at 130 Hz, beat intervals of an OH1/Verity; service FB005C80-….

A notification of the data characteristic (FB005C82): type, 8 bytes of nanoseconds since 2000-01-01 UTC that
belong to the LAST sample, frame type, samples. Type 0 = ECG, samples of 3 bytes in µV (little-endian,
signed);
type 3 = PPI, 6 bytes each: heart rate in /min, interval in ms (2), error in ms (2), flags (bit 0 blocked,
1 skin
contact, 2 contact supported). A notification or read of the control point (FB005C81) begins with F0 (answer:
operation, type, status, …) or 0F (features); it says nothing about a person.

An H10 needs an MTU of 232 before `START_ECG` (else it answers status 0A), and `STOP_ECG` before it is
disconnected
(else it goes on until its battery is empty). The first 3 s are the electrodes settling. Sources: Polar's SDK
documentation and unit tests; captures of an H10. Read from the documents above; ECG checked against a
capture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from struct import iter_unpack

import msgspec

from kapmonitor.codecs.stream import Format, PacketReader
from kapmonitor.errors import DecodeError, Fault
from kapmonitor.model import Observation, Quality, Reading, Waveform, missing, reading

SERVICE = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
CONTROL_POINT = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
DATA = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"
RATE_HZ = 130.0
SETTLES_S = 3.0
MTU = 232
START_ECG = bytes.fromhex("02000001820001010e00")
"""130 Hz, 14 bits."""
STOP_ECG = bytes.fromhex("0300")
OK, INVALID_PARAMETER, ALREADY, INVALID_MTU = 0x00, 0x05, 0x06, 0x0A
STATUS: Mapping[int, str] = {
    0: "ok",
    1: "invalid operation",
    2: "invalid measurement type",
    3: "not supported",
    4: "invalid length",
    5: "invalid parameter",
    6: "already in this state",
    7: "invalid resolution",
    8: "invalid sample rate",
    9: "invalid range",
    10: "invalid MTU",
}
ECG, PPI, ANSWER, FEATURES = 0x00, 0x03, 0xF0, 0x0F
_KINDS = (ECG, 0x01, 0x02, PPI, 0x05, 0x06)
"""Those that the features name: ECG, pleth, acceleration, intervals, rotation, magnetic field."""
_HEADER, _ECG_SAMPLE, _PPI_SAMPLE, _ANSWER = 10, 3, 6, 4


class Ecg(msgspec.Struct, frozen=True):
    """Samples in µV, oldest first; `last_ns`: nanoseconds since 2000-01-01 UTC of the last one."""

    microvolts: tuple[int, ...]
    last_ns: int = 0


class Beat(msgspec.Struct, frozen=True):
    """One interval between two pulses, in ms, with the device's own error; `contact` None = not supported."""

    heart_rate: int
    interval_ms: int
    error_ms: int = 0
    blocked: bool = False
    contact: bool | None = None


class Ppi(msgspec.Struct, frozen=True):
    """Beats in order."""

    beats: tuple[Beat, ...]
    last_ns: int = 0


class Other(msgspec.Struct, frozen=True):
    """Another stream, an answer of the control point or its features, as sent."""

    kind: int
    data: bytes = b""


Message = Ecg | Ppi | Other


def decode(packet: bytes) -> Message:
    """What one notification means.

    Raises:
        DecodeError: it is shorter than what it begins with needs, ends in the middle of a sample, or is of a
            type, or packed in a way, that is not known.
    """
    kind = packet[0] if packet else -1
    if kind in (ANSWER, FEATURES):
        needed = _ANSWER if kind == ANSWER else 2
        return Other(kind, _whole(packet, needed)[1:])
    _whole(packet, _HEADER)
    last_ns, samples = int.from_bytes(packet[1:9], "little"), packet[_HEADER:]
    if kind not in _KINDS or (kind in (ECG, PPI) and packet[9]):
        raise DecodeError(
            Fault.FORMAT, f"PMD: nothing is known of type {kind:02x}, frame type {packet[9]:02x}"
        )
    if kind == ECG:
        _even(samples, _ECG_SAMPLE)
        return Ecg(_signed(samples), last_ns)
    if kind == PPI:
        _even(samples, _PPI_SAMPLE)
        return Ppi(tuple(_beat(*each) for each in iter_unpack("<BHHB", samples)), last_ns)
    return Other(kind, packet[1:])


def encode(message: Message) -> bytes:
    """One notification."""
    if isinstance(message, Other):
        return bytes((message.kind,)) + message.data
    stamp = message.last_ns.to_bytes(8, "little")
    if isinstance(message, Ecg):
        samples = b"".join(each.to_bytes(3, "little", signed=True) for each in message.microvolts)
        return bytes((ECG,)) + stamp + b"\0" + samples
    return bytes((PPI,)) + stamp + b"\0" + b"".join(_encode_beat(each) for each in message.beats)


def status_of(packet: bytes, command: bytes) -> int | None:
    """What the control point says to `command`, as in `STATUS`; None where it speaks of something else."""
    if len(packet) < _ANSWER or packet[0] != ANSWER or packet[1:3] != command[:2]:
        return None
    return packet[3]


def observe(message: Message) -> Sequence[Observation]:
    """A piece of ECG, or beat intervals with the last heart rate."""
    if isinstance(message, Ecg):
        return (Waveform("ecg", message.microvolts, RATE_HZ),) if message.microvolts else ()
    if isinstance(message, Other):
        return ()
    intervals = [_of(each, "rr_interval", each.interval_ms) for each in message.beats]
    rates = [_of(each, "heart_rate", each.heart_rate) for each in message.beats[-1:]]
    return (*rates, *intervals)


def _of(beat: Beat, quantity: str, value: int) -> Reading:
    if beat.contact is False:
        return missing(quantity, "no_contact")
    if beat.blocked:
        return reading(quantity, value, Quality.QUESTIONABLE, "artifact")
    return reading(quantity, value)


def _beat(heart_rate: int, interval_ms: int, error_ms: int, flags: int) -> Beat:
    contact = bool(flags & 0x02) if flags & 0x04 else None
    return Beat(heart_rate, interval_ms, error_ms, bool(flags & 0x01), contact)


def _encode_beat(beat: Beat) -> bytes:
    flags = beat.blocked | (beat.contact is True) << 1 | (beat.contact is not None) << 2
    interval, error = beat.interval_ms.to_bytes(2, "little"), beat.error_ms.to_bytes(2, "little")
    return bytes((beat.heart_rate, *interval, *error, flags))


def _signed(samples: bytes) -> tuple[int, ...]:
    """Whole numbers of three bytes, the last of which has the sign."""
    return tuple([low | high << 16 for low, high in iter_unpack("<Hb", samples)])


def _whole(packet: bytes, size: int) -> bytes:
    if len(packet) < size:
        raise DecodeError(Fault.LENGTH, f"PMD: at least {size} bytes expected, {len(packet)} there")
    return packet


def _even(samples: bytes, size: int) -> None:
    if len(samples) % size:
        raise DecodeError(Fault.LENGTH, f"PMD: samples of {size} bytes expected, {len(samples)} bytes there")


def packets() -> PacketReader[Message]:
    """A fresh reader."""
    return PacketReader(decode)


POLAR_PMD = Format("polar-pmd", "Polar H10/OH1 measurement data (ECG, beat intervals)", packets, observe)
