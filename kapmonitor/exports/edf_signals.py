"""Numbers and waveforms as signals of EDF: 16 bits, one rate a file, no way to say "nothing". Pure.

So the physical minimum of every signal says it: -1 for numbers, which no patient can have, and one step below
the lowest sample for waveforms.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from edfio import EdfSignal
from numpy.typing import NDArray

from kapmonitor.exports.course import SECOND_US
from kapmonitor.exports.grid import NOTHING, rows_of
from kapmonitor.quantities import QUANTITIES, WAVEFORMS
from kapmonitor.session.history import Series, WaveBlock

RECORD_S = 8
"""A record of the file holds so much. Few are better: each has room for the longest annotations of any.
A power of two, since rates are samples divided by it, and edfio compares such quotients exactly."""
NO_VALUE = -1.0
_LOWEST, _HIGHEST = -32768, 32767
_FINE, _COARSE = 654.35, 6552.5
"""The highest number in steps of 0.01 and of 0.1, from -1 on with 16 bits."""
_SAID = "as read, not smoothed; physical minimum = no value"
_JITTER_S = 0.25
"""A block this near to the end of the one before follows it: its samples came one after the other."""
_LONGEST = 9_999_999.0
"""The largest number that fits the eight characters of a header with a sign."""


def label_of(quantity: str, taken: Sequence[str]) -> str:
    """What a signal is called: at most 16 characters, and each only once in a file."""
    row = QUANTITIES.get(quantity) or WAVEFORMS.get(quantity)
    name = _ascii(row.label if row else quantity)[:16]
    number = 1
    label = name
    while label in taken:
        number += 1
        label = f"{name[:13]} {number}"
    return label


def numeric(series: Series, label: str, start_us: int, seconds: int) -> EdfSignal:
    """The numbers of a series as read, one a second."""
    rows = rows_of(series, start_us, seconds)
    values = np.full(seconds, np.nan)
    values[rows != NOTHING] = series.raw[rows[rows != NOTHING]]
    row = QUANTITIES.get(series.quantity)
    top = _COARSE if row is not None and row.high > _FINE else _FINE
    step = (top - NO_VALUE) / (_HIGHEST - _LOWEST)
    values[~(np.isfinite(values) & (values > NO_VALUE) & (values <= top))] = NO_VALUE
    return EdfSignal.from_digital(
        (np.rint((values - NO_VALUE) / step) + _LOWEST).astype(np.int16),
        sampling_frequency=1,
        label=label,
        transducer_type=_ascii(" ".join(series.devices))[:80],
        physical_dimension=_ascii(series.unit)[:8],
        physical_range=(NO_VALUE, top),
        digital_range=(_LOWEST, _HIGHEST),
        prefiltering=_SAID,
    )


def curves(
    quantity: str, blocks: Sequence[WaveBlock], labels: list[str], start_us: int, seconds: int
) -> Iterator[EdfSignal]:
    """A waveform as a signal; one for each device and rate. Their labels are added to `labels`."""
    alike: dict[tuple[str, int], list[WaveBlock]] = {}
    for block in sorted(blocks, key=lambda block: block.t_us):
        alike.setdefault((block.device, _samples(block.rate_hz)), []).append(block)
    for (_, per_record), some in alike.items():
        labels.append(label_of(quantity, labels))
        yield _curve(quantity, some, labels[-1], per_record, start_us, seconds)


def _samples(rate_hz: float) -> int:
    """How many samples a record has, at the nearest rate that EDF can say."""
    return max(1, round(rate_hz * RECORD_S))


def _curve(
    quantity: str, blocks: Sequence[WaveBlock], label: str, per_record: int, start_us: int, seconds: int
) -> EdfSignal:
    rate_hz = per_record / RECORD_S
    values = _placed(blocks, rate_hz, start_us, seconds * per_record // RECORD_S)
    step, lowest, highest = _scale(values)
    digital = (
        np.where(np.isfinite(values), np.rint(values / step), lowest).clip(lowest, highest) - lowest + _LOWEST
    )
    unit = WAVEFORMS[quantity].unit if quantity in WAVEFORMS else ""
    return EdfSignal.from_digital(
        digital.astype(np.int16),
        sampling_frequency=rate_hz,
        label=label,
        transducer_type=_ascii(blocks[0].device)[:80],
        physical_dimension="" if unit == "device" else _ascii(unit.replace("µ", "u"))[:8],
        physical_range=(_short(lowest * step), _short(highest * step)),
        digital_range=(_LOWEST, _LOWEST + int(highest - lowest)),
        prefiltering=_SAID,
    )


def _placed(blocks: Sequence[WaveBlock], rate_hz: float, start_us: int, samples: int) -> NDArray[np.float64]:
    """All blocks, in the order of time, in their places; NaN where none was."""
    values = np.full(samples, np.nan)
    follows = -math.inf
    for block in blocks:
        place = (block.t_us - start_us) / SECOND_US * rate_hz
        place = follows if abs(place - follows) < _JITTER_S * rate_hz else round(place)
        follows = place + len(block.values)
        first = int(place)
        if 0 <= first < samples:
            there = values[first : first + len(block.values)]
            there[:] = block.values[: len(there)]
    values[np.abs(values) > _LONGEST] = np.nan
    return values


def _scale(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """The size of a step, and the lowest and highest of them; the lowest is below every value.

    Whole numbers that fit stay whole; anything else is rounded to a decimal step.
    """
    there = values[np.isfinite(values)]
    low, high = (float(there.min()), float(there.max())) if len(there) else (0.0, 0.0)
    room = _HIGHEST - _LOWEST - 3
    whole = bool(np.all(there == np.rint(there)))
    digits = 0 if whole else _decimals(max(abs(low), abs(high)))
    step = 10.0**-digits
    while (high - low) / step > room:
        step *= 10
    lowest = math.floor(low / step) - 1
    return step, lowest, max(math.ceil(high / step), lowest + 1)


def _decimals(largest: float) -> int:
    """How many decimals of a number this large fit a header."""
    return max(0, 5 - len(str(int(largest))))


def _short(value: float) -> float:
    return float(f"{value:.7g}")


def _ascii(text: str) -> str:
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)
