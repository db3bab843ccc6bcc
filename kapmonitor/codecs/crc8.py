"""CRC-8, from 0 and without a final change, in the two orders of bits that devices use."""

from __future__ import annotations

from collections.abc import Callable


def crc8(polynomial: int, *, reflected: bool = False) -> Callable[[bytes], int]:
    """What works out the CRC of some bytes; a frame with its CRC behind it has 0.

    `reflected`: the lowest bit goes first, and `polynomial` is written from its lowest bit on, too.
    """
    table = bytes(_of_byte(value, polynomial, reflected=reflected) for value in range(256))

    def crc(data: bytes) -> int:
        found = 0
        for each in data:
            found = table[found ^ each]
        return found

    return crc


def _of_byte(crc: int, polynomial: int, *, reflected: bool) -> int:
    for _ in range(8):
        if reflected:
            crc = crc >> 1 ^ polynomial if crc & 1 else crc >> 1
        else:
            crc = (crc << 1 ^ polynomial) & 0xFF if crc & 0x80 else crc << 1
    return crc
