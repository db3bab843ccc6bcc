"""What goes down the live feed.

There are two kinds of frame, told apart by their first byte:

- `{`: UTF-8 JSON, a `LiveFrame`: the complete picture. Nothing has to be remembered from one to the next.
- 1: waveforms since the last such frame. Little-endian blocks follow until the end: u8 length of the
  session's id, u8 length of the quantity's name, u16 number of samples, f32 samples a second, f64 time of
  the first sample in seconds of the service's monotonic clock, the id, the name, f32 samples.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from kapmonitor.board import Picture
from kapmonitor.web.views import EVERYTHING, View, shown

WAVES = b"\x01"
BLOCK = struct.Struct("<BBHfd")
SAMPLES_IN_BLOCK = 0xFFFF


class LiveFrame(msgspec.Struct, frozen=True):
    """The picture, with what belongs to the service itself.

    `seq` rises by one; `speed` is how much faster than life the service's clock runs; `problems` are why
    monitoring does not work, one sentence each; `timezone` is the site's (IANA), for times on the screen.
    """

    seq: int
    site: str
    speed: float
    simulated: bool
    problems: Sequence[str]
    picture: Picture
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class WaveBlock:
    """Consecutive samples of one waveform; `at` is the time of the first, seconds of the monotonic clock."""

    session: str
    quantity: str
    at: float
    rate_hz: float
    values: list[float]

    def goes_on(self, at: float, rate_hz: float, within_s: float) -> bool:
        """Whether samples from `at` on are due here, give or take `within_s`; not where this is a second."""
        count = len(self.values)
        if rate_hz != self.rate_hz or count >= rate_hz:
            return False
        return abs(at - self.at - count / rate_hz) <= within_s


def encode_picture(frame: LiveFrame, view: View = EVERYTHING) -> bytes:
    """The JSON frame, with as much of the picture as `view` lets be seen."""
    return msgspec.json.encode(msgspec.structs.replace(frame, picture=shown(frame.picture, view)))


def encode_waves(blocks: Iterable[WaveBlock]) -> bytes:
    """The binary frame."""
    return WAVES + b"".join(_encode_block(block) for block in blocks)


def _encode_block(block: WaveBlock) -> bytes:
    session, quantity = block.session.encode(), block.quantity.encode()
    values = block.values[-SAMPLES_IN_BLOCK:]
    header = BLOCK.pack(len(session), len(quantity), len(values), block.rate_hz, block.at)
    return header + session + quantity + struct.pack(f"<{len(values)}f", *values)
