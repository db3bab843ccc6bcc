"""A line that exists only in memory, as good or as bad as wanted: for tests and rehearsals of drivers."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from random import Random

from kapmonitor.device import ByteLink, SerialSettings
from kapmonitor.transports.inbox import BACKLOG_BYTES, Inbox

LONGEST_GARBAGE = 8


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on the line, in both directions; the same `seed` and bytes go wrong the same way.

    `piece`: no more than so many bytes arrive at once (0: any number). `loss` and `garbage`: the chance of
    each byte to be lost, and to come after up to eight random ones. `delay_s`: each write comes up to so many
    seconds late, in order. `joined_s`: what is written within so many seconds arrives together.
    """

    seed: int = 0
    piece: int = 0
    loss: float = 0.0
    garbage: float = 0.0
    delay_s: float = 0.0
    joined_s: float = 0.0


class MemoryLink(ByteLink):
    """One end of a line; made by `memory_pair`. `settings` is what the line was last set to."""

    def __init__(self, faults: Faults, dice: Random, here: Inbox, there: Inbox) -> None:
        """Reads from `here`, writes into `there`."""
        self.settings: SerialSettings | None = None
        self._faults = faults
        self._dice = dice
        self._here = here
        self._there = there
        self._loop = asyncio.get_running_loop()
        self._arrives_at = 0.0
        self._on_the_way: deque[bytes] = deque()

    async def read(self) -> bytes:
        """The bytes that came since the last call, at least one; waits for them."""
        return await self._here.get(self._faults.piece or BACKLOG_BYTES)

    async def write(self, data: bytes) -> None:
        """Send all of `data`, or what the line makes of it."""
        self._here.check()
        mangled = self._mangled(data)
        if not mangled:
            return
        if self._faults.delay_s or self._faults.joined_s:
            self._on_the_way.append(mangled)
            self._loop.call_at(self._arrival(), self._arrive)
        else:
            self._there.put(mangled)

    def configure(self, settings: SerialSettings) -> None:
        """Keep `settings`; a line in memory has no speed."""
        self.settings = settings

    def pull_plug(self) -> None:
        """Break the line for both ends. What has arrived can still be read."""
        for inbox in (self._here, self._there):
            inbox.lose("the line in memory is gone: its plug was pulled")

    def _mangled(self, data: bytes) -> bytes:
        if not (self._faults.loss or self._faults.garbage):
            return data
        mangled = bytearray()
        for byte in data:
            if self._dice.random() < self._faults.garbage:
                mangled += self._dice.randbytes(self._dice.randint(1, LONGEST_GARBAGE))
            if self._dice.random() >= self._faults.loss:
                mangled.append(byte)
        return bytes(mangled)

    def _arrive(self) -> None:
        # The oldest, whichever timer this is: of two for the same moment either may be first.
        self._there.put(self._on_the_way.popleft())

    def _arrival(self) -> float:
        """When the loop's clock will see a write of now arrive; never before an earlier one."""
        at = self._loop.time() + self._faults.delay_s * self._dice.random()
        if self._faults.joined_s:
            at = (at // self._faults.joined_s + 1) * self._faults.joined_s
        self._arrives_at = max(self._arrives_at, at)
        return self._arrives_at


def memory_pair(faults: Faults | None = None) -> tuple[MemoryLink, MemoryLink]:
    """The two ends of one line, the device's driver at the first and the device at the second."""
    faults = faults or Faults()
    near, far = Inbox(), Inbox()
    dice = Random(faults.seed)  # noqa: S311 - repeatable is what is wanted here, secret is not
    return MemoryLink(faults, dice, near, far), MemoryLink(faults, dice, far, near)
