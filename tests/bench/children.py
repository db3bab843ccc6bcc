"""Processes beside the one that is measured."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import TypeVar

import msgspec

T = TypeVar("T")
INSTALLED = {
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": str(Path(gettempdir()) / "kapmonitor-bench"),
}
"""The environment of a program that is installed: its bytecode is kept, whatever the shell of `make` says."""
_LINE_BYTES = 1 << 26
_END_S = 10.0


class Child:
    """A module of this package in a process of its own; speaks a line at a time, each way."""

    def __init__(self, process: Process, name: str) -> None:
        self.pid = process.pid
        self._process = process
        self._name = name

    def say(self, line: object) -> None:
        """A line to its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    def end(self) -> None:
        """Close its standard input: it says its last and ends."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def hear(self, kind: type[T]) -> T:
        """Its next line of JSON, as a `kind`."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended early")
        return msgspec.json.decode(line, type=kind)


@asynccontextmanager
async def child(module: str, *arguments: object) -> AsyncIterator[Child]:
    """`python -m tests.bench.{module}`; it ends when its standard input does."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"tests.bench.{module}", *map(str, arguments)),
        stdin=PIPE,
        stdout=PIPE,
        limit=_LINE_BYTES,
    )
    started = Child(process, module)
    try:
        yield started
    finally:
        started.end()
        try:
            async with asyncio.timeout(_END_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
