"""Running `kapmonitor` as a user does, and knowing every process that it leaves behind."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

MARK = "KAPMONITOR_TEST_RUN"


class Run:
    """One `kapmonitor` process and what it printed."""

    def __init__(self, process: asyncio.subprocess.Process, mark: str) -> None:
        self.process = process
        self.mark = mark
        self.printed = ""

    async def until(self, pattern: str) -> re.Match[str]:
        """Wait until the output has `pattern`; the match."""
        stdout = self.process.stdout
        assert stdout is not None
        while True:
            found = re.search(pattern, self.printed)
            if found is not None:
                return found
            line = await stdout.readline()
            assert line, f"ended without {pattern!r}: {self.printed}"
            self.printed += line.decode()

    async def ended(self) -> int:
        """Wait until it has said all it had to say and ended; the exit code."""
        assert self.process.stdout is not None
        self.printed += (await self.process.stdout.read()).decode()
        return await self.process.wait()

    def family(self) -> list[int]:
        """Every live process that carries this run's mark, i.e. this one and its descendants."""
        return [int(each.name) for each in Path("/proc").glob("[0-9]*") if self._is_ours(each)]

    def _is_ours(self, process: Path) -> bool:
        with suppress(OSError):
            zombie = "\nState:\tZ" in (process / "status").read_text()
            return not zombie and f"{MARK}={self.mark}".encode() in (process / "environ").read_bytes()
        return False

    async def gone(self) -> None:
        """Wait until none of the family is left."""
        while self.family():
            await asyncio.sleep(0.05)  # the kernel tells nobody about grandchildren

    async def interrupt(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return await self.process.wait()


@asynccontextmanager
async def kapmonitor(*arguments: str, env: dict[str, str] | None = None) -> AsyncIterator[Run]:
    """`kapmonitor ARGUMENTS`, killed with all its descendants at the end if need be."""
    mark = uuid.uuid4().hex
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-u",
        "-m",
        "kapmonitor",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **(env or {}), MARK: mark},
        start_new_session=True,
    )
    run = Run(process, mark)
    try:
        yield run
    finally:
        for pid in run.family():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await process.communicate()


def need(program: str) -> str:
    """The path of a system program; without it the test is skipped, or fails in CI."""
    found = shutil.which(program)
    if found is None:
        reason = f"{program} is not installed; `make test` installs it where it may"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return found


class Subscriber:
    """A real `mosquitto_sub`: topics and payloads as they come."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.seen: list[tuple[str, bytes]] = []

    async def until(self, topic: str, **wanted: Any) -> dict[str, Any]:
        """The first document on a topic matching the pattern `topic` that has what is `wanted`."""
        position = 0
        while True:
            for name, payload in self.seen[position:]:
                position += 1
                if re.search(topic, name) and payload.startswith(b"{"):
                    document: dict[str, Any] = json.loads(payload)
                    if wanted.items() <= document.items():
                        return document
            await self._next()

    async def until_status(self, topic: str, word: str) -> None:
        """Wait for a bare status word."""
        while (topic, word.encode()) not in self.seen:
            await self._next()

    async def until_emptied(self, topic: str) -> None:
        """Wait until a topic that matches the pattern was emptied."""
        while not any(re.search(topic, name) and payload in (b"", b"(null)") for name, payload in self.seen):
            await self._next()

    async def _next(self) -> None:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "mosquitto_sub ended"
        name, _, payload = line.rstrip(b"\n").partition(b" ")
        self.seen.append((name.decode(), payload))


@asynccontextmanager
async def subscribed(url: str, topic: str = "kap/v1/#") -> AsyncIterator[Subscriber]:
    """Subscribe as somebody with nothing but the printed address would."""
    process = await asyncio.create_subprocess_exec(
        need("mosquitto_sub"), "-L", f"{url}/{topic}", "-v", stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Subscriber(process)
    finally:
        process.kill()
        await process.communicate()
