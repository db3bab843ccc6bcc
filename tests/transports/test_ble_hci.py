"""A service and simulated devices in two processes: HCI over TCP between them, as over a dongle's wire."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from kapmonitor.clock import Clock
from kapmonitor.codecs.heart_rate import decode
from kapmonitor.errors import LinkError, LinkLostError
from kapmonitor.transports.ble import BleAdapter, bumble_adapter
from simulators.heart_rate_strap import HeartRateStrap
from simulators.radio import Radio
from tests.bluetooth import OXIMETER, STRAP, Inbox, lost, on_air, person


@asynccontextmanager
async def far_radio(port: int = 0) -> AsyncGenerator[tuple[int, asyncio.subprocess.Process], None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.transports.far_radio",
        str(port),
        STRAP,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(50):
            line = await process.stdout.readline()
        yield int(line), process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def until_read(adapter: BleAdapter, address: str) -> bytes:
    """Try to connect and read, as a supervisor does, until it works."""
    async with asyncio.timeout(50):
        while True:
            try:
                async with adapter.connector(address)() as link:
                    return await link.read("2a38")
            except LinkError:
                await asyncio.sleep(0.1)


async def test_a_strap_in_another_process_is_heard() -> None:
    async with (
        far_radio() as (port, _),
        bumble_adapter(Clock(), f"tcp-client:127.0.0.1:{port}") as adapter,
        adapter.connector(STRAP)() as link,
    ):
        heard = Inbox()
        await link.subscribe("2a37", heard.put)
        for _ in range(2):
            assert 40 < decode(await heard.next()).heart_rate < 120


async def test_a_radio_that_is_gone_costs_the_links_and_is_used_again_when_it_is_back() -> None:
    async with far_radio() as (port, _):
        pass
    async with bumble_adapter(Clock(), f"tcp-client:127.0.0.1:{port}", search_s=3) as adapter:
        assert not await adapter.available()
        async with far_radio(port) as (_, process):
            async with adapter.connector(STRAP)() as link:
                process.kill()
                assert isinstance(await lost(link), LinkLostError)
            assert not await adapter.available()
        async with far_radio(port):
            assert await until_read(adapter, STRAP) == b"\1"


async def test_a_service_that_is_gone_leaves_its_devices_to_the_next_one() -> None:
    clock = Clock()
    strap = HeartRateStrap(person(clock), clock, seed=1)
    other = HeartRateStrap(person(clock), clock, seed=1)
    async with Radio() as radio, on_air(radio, (strap, STRAP), (other, OXIMETER)):
        port = await radio.serve_hci("127.0.0.1", 0)
        for own_address in ("F0:00:00:00:00:01", "F0:00:00:00:00:02"):
            hci = f"tcp-client:127.0.0.1:{port}"
            async with (
                bumble_adapter(clock, hci, own_address=own_address) as first,
                bumble_adapter(clock, hci, own_address="F0:00:00:00:00:03") as second,
                first.connector(STRAP)() as mine,
                second.connector(OXIMETER)() as theirs,
            ):
                assert await mine.read("2a38") == await theirs.read("2a38") == b"\1"
                assert strap.connected
                assert other.connected
        while strap.connected or other.connected:
            await asyncio.sleep(0.01)


async def test_a_service_that_dies_frees_its_devices() -> None:
    clock = Clock()
    strap = HeartRateStrap(person(clock), clock, seed=1)
    async with Radio() as radio, on_air(radio, (strap, STRAP)):
        port = await radio.serve_hci("127.0.0.1", 0)
        dead = await asyncio.create_subprocess_exec(sys.executable, "-c", _HOLD, str(port), STRAP)
        while not strap.connected:
            await asyncio.sleep(0.05)
        dead.kill()
        await dead.wait()
        async with bumble_adapter(clock, f"tcp-client:127.0.0.1:{port}") as adapter:
            assert await until_read(adapter, STRAP) == b"\1"


_HOLD = """
import asyncio, sys
from kapmonitor.clock import Clock
from kapmonitor.transports.ble import bumble_adapter

async def main():
    async with bumble_adapter(Clock(), f"tcp-client:127.0.0.1:{sys.argv[1]}") as adapter:
        async with adapter.connector(sys.argv[2])() as link:
            await link.lost()

asyncio.run(main())
"""
