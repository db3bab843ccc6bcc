"""Stream parsers under garbage without end: nothing raises or piles up, and good frames come through."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest

from kapmonitor.codecs import FORMATS, contec_cms50, medlab_stx, suntech
from kapmonitor.codecs.stream import Reader
from kapmonitor.model import Observation
from tests.bench.frames import FRAMES
from tests.codecs.streams import FAVOURITES, good, noise, rows
from tests.soak.budget import rounds, soak_s

PIECE_BYTES = 100_000
SOAK_PIECES = 100
"""Ten million bytes of each."""


class Stream(NamedTuple):
    """A stream: its bytes that matter, its longest frame, good frames of it, what its messages mean."""

    reader: Callable[[], Reader[Any]]
    favourites: bytes
    longest: int
    frames: Sequence[bytes]
    observe: Callable[[Any], Sequence[Observation]] = lambda _: ()


def _format(name: str) -> Stream:
    wire, frames = FORMATS[name], FRAMES[name]
    if name.startswith("nonin-df"):
        frames = [b"".join(frames)]  # what recovers is the packet, with its numbers
    return Stream(wire.reader, FAVOURITES[name], max(map(len, frames)), frames, wire.observe)


STREAMS = {
    **{name: _format(name) for name in FAVOURITES},
    "contec-cms50 commands": Stream(
        contec_cms50.commands,
        b"\x7d\x80\x81\xa1",
        9,
        [contec_cms50.encode_command(each) for each in (contec_cms50.START, contec_cms50.KEEP_ALIVE)],
    ),
    "suntech commands": Stream(
        suntech.commands,
        b"\x3a\x20\x79\x81\x17\x00",
        7,
        [suntech.encode_command(each) for each in (suntech.ABORT, suntech.START_ADULT, suntech.SLEEP)],
    ),
    "medlab commands": Stream(
        medlab_stx.commands,
        b"\x02\x03X\r01;D",
        8,
        [medlab_stx.encode_command(medlab_stx.Command(code)) for code in (medlab_stx.START, None)],
    ),
}
"""Whatever comes as a stream, and what simulators hear."""

each_stream = pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)


@each_stream
def test_a_piece_of_garbage(stream: Stream) -> None:
    survives(stream, seed=0)
    recovers(stream, seed=0, times=100)


@pytest.mark.soak
@pytest.mark.timeout(0)
@each_stream
def test_ten_million_bytes_of_garbage(stream: Stream) -> None:
    for seed in rounds(soak_s(1 / 3) / len(STREAMS), SOAK_PIECES):
        survives(stream, seed)
        recovers(stream, seed, times=20)


def survives(stream: Stream, seed: int) -> None:
    """Garbage in chunks of any size, good frames among it: every message means something that can be true."""
    dice, reader = random.Random(seed), stream.reader()
    data = noise(seed, PIECE_BYTES, stream.favourites)
    at = 0
    while at < len(data):
        size = dice.choice((1, 2, 7, 60, 4096))
        chunk = data[at : at + size] + (dice.choice(stream.frames) if dice.random() < 0.2 else b"")
        at += size
        for message in good(reader.feed(chunk)):
            for _, value, quality, reason in rows(stream.observe(message)):
                assert (value is None) <= (reason is not None)
                assert (reason is None) == (quality == "valid")
    assert len(reader.close()) <= 1, "what waits for more is never more than one frame"


def recovers(stream: Stream, seed: int, times: int) -> None:
    """After any garbage good frames are understood again, two of the longest frames later at most."""
    dice = random.Random(seed)
    for _ in range(times):
        garbage = noise(dice.getrandbits(32), dice.randrange(1, 200), stream.favourites)
        frames = following(stream, dice)
        wanted = good(stream.reader().feed(frames[-1]))
        found = in_chunks(stream, garbage + b"".join(frames), dice)
        assert found[-len(wanted) :] == wanted, (
            f"lost after {garbage.hex()}: {[frame.hex() for frame in frames]}"
        )


def following(stream: Stream, dice: random.Random) -> list[bytes]:
    """Good frames as long as two of the longest, and one more."""
    frames: list[bytes] = []
    while sum(map(len, frames)) < 2 * stream.longest:
        frames.append(dice.choice(stream.frames))
    return [*frames, dice.choice(stream.frames)]


def in_chunks(stream: Stream, data: bytes, dice: random.Random) -> list[Any]:
    reader, found, size = stream.reader(), list[Any](), dice.choice((1, 3, 16, len(data)))
    for at in range(0, len(data), size):
        found += good(reader.feed(data[at : at + size]))
    return found
