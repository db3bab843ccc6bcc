"""Running something until it ends or somebody ends it, and saying in one line why it failed."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from kapmonitor.app.kinds import link_kinds
from kapmonitor.config import Config, load, warnings
from kapmonitor.errors import ConfigError, KapmonitorError

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", metavar="FILE", help="The clinic's configuration.")
]


def run_until_ended(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`; an interrupt (Ctrl-C) or SIGTERM cancels it, and that is an orderly end.

    Raises:
        KapmonitorError: the first such error of those that ended the work.
    """
    try:
        asyncio.run(_ended_by_signals(work))
    except BaseExceptionGroup as group:
        raise _first(group) from None


async def _ended_by_signals(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C comes as KeyboardInterrupt
            loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What is worth telling of everything that went wrong at once: our own errors before any other."""
    ours = group.subgroup(KapmonitorError)
    found: BaseException = (ours or group).exceptions[0]
    return _first(cast("BaseExceptionGroup[BaseException]", found)) if _is_group(found) else found


def _is_group(found: BaseException) -> bool:
    return isinstance(found, BaseExceptionGroup)


def configured(path: Path) -> Config:
    """The configuration in `path`; what will not work for long is said on standard error.

    Raises:
        ConfigError: every mistake in it.
    """
    config = load(path, link_kinds())
    for warning in warnings(config):
        typer.echo(f"warning: {warning}", err=True)
    return config


def need_simulators() -> None:
    """Refuse in one line what needs simulated Bluetooth where it is not installed.

    Raises:
        ConfigError: bumble, of the extra `simulate`, is missing.
    """
    if find_spec("bumble") is None:
        raise ConfigError(["simulated devices need the package bumble: pip install 'kapmonitor[simulate]'"])


def log_to_stderr(level: int = logging.INFO) -> None:
    """One line an entry; libraries only speak up when something is wrong."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    for room in ("kapmonitor", "drivers", "simulators"):
        logging.getLogger(room).setLevel(level)
