"""Calls that may block for long, or for ever, kept off the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T], abandoned: Callable[[T], object]) -> T:
    """What `call` returns or raises, from a thread of its own.

    Not `asyncio.to_thread`: its few threads are shared, so that some ports that hang while opening would stop
    everything else that needs one, and the interpreter could not end. If the caller was cancelled meanwhile,
    `abandoned` gets the result in the thread.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def failed(error: Exception) -> None:
        if not done.done():
            done.set_exception(error)

    def returned(result: T) -> None:
        if done.done():
            start_thread(partial(abandoned, result))
        else:
            done.set_result(result)

    def work() -> None:
        try:
            result = call()
        except Exception as error:  # noqa: BLE001 - it goes to the caller
            post(loop, partial(failed, error))
        else:
            if not post(loop, partial(returned, result)):
                abandoned(result)

    start_thread(work)
    return await done


def start_thread(work: Callable[[], object]) -> threading.Thread:
    """Run `work` in a thread that does not keep the program from ending."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def post(loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> bool:
    """Have `loop` make `call`, from another thread; false where the loop is closed."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(call)
        return True
    return False
