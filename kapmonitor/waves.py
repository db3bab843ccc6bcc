"""Waveforms for the broker: a device's small pieces put together into blocks of at least 250 ms.

Off by default; a site switches it on with `mqtt.waveforms`. Screens get the pieces as they come.
"""

from __future__ import annotations

from typing import NamedTuple

from kapmonitor.model import Waveform

BLOCK_S = 0.25
"""The shortest block worth a publication (s): each costs the same, however many samples it carries."""


class Block(NamedTuple):
    """Consecutive samples of one waveform, the first of them at `at` (monotonic s)."""

    quantity: str
    rate_hz: float
    at: float
    values: list[float]


class Blocks:
    """Gathers the waveforms of one session, each on its own."""

    def __init__(self) -> None:
        """Start with nothing gathered."""
        self._open: dict[str, Block] = {}

    def add(self, piece: Waveform, now: float) -> Block | None:
        """Take in samples of which the last came at `now`; a block, when it is long enough.

        Samples from before a gap are let go with the first piece after it: a block has no holes.
        """
        block = self._open.get(piece.quantity)
        starts = now - len(piece.values) / piece.rate_hz
        if block is None or starts - (block.at + len(block.values) / block.rate_hz) > BLOCK_S:
            block = self._open[piece.quantity] = Block(piece.quantity, piece.rate_hz, starts, [])
        block.values.extend(piece.values)
        if len(block.values) < BLOCK_S * block.rate_hz:
            return None
        return self._open.pop(piece.quantity)
