"""What goes wrong below a connection: cancelled attempts, late callbacks, controllers that hang."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from bumble.device import Connection

from kapmonitor.clock import Clock
from kapmonitor.errors import LinkError
from kapmonitor.transports.ble import BleAdapter
from simulators.heart_rate_strap import HeartRateStrap
from tests.bluetooth import OXIMETER, STRAP, on_air, person, room
from tests.warp import WarpClock, warped


def strap(clock: Clock) -> HeartRateStrap:
    return HeartRateStrap(person(clock), clock, seed=1)


@warped
async def test_a_connect_that_is_cancelled_anywhere_leaves_the_adapter_usable() -> None:
    clock = WarpClock()
    completed = 0
    async with room(clock, (strap(clock), STRAP), latency_s=0.01) as (_, adapter):
        for milliseconds in range(0, 700, 23):
            connection = adapter.connector(STRAP)()
            attempt = asyncio.create_task(connection.__aenter__())
            await asyncio.sleep(milliseconds / 1000)
            attempt.cancel()
            try:
                await attempt
                completed += 1
                await connection.__aexit__(None, None, None)
            except asyncio.CancelledError:
                pass
            async with adapter.connector(STRAP)() as link:
                assert await link.read("2a38") == b"\1"
    assert 0 < completed < 20, "both kinds were tried"


@warped
async def test_a_late_callback_of_an_earlier_connection_does_not_hurt_the_present_one() -> None:
    clock = WarpClock()
    async with room(clock, (strap(clock), STRAP)) as (_, adapter):
        async with adapter.connector(STRAP)() as first:
            old = first
        async with adapter.connector(STRAP)() as link:
            old._on_disconnected(old._client)  # type: ignore[attr-defined]  # what bleak would call late
            link._on_disconnected(link._client)  # type: ignore[attr-defined]  # and for the attempt before
            assert await link.read("2a38") == b"\1"


async def is_back(adapter: BleAdapter, address: str) -> bool:
    """Whether a strap can be read within a few attempts, as a supervisor makes them."""
    for _ in range(6):
        with suppress(LinkError):
            async with adapter.connector(address)() as link:
                return await link.read("2a38") == b"\1"
    return False


@warped
async def test_a_hung_controller_is_an_error_and_works_again_when_it_recovers() -> None:
    clock = WarpClock()
    async with room(clock, (strap(clock), STRAP), search_s=3, connect_s=5) as (radio, adapter):
        async with adapter.connector(STRAP)():
            pass
        [central] = radio.centrals
        central.hung = True
        for _ in range(3):
            with pytest.raises(LinkError):
                await adapter.connector(STRAP)().__aenter__()
        central.hung = False
        assert await is_back(adapter, STRAP)


class HangsTheCentral(HeartRateStrap):
    """Being connected to makes the central's controller hang, once."""

    def _on_connection(self, connection: Connection) -> None:
        super()._on_connection(connection)
        [central] = self._radio.centrals
        central.hung = True


@warped
async def test_a_controller_that_hangs_while_connecting_is_given_up() -> None:
    clock = WarpClock()
    device = HangsTheCentral(person(clock), clock, seed=1)
    async with room(clock, (device, STRAP), search_s=3, connect_s=5) as (radio, adapter):
        with pytest.raises(LinkError):
            await adapter.connector(STRAP)().__aenter__()
        [central] = radio.centrals
        central.hung = False
        async with on_air(radio, (strap(clock), OXIMETER)):
            assert await is_back(adapter, OXIMETER)
        await asyncio.sleep(10)
        assert not device.connected, "a reset controller holds nobody"
