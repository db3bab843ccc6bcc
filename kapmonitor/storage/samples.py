"""Samples as bytes, without loss and as short as may be. All numbers are little-endian but for single bits.

Codecs: `bits` is the first sample (int32), how many there are (uint16), how many bits a step has (uint8), and
the steps from each sample to the next, zigzag (0, -1, 1, -2, … are 0, 1, 2, 3, …), the highest bit first.
`int16` and `int32` are the same steps, the first from 0, `float32` the samples as they are, by zlib.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WHOLE: tuple[tuple[str, int], ...] = (("int16", 2**15), ("int32", 2**24))
"""Codecs of whole numbers and below what those have to be; more than 2**24 is no `float32` either."""
_TYPES = {"int16": "<i2", "int32": "<i4", "float32": "<f4"}
_BITS = "bits"
_HEAD = struct.Struct("<iHB")
_WIDEST = 16
"""Bits of the widest step in `bits`."""


def packed(values: Sequence[float]) -> tuple[str, bytes]:
    """Samples as they are kept: the codec, and the bytes."""
    samples = np.asarray(values, np.float64)
    largest = np.abs(samples).max(initial=0.0)
    if np.isfinite(largest) and (samples == np.rint(samples)).all():
        for codec, below in _WHOLE:
            if largest < below:
                steps = np.diff(samples.astype(_TYPES[codec]), prepend=np.zeros(1, _TYPES[codec]))
                squeezed = zlib.compress(steps.tobytes())
                bits = _packed_bits(samples.astype(np.int64))
                return (_BITS, bits) if bits and len(bits) < len(squeezed) else (codec, squeezed)
    return "float32", zlib.compress(samples.astype(_TYPES["float32"]).tobytes())


def unpacked(codec: str, data: bytes) -> NDArray[np.float32]:
    """The inverse of `packed`.

    Raises:
        ValueError: the codec is not known, or the bytes are not its.
    """
    if codec == _BITS:
        return _unpacked_bits(data).astype(np.float32)
    if codec not in _TYPES:
        raise ValueError(f"waveforms in {codec} cannot be read by this version")
    try:
        found = np.frombuffer(zlib.decompress(data), _TYPES[codec])
    except zlib.error as error:
        raise ValueError(f"a waveform is damaged ({error})") from None
    if codec == "float32":
        return found.astype(np.float32)
    return np.cumsum(found, dtype=found.dtype).astype(np.float32)


def _packed_bits(samples: NDArray[np.int64]) -> bytes:
    """In `bits`; nothing where that codec cannot."""
    steps = np.diff(samples)
    zigzag = np.where(steps < 0, -2 * steps - 1, 2 * steps)
    width = int(zigzag.max(initial=0)).bit_length()
    if not 0 < len(samples) < 2**16 or width > _WIDEST:
        return b""
    rows = np.unpackbits(zigzag.astype(">u2").view(np.uint8)).reshape(-1, _WIDEST)
    return _HEAD.pack(samples[0], len(samples), width) + np.packbits(rows[:, _WIDEST - width :]).tobytes()


def _unpacked_bits(data: bytes) -> NDArray[np.int64]:
    if len(data) < _HEAD.size:
        raise ValueError("a waveform is damaged (it is too short)")
    first, count, width = _HEAD.unpack_from(data)
    steps = count - 1
    if width > _WIDEST or steps < 0 or len(data) != _HEAD.size + (steps * width + 7) // 8:
        raise ValueError(f"a waveform is damaged ({len(data)} bytes for {count} samples of {width} bits)")
    rows = np.zeros((steps, _WIDEST), np.uint8)
    bits = np.unpackbits(np.frombuffer(data, np.uint8, offset=_HEAD.size), count=steps * width)
    rows[:, _WIDEST - width :] = bits.reshape(steps, width)
    zigzag = np.packbits(rows).view(">u2").astype(np.int64)
    return np.cumsum(np.concatenate([[first], (zigzag >> 1) ^ -(zigzag & 1)]))
