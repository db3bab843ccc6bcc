"""What it costs to understand a frame: every wire format, one frame a call and in bulk, beside its peers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from kapmonitor.codecs import FORMATS, sfloat
from kapmonitor.codecs.stream import Format, PacketReader, Reader
from tests.bench import peers
from tests.bench.frames import FRAMES
from tests.bench.options import Options
from tests.bench.report import Report
from tests.bench.timing import Case, compare

_BULK_FRAMES = 6_000
_CHUNK = 4_096
_WORDS = [word for word in range(0, 0x10000, 7) if not 0x7FE <= word <= 0x802]


def decode(options: Options, report: Report) -> None:
    """Nanoseconds of CPU a frame."""
    for wire in FORMATS.values():
        frames = FRAMES[wire.name]
        _add(f"decode {wire.name}", _one_a_call(wire, frames, report), options, report)
        if not isinstance(wire.reader(), PacketReader):
            _add(f"decode {wire.name} in bulk", _bulk(wire, frames, report), options, report)
    words = _WORDS[:500] if options.quick else _WORDS
    decoders: dict[str, Callable[[int], object]] = {"": sfloat.decode, **peers.of_sfloats(report)}
    _add(
        "decode SFLOAT",
        {name: Case(partial(_each, decoder, words), len(words)) for name, decoder in decoders.items()},
        options,
        report,
    )


def _add(name: str, cases: dict[str, Case], options: Options, report: Report) -> None:
    """One row for ours, called "", and one for each other case, named after it."""
    for which, ns in compare(cases, quick=options.quick).items():
        report.add(f"{name}: {which}" if which else name, ns, "ns/frame")


def _one_a_call(wire: Format, frames: list[bytes], report: Report) -> dict[str, Case]:
    reader, observe = wire.reader(), wire.observe
    cases = {"": Case(partial(_feed, _decoder(reader), frames), len(frames))}
    cases["with its meaning"] = Case(partial(_with_meaning, reader, observe, frames), len(frames))
    others = {**peers.of_notifications(wire.name, report), **peers.of_streams(wire.name, report)}
    cases |= {package: Case(partial(_feed, other, frames), len(frames)) for package, other in others.items()}
    return cases


def _decoder(reader: Reader[Any]) -> peers.Decode:
    """The function itself where each packet is a message, as those of others; else what keeps the rest."""
    return reader.decode if isinstance(reader, PacketReader) else reader.feed


def _with_meaning(reader: Reader[Any], observe: Callable[[Any], object], frames: list[bytes]) -> None:
    if isinstance(reader, PacketReader):
        for frame in frames:
            observe(reader.decode(frame))
        return
    for frame in frames:
        for message in reader.feed(frame):
            observe(message)


def _bulk(wire: Format, frames: list[bytes], report: Report) -> dict[str, Case]:
    count = _BULK_FRAMES // len(frames) * len(frames)
    data = b"".join(frames) * (count // len(frames))
    chunks = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    decoders = {"": wire.reader().feed, **peers.of_streams(wire.name, report)}
    return {name: Case(partial(_feed, feed, chunks), count) for name, feed in decoders.items()}


def _each(decoder: Callable[[int], object], words: list[int]) -> None:
    for word in words:
        decoder(word)


def _feed(feed: peers.Decode, pieces: list[bytes]) -> None:
    for piece in pieces:
        feed(piece)
