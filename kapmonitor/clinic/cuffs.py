"""Carries out what cuffs are told: one order at a time for each seat, never waiting in the alarms' way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial

from kapmonitor.clinic.seats import Seat
from kapmonitor.device import CuffDriver
from kapmonitor.errors import KapmonitorError
from kapmonitor.session.cuff import Start, Stop

logger = logging.getLogger(__name__)


class Cuffs:
    """The tasks that talk to cuffs. A stop overtakes whatever was asked before it."""

    def __init__(self, failed: Callable[[Seat, str], None]) -> None:
        """`failed` is told what could not be started, and why."""
        self._failed = failed
        self.ordered: Callable[[str, str], None] = lambda _, __: None
        """Hears of every order, just before the cuff does: device, and who asked for a start (none: stop)."""
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._refused: dict[tuple[str, str], KapmonitorError] = {}

    def give(self, seat: Seat, orders: Iterable[Start | Stop]) -> None:
        """Begin to carry out `orders`, in turn."""
        for order in orders:
            key = seat.room, seat.name
            before = self._tasks.get(key)
            self._refused.pop(key, None)
            task = asyncio.create_task(self._carry_out(seat, order, before), name=f"cuff of {seat.room}")
            self._tasks[key] = task
            task.add_done_callback(partial(self._over, key))

    async def answered(self, seat: Seat) -> None:
        """Wait until the cuff has answered what it was told last.

        Raises:
            DeviceRefusedError: it said no; the text says why.
        """
        key = seat.room, seat.name
        task = self._tasks.get(key)
        if task is None:
            return
        await asyncio.wait([task])
        refused = self._refused.pop(key, None)
        if refused is not None:
            raise refused

    def leave(self, seat: Seat) -> None:
        """The session is gone from this seat: let the pressure out."""
        if seat.cuff is not None and not seat.cuff.sleeps_between:
            self.give(seat, [Stop()])

    async def _carry_out(self, seat: Seat, order: Start | Stop, before: asyncio.Task[None] | None) -> None:
        key = seat.room, seat.name
        cuff = seat.cuff
        if cuff is None or not isinstance(cuff.driver, CuffDriver):
            return
        if before is not None and isinstance(order, Start):
            await asyncio.wait([before])
        self.ordered(cuff.id, order.trigger if isinstance(order, Start) else "")
        try:
            await (cuff.driver.start(order.trigger) if isinstance(order, Start) else cuff.driver.stop())
        except KapmonitorError as error:
            logger.info("%s: %s", cuff.id, error)
            self._refused[key] = error
            if isinstance(order, Start):
                self._failed(seat, str(error))

    def _over(self, key: tuple[str, str], task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        if not task.cancelled() and task.exception() is not None:
            logger.error("a cuff's task failed", exc_info=task.exception())
