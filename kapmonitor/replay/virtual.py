"""An event loop whose time is the recording's: it jumps ahead whenever everybody waits."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from kapmonitor.clock import Clock
from kapmonitor.model import Moment

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Does not wait, but counts how long it would have waited."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self.time = start

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits, and for nothing that will ever come")
        ready = super().select(0)
        if not ready:
            self.time += max(0.0, timeout)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, start: float) -> None:
        self._selected = _Selector(start)
        super().__init__(self._selected)

    def time(self) -> float:
        return self._selected.time


class VirtualClock(Clock):
    """The clock of such a loop. UTC goes with it from `moment` on."""

    def __init__(self, moment: Moment) -> None:
        """`moment`: one instant of the recording on both clocks."""
        super().__init__()
        self._moment = moment

    def now(self) -> float:
        """The loop's time, in the recording's monotonic seconds."""
        return asyncio.get_running_loop().time()

    def utc(self) -> datetime:
        """The recording's UTC."""
        return self._moment.utc + timedelta(seconds=self.now() - self._moment.at)


def run_virtually(work: Callable[[], Coroutine[Any, Any, T]], start: float) -> T:
    """Run `work` in a loop whose time begins at `start` (s); what it waits for costs no real time."""
    with asyncio.Runner(loop_factory=lambda: _Loop(start)) as runner:
        return runner.run(work())
