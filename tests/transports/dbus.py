"""A D-Bus system bus of one's own."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from dbus_fast import BusType
from dbus_fast.aio import MessageBus

from tests.brokers import find

_CONFIG = """
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


@asynccontextmanager
async def private_bus(folder: Path) -> AsyncGenerator[tuple[str, Process], None]:
    """The address of a bus that runs as long as the context, and its process."""
    config = folder / "bus.conf"
    config.write_text(_CONFIG.format(socket=folder / "bus"))
    command = [find("dbus-daemon"), f"--config-file={config}", "--nofork", "--nopidfile", "--print-address=1"]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=DEVNULL)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            await process.stdout.readline()
        yield f"unix:path={folder / 'bus'}", process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@asynccontextmanager
async def on_bus(address: str, name: str) -> AsyncGenerator[MessageBus, None]:
    """A connection to the bus at `address`, under `name`."""
    bus = MessageBus(bus_address=address, bus_type=BusType.SYSTEM)
    await bus.connect()
    await bus.request_name(name)
    try:
        yield bus
    finally:
        bus.disconnect()
        with suppress(EOFError, ConnectionError):
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # dbus-fast leaves it so
