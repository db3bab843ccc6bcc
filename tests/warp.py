"""An event loop whose time jumps ahead whenever everybody waits: minutes of a device pass at once.

Only for conversations in memory: bytes in a kernel need real time to arrive.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

from kapmonitor.clock import Clock


class _Selector(selectors.SelectSelector):
    """Does not wait, but counts how long it would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise AssertionError("everybody waits, and for nothing that will ever come")
        ready = super().select(0)
        if not ready:
            self.waited += max(0.0, timeout)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._times = _Selector()
        super().__init__(self._times)

    def time(self) -> float:
        return self._times.waited


class WarpClock(Clock):
    """The device clock of such a loop."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()


def warped(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test in jumping time; a task that it leaves alive fails it."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async def main() -> None:
            await test(*args, **kwargs)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, f"still running: {left}"

        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(main())

    return run
