"""Question and answer over a byte link, for devices that speak when they are spoken to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from kapmonitor.clock import Clock
from kapmonitor.device import ByteLink

MessageT = TypeVar("MessageT")


class Dialogue(Generic[MessageT]):
    """Frames out, with a pause between them; messages in, to everybody who waits for one like it.

    Whoever reads the link passes every message to `hand_out`. Several questions may be open at once.
    """

    def __init__(self, link: ByteLink, clock: Clock, pause_s: float) -> None:
        """`pause_s`: the least time from one frame to the next, which some devices need."""
        self._link = link
        self._clock = clock
        self._pause_s = pause_s
        self._gate = asyncio.Lock()
        self._sent_at = float("-inf")
        self._waiting: list[tuple[Callable[[MessageT], bool], asyncio.Future[MessageT]]] = []

    async def ask(self, frame: bytes, wanted: Callable[[MessageT], bool], within_s: float) -> MessageT | None:
        """Send `frame`; the first message from then on that is `wanted`, or None if none comes in time."""
        answer = self.expect(wanted)
        try:
            await self.send(frame)
            async with self._clock.timeout(within_s):
                return await answer
        except TimeoutError:
            return None
        finally:
            answer.cancel()

    def expect(self, wanted: Callable[[MessageT], bool]) -> asyncio.Future[MessageT]:
        """The next message that is `wanted`; cancel it when it no longer matters."""
        future: asyncio.Future[MessageT] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        return future

    def hand_out(self, message: MessageT) -> None:
        """Give `message` to all who want it."""
        self._waiting = [each for each in self._waiting if not each[1].done()]
        for wanted, future in self._waiting:
            if wanted(message):
                future.set_result(message)

    async def send(self, frame: bytes) -> None:
        """Send `frame`, and wait for no answer."""
        async with self._gate:
            await self._clock.sleep(self._sent_at + self._pause_s - self._clock.now())
            self._sent_at = self._clock.now()
            await self._link.write(frame)
