"""The line in memory: as good or as bad as a test wants it, and the same every time."""

from __future__ import annotations

import asyncio

import pytest

from kapmonitor.device import SerialSettings
from kapmonitor.errors import LinkLostError
from kapmonitor.transports.inbox import BACKLOG_BYTES
from kapmonitor.transports.memory import Faults, memory_pair
from tests.warp import warped

DATA = bytes(range(256)) * 4


@warped
async def test_what_one_end_writes_the_other_reads() -> None:
    near, far = memory_pair()
    await near.write(b"to")
    await far.write(b"fro")
    assert (await far.read(), await near.read()) == (b"to", b"fro")


@warped
async def test_bytes_come_one_at_a_time() -> None:
    near, far = memory_pair(Faults(piece=1))
    await far.write(b"abc")
    assert [await near.read() for _ in range(3)] == [b"a", b"b", b"c"]


@warped
async def test_loss_and_garbage_are_the_same_with_the_same_seed() -> None:
    async def spoiled(faults: Faults) -> bytes:
        near, far = memory_pair(faults)
        await far.write(DATA)
        return await near.read()

    lossy = await spoiled(Faults(seed=1, loss=0.1))
    assert 0.8 * len(DATA) < len(lossy) < len(DATA)
    assert lossy == await spoiled(Faults(seed=1, loss=0.1))
    assert lossy != await spoiled(Faults(seed=2, loss=0.1))
    assert len(await spoiled(Faults(garbage=0.1))) > len(DATA)


@warped
async def test_late_writes_keep_their_order() -> None:
    near, far = memory_pair(Faults(delay_s=0.5))
    for byte in DATA:
        await far.write(bytes([byte]))
    got = b""
    while len(got) < len(DATA):
        got += await near.read()
    assert got == DATA


@warped
async def test_writes_arrive_together() -> None:
    near, far = memory_pair(Faults(joined_s=0.1))
    for byte in b"abc":
        await far.write(bytes([byte]))
    assert await near.read() == b"abc"


@warped
async def test_a_pulled_plug_lets_read_what_had_arrived_and_then_says_so() -> None:
    near, far = memory_pair()
    await far.write(b"last")
    far.pull_plug()
    assert await near.read() == b"last"
    with pytest.raises(LinkLostError, match="plug"):
        await near.read()
    with pytest.raises(LinkLostError):
        await near.write(b"too late")


@warped
async def test_a_reader_who_waits_learns_of_the_pulled_plug() -> None:
    near, far = memory_pair()
    reading = asyncio.create_task(near.read())
    await asyncio.sleep(1)
    far.pull_plug()
    with pytest.raises(LinkLostError):
        await reading


@warped
async def test_nobody_reads_and_the_oldest_bytes_go() -> None:
    near, far = memory_pair()
    for _ in range(3):
        await far.write(b"old" + bytes(BACKLOG_BYTES))
    await far.write(b"new")
    got = await near.read()
    assert len(got) == BACKLOG_BYTES
    assert got.endswith(b"new")


@warped
async def test_settings_are_kept_for_a_test_to_see() -> None:
    near, _ = memory_pair()
    near.configure(SerialSettings(19_200, "O"))
    assert near.settings == SerialSettings(19_200, "O")
