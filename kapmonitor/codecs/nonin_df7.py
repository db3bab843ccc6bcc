"""Nonin OEM III, Xpod, 9560, 3150: data format 7, which is data format 2 with a pleth of 16 bits.

A frame is `status pleth(2, big-endian) float checksum`, without the 01 at the head of data format 2; the
checksum is the sum of the four bytes before it modulo 256, bit 7 of the status is always set, that of
`float` never. Where a frame begins is found by these three. Status, `float` and packets are those of
`nonin_df2`; in frame 8 `float` has bit 5 SmartPoint and bit 0 low battery.

Sources: mdpnp/mdpnp devices/nonin; no capture and no vector was found. NOT verified on hardware by us.
"""

from __future__ import annotations

from kapmonitor.codecs import nonin_df2
from kapmonitor.codecs.nonin_df2 import Frame, PacketReader
from kapmonitor.codecs.stream import Format
from kapmonitor.errors import DecodeError, Fault

SELECT = bytes.fromhex("027002020703")
"""What has a 9560 or 3150 send this format; it answers 06, or 15 where it does not know it."""
FLAGS, LOW_BATTERY = 7, 0x01
"""The place (from 0) in a packet of the frame whose `float` has flags, and one of them."""
_ALWAYS, _NEVER = 0x80, 0x80


def decode(frame: bytes) -> Frame:
    """One whole frame, without its place in a packet.

    Raises:
        DecodeError: it does not add up, or a bit that has one meaning only has the other.
    """
    if sum(frame[:4]) & 0xFF != frame[4]:
        raise DecodeError(Fault.CHECKSUM, f"{frame.hex()} should end in {sum(frame[:4]) & 0xFF:02x}")
    if frame[3] & _NEVER:
        raise DecodeError(Fault.FORMAT, f"no frame has 0x{frame[3]:02x} for a number")
    return Frame(frame[0] & ~_ALWAYS, frame[1] << 8 | frame[2], frame[3])


def encode(frame: Frame) -> bytes:
    """One whole frame; its pleth up to 65535."""
    body = bytes((_ALWAYS | frame.status, *frame.pleth.to_bytes(2, "big"), frame.value))
    return body + bytes((sum(body) & 0xFF,))


def packets() -> PacketReader:
    """A fresh reader."""
    return nonin_df2.reader(rb"[\x80-\xff]", decode)


NONIN_DF7 = Format("nonin-df7", "Nonin OEM III/Xpod/9560/3150, data format 7", packets, nonin_df2.observe)
