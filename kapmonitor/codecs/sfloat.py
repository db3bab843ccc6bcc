"""IEEE 11073-20601 SFLOAT: the 16-bit decimal number of Bluetooth's health profiles.

Bits 15-12 are the exponent and bits 11-0 the mantissa, both two's complement; the value is
mantissa * 10**exponent. Five words with exponent 0 are not numbers (IEEE 11073-20601, annex F.7).
"""

from __future__ import annotations

import math
from enum import Enum
from functools import cache

from kapmonitor.model import Quality, Reading, missing, reading


class Special(Enum):
    """The five words that are no number, by the standard's names."""

    NAN = 0x07FF
    NRES = 0x0800
    POSITIVE_INFINITY = 0x07FE
    NEGATIVE_INFINITY = 0x0802
    RESERVED = 0x0801


Number = float | Special
"""What an SFLOAT field holds: a finite number, or one of the words that are none."""

_SPECIALS = {special.value: special for special in Special}
_POWERS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
_MANTISSA_LIMIT = 0x800
_EXPONENTS = sorted(range(-8, 8), key=abs)


@cache  # of 65,536 words at most; a device sends the same few hundred again and again
def decode(raw: int) -> Number:
    """The number that the 16-bit word `raw` (0..65535) stands for, exact to the last decimal.

    The nearest float to the decimal value, so 0xF16C is 36.4 and prints as such.
    """
    special = _SPECIALS.get(raw)
    if special is not None:
        return special
    mantissa = raw & 0xFFF
    if mantissa >= _MANTISSA_LIMIT:
        mantissa -= 0x1000
    exponent = raw >> 12
    if exponent >= 8:  # noqa: PLR2004 - two's complement of 4 bits
        return mantissa / _POWERS[16 - exponent]  # one division of integers: rounded once, never twice
    return float(mantissa * _POWERS[exponent])


def encode(number: Number) -> int:
    """The word nearest to `number`; of equally near ones, that with the exponent nearest to 0.

    A float NaN or infinity, and a number beyond the largest exponent, become the word for it.
    """
    if isinstance(number, Special):
        return number.value
    if math.isnan(number):
        return Special.NAN.value
    words = [word for exponent in _EXPONENTS if (word := _word(number, exponent)) is not None]
    if not words:
        return Special.POSITIVE_INFINITY.value if number > 0 else Special.NEGATIVE_INFINITY.value
    return min(words, key=lambda word: _distance(word, number))


def _word(number: float, exponent: int) -> int | None:
    """`number` with this exponent, or None where it does not fit 12 bits or would read as a special."""
    scaled = number / _POWERS[exponent] if exponent > 0 else number * _POWERS[-exponent]
    if not -_MANTISSA_LIMIT - 1 < scaled < _MANTISSA_LIMIT:
        return None
    mantissa = round(scaled)
    word = (exponent & 0xF) << 12 | mantissa & 0xFFF
    fits = -_MANTISSA_LIMIT <= mantissa < _MANTISSA_LIMIT and word not in _SPECIALS
    return word if fits else None


def _distance(word: int, number: float) -> float:
    decoded = decode(word)
    return math.inf if isinstance(decoded, Special) else abs(decoded - number)


def observed(
    quantity: str, number: Number, quality: Quality = Quality.VALID, reason: str | None = None
) -> Reading:
    """A field's number (in the quantity's unit) as a reading; a special has no value, `not_a_number`."""
    if isinstance(number, (float, int)):  # to ask whether it is a member of an Enum takes far longer
        return reading(quantity, number, quality, reason)
    return missing(quantity, "not_a_number")
