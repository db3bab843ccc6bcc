"""`kapmonitor pager` as a person has it: in a pseudo-terminal, with keys, a screen and a bell."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from kapmonitor import documents, pages
from kapmonitor.documents import Message
from kapmonitor.model import rfc3339
from kapmonitor.mqtt.publisher import Publisher
from tests.mqtt.waiting import running

ROOT = "kap/v1/north-clinic"
HOME = "\x1b[H"
_ORDERS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\a")


class Pager:
    """A pager that runs; `screen` is what stands on its terminal now."""

    def __init__(self, process: asyncio.subprocess.Process, master: int) -> None:
        self.process = process
        self.master = master
        self.written = ""
        self.came = asyncio.Event()

    @property
    def screen(self) -> str:
        """The newest frame that is complete: every frame begins at home."""
        frames = self.written.split(HOME)
        return _ORDERS.sub("", frames[-2] if len(frames) > 2 else "").replace("\r\n", "\n")

    @property
    def bells(self) -> int:
        return self.written.count("\a")

    async def until(self, holds: str | Callable[[str], object]) -> str:
        """Wait until the screen shows a text, or `holds`."""
        try:
            async with asyncio.timeout(40):
                await self._until(holds)
        except TimeoutError:
            raise AssertionError(f"not on the screen: {holds}\n{self.screen}") from None
        return self.screen

    async def _until(self, holds: str | Callable[[str], object]) -> None:
        while not (holds in self.screen if isinstance(holds, str) else holds(self.screen)):
            assert self.process.returncode is None, self.written
            self.came.clear()
            await self.came.wait()

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    async def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    def _read(self) -> None:
        with suppress(OSError):
            self.written += os.read(self.master, 65536).decode(errors="replace")
        self.came.set()


def _environment() -> dict[str, str]:
    """Without the size that a test runner claims for its own terminal: it would go before the real one."""
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    return kept | {"TERM": "xterm-256color"}


@asynccontextmanager
async def pager(
    url: str, folder: Path, *arguments: str, name: str = "nurse-1", size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Pager]:
    """`kapmonitor pager` for `name` on a terminal of `size` (columns, rows)."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kapmonitor", "pager", "--id", name, "--server", url),
        *("--store", str(folder), *arguments),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=_environment(),
        start_new_session=True,
    )
    os.close(slave)
    made = Pager(process, master)
    loop = asyncio.get_running_loop()
    loop.add_reader(master, made._read)
    try:
        yield made
    finally:
        loop.remove_reader(master)
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(master)


class PlainPager:
    """A pager without a screen: the lines that it has written."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def until(self, holds: Callable[[str], object]) -> None:
        """Wait until what was written so far `holds`."""
        assert self.process.stdout is not None
        while not holds("\n".join(self.lines)):
            line = await self.process.stdout.readline()
            assert line, "the pager has ended"
            self.lines.append(line.decode().strip("\a\n"))


@asynccontextmanager
async def plain_pager(url: str, folder: Path, *, name: str = "nurse-1") -> AsyncIterator[PlainPager]:
    """`kapmonitor pager --plain` for `name`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kapmonitor", "pager", "--plain", "--id", name, "--server", url),
        *("--store", str(folder), "--site", "north-clinic"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield PlainPager(process)
    finally:
        process.kill()
        await process.communicate()


@asynccontextmanager
async def service(url: str, *, allow_plain: bool = False) -> AsyncIterator[Publisher]:
    """Somebody who has a heartbeat and can call."""
    publisher = Publisher([url], "north-clinic", origin="simulated", allow_plain=allow_plain)
    async with running(publisher):
        yield publisher


def call(page_id: str = "p-1", *, name: str = "nurse-1", age_s: float = 0.0, **other: Any) -> Message:
    """A page, sent `age_s` ago."""
    from datetime import UTC, datetime, timedelta

    fields: dict[str, Any] = {
        "kind": "page",
        "alarm": "alarm-1",
        "seq": 1,
        "priority": "high",
        "room": "room-2",
        "seat": "a",
        "text": "SpO2 84 %, limit 88 %",
        "ttl_s": 60,
        "level": 0,
    }
    sent_at = rfc3339(datetime.now(UTC) - timedelta(seconds=age_s))
    made = pages.Page(origin="simulated", page_id=page_id, sent_at=sent_at, **(fields | other))
    return pages.page(name, made)


def raw(message: Message) -> bytes:
    return documents.encode(message.payload)
