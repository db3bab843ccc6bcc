"""Many open pages, in a process of their own: `python -m tests.bench.readers URL COOKIE PAGES`.

Each reads the live feed as fast as it comes and draws nothing. Says `0` once all are connected, and ends with
its standard input: then it says in one line of JSON what was `Read`.
"""

from __future__ import annotations

import asyncio
import struct
import sys
import time
from contextlib import suppress

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

STAMP = "made"
"""The waveform that ends every frame: its time is when the frame was made, in monotonic seconds."""
SESSION = "s"
_HEAD = struct.Struct("<BBHfd")
_STAMP_BYTES = _HEAD.size + len(SESSION) + len(STAMP) + 4


class Read(msgspec.Struct):
    """Frames of waveforms that came, and how long each was on its way (ms)."""

    frames: int = 0
    late_ms: list[float] = []


async def main(url: str, cookie: str, pages: int) -> None:
    """Connect, read until standard input ends, report."""
    origin = url.rstrip("/")
    read = Read()
    async with asyncio.TaskGroup() as tasks:
        sockets = [
            await connect(
                f"{origin.replace('http', 'ws', 1)}/ws",
                additional_headers={"Cookie": cookie},
                origin=Origin(origin),
                compression=None,
                ping_interval=None,
            )
            for _ in range(pages)
        ]
        began = time.monotonic()
        reading = [tasks.create_task(_read(each, read, began)) for each in sockets]
        print(0, flush=True)  # noqa: T201 - to the benchmark
        await asyncio.to_thread(sys.stdin.read)
        for each in reading:
            each.cancel()
    print(msgspec.json.encode(read).decode(), flush=True)  # noqa: T201 - likewise


async def _read(socket: ClientConnection, read: Read, began: float) -> None:
    """What was made before all were connected does not count."""
    with suppress(ConnectionClosed):
        async for frame in socket:
            if isinstance(frame, bytes) and frame[0] == 1:
                at = _HEAD.unpack_from(frame, len(frame) - _STAMP_BYTES)[4]
                if at >= began:
                    read.frames += 1
                    read.late_ms.append((time.monotonic() - at) * 1000)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
