"""What every stream format must hold: vectors both ways, and no bytes that hurt."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from kapmonitor.codecs.stream import Format, Reader
from kapmonitor.errors import DecodeError, Fault
from kapmonitor.model import BloodPressure, Observation, Reading, Waveform

MakeReader = Callable[[], Reader[Any]]


def read(make: MakeReader, *chunks: bytes) -> list[Any]:
    """All that comes out of `chunks`, the end included."""
    reader = make()
    found = [each for chunk in chunks for each in reader.feed(chunk)]
    return [*found, *reader.close()]


def good(found: Sequence[Any]) -> list[Any]:
    return [each for each in found if not isinstance(each, DecodeError)]


def faults(found: Sequence[Any]) -> list[Fault]:
    return [each.fault for each in found if isinstance(each, DecodeError)]


def told(found: Sequence[Any]) -> list[Any]:
    """Messages, and errors as their texts: two readings of the same bytes compare equal."""
    return [str(each) if isinstance(each, DecodeError) else each for each in found]


def split(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


def rows(observations: Sequence[Observation]) -> list[list[object]]:
    """Readings as the vectors write them."""
    readings: list[Reading] = []
    for each in observations:
        if isinstance(each, BloodPressure):
            readings += each.readings
        elif isinstance(each, Reading):
            readings.append(each)
    return [[each.quantity, each.value, each.quality.value, each.reason] for each in readings]


def pleth(observations: Sequence[Observation]) -> list[float] | None:
    waves = [list(each.values) for each in observations if isinstance(each, Waveform)]
    return waves[0] if waves else None


def noise(seed: int, size: int, favourites: bytes) -> bytes:
    """Random bytes in which the bytes that a format is built of come often."""
    dice = random.Random(seed)
    return bytes(dice.choice(favourites) if dice.random() < 0.3 else dice.randrange(256) for _ in range(size))


def survives(wire: Format, data: bytes, chunk: int) -> None:
    """Any bytes give messages or errors, and every message has a meaning that can be true."""
    for message in good(read(wire.reader, *(data[at : at + chunk] for at in range(0, len(data), chunk)))):
        for _, value, quality, reason in rows(wire.observe(message)):
            assert (value is None) <= (reason is not None)
            assert (reason is None) == (quality == "valid")


garbage = st.binary(max_size=80)
cuts = st.lists(st.integers(0, 200), max_size=8)

FAVOURITES = {
    "contec-cms50-5": b"\x80\x83\xff\x00\x7f",
    "contec-cms50-9": b"\x01\x80\x81\xff\x7f",
    "suntech": b"\x3e\x04\x05\x18\x43\x00\xff",
    "bci": bytes(range(0x80, 0x90)),
    "nonin-df2": b"\x01\x80\x81",
    "nonin-df7": b"\x80\x81\x00\x01",
    "nonin-ascii": b"SPO2=097 HR=072\r\n-",
    "masimo-ascii": b"SPO2=098% BPM=097 PI=03.60% EXC=000800\r\n-",
    "medlab-stx": b"\x02\x03\rS1;A0;C00;M00;P118074088;R085;T0032;;DA999X",
    "viatom-pc60": b"\xaa\x55\x0f\x08\x01\x02",
    "viatom-o2ring": b"\x55\x00\xff\x0d",
    "contec-cms50d-bt": b"\xeb\x00\x01\x7f",
}
"""Of every stream: the bytes that it is built of."""
