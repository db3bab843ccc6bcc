"""The simulated cuff, spoken to as a foreign host would: raw bytes in, the decoder's own reader out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from kapmonitor.codecs.suntech import SUNTECH, CuffPressure, Message, Response, Result, Version
from kapmonitor.model import Route
from kapmonitor.transports.memory import MemoryLink, memory_pair
from simulators.physiology import Body, BodyEvent
from simulators.suntech_nibp import SunTechNibp
from tests.warp import WarpClock, warped

START = bytes.fromhex("3a20a6")
ABORT = bytes.fromhex("3a7901004c")
PRESSURE = bytes.fromhex("3a79050048")
RESULT = bytes.fromhex("3a7903004a")


@dataclass
class Host:
    near: MemoryLink
    module: SunTechNibp
    body: Body

    async def ask(self, frame: bytes) -> Message:
        await self.near.write(frame)
        return await self.next()

    async def next(self) -> Message:
        (message,) = SUNTECH.reader().feed(await self.near.read())
        assert not isinstance(message, Exception)
        found: Message = message
        return found

    async def done(self, within_s: float = 200) -> None:
        async with asyncio.timeout(within_s):
            assert await self.next() == Response("K")


@asynccontextmanager
async def cuff(*events: BodyEvent) -> AsyncIterator[Host]:
    near, far = memory_pair()
    clock = WarpClock()
    body = Body(3, Route.INTRAMUSCULAR, clock.now(), events, dosed_at=float("inf"))
    module = SunTechNibp(body, clock, seed=1)
    running = asyncio.create_task(module.run(far))
    try:
        yield Host(near, module, body)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@warped
async def test_a_measurement_inflates_deflates_in_steps_and_finds_the_bodys_pressures() -> None:
    async with cuff() as host:
        assert await host.ask(START) == Response("O")
        seen: list[int] = []
        while True:
            await asyncio.sleep(0.2)
            answer = await host.ask(PRESSURE)
            if answer == Response("K"):
                break
            assert isinstance(answer, CuffPressure)
            seen.append(answer.mmhg or 0)
        state = host.body.state(asyncio.get_running_loop().time())
        assert max(seen) == pytest.approx(state.systolic + 30, abs=6)
        top = seen.index(max(seen))
        assert seen[:top] == sorted(seen[:top])
        assert seen[top:] == sorted(seen[top:], reverse=True)
        await host.next()
        result = await host.ask(RESULT)
        assert isinstance(result, Result)
        assert (result.error, result.status) == (0, 1)
        assert result.systolic == pytest.approx(state.systolic, abs=5)
        assert result.diastolic == pytest.approx(state.diastolic, abs=5)
        again = await host.ask(RESULT)
        assert isinstance(again, Result)
        assert again.status == 0


@warped
async def test_abort_lets_the_pressure_out_at_once() -> None:
    async with cuff() as host:
        await host.ask(START)
        await asyncio.sleep(2)
        assert host.module.mmhg > 50
        await host.near.write(ABORT)
        found = SUNTECH.reader().feed(await host.near.read())
        if len(found) == 1:
            found = [*found, await host.next()]
        assert found == [Response("A"), Response("K")]
        assert host.module.mmhg == 0
        result = await host.ask(RESULT)
        assert isinstance(result, Result)
        assert result.error == 86


@warped
async def test_abort_of_nothing_is_confirmed_and_no_more() -> None:
    async with cuff() as host:
        assert await host.ask(ABORT) == Response("A")
        assert await host.ask(PRESSURE) == CuffPressure(0)


@warped
async def test_a_second_start_is_refused_while_one_runs() -> None:
    async with cuff() as host:
        assert await host.ask(START) == Response("O")
        assert await host.ask(START) == Response("B")
        assert host.module.measurements == 1


@warped
async def test_its_own_limits_end_a_measurement_that_goes_wrong() -> None:
    async with cuff() as host:
        host.module.stuck = True
        await host.ask(START)
        await host.done()
        result = await host.ask(RESULT)
        assert isinstance(result, Result)
        assert result.error == 88
    async with cuff(BodyEvent(0, "hypertension", 300, 290.0)) as host:
        await asyncio.sleep(120)
        await host.ask(START)
        await host.done()
        result = await host.ask(RESULT)
        assert isinstance(result, Result)
        assert result.error == 89


@warped
async def test_faults_on_demand() -> None:
    async with cuff() as host:
        host.module.next_error, host.module.busy = 2, 1
        assert await host.ask(START) == Response("B")
        assert await host.ask(START) == Response("O")
        await host.done()
        result = await host.ask(RESULT)
        assert isinstance(result, Result)
        assert result.error == 2
        host.module.mute = True
        await host.ask(START)
        with pytest.raises(TimeoutError):
            await host.done()


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        ("3a00c6", Response("K")),
        ("3a7902400b", Version(b"SB1.00\0\0SIMULATED".ljust(64, b"\0"))),
        ("3a7911003c", CuffPressure(0)),
        ("3a7910033a", CuffPressure(0)),
        ("3a17a0000f", Response("K")),
        ("3a8a3c", Response("K")),
        ("3a0c000101b8", Response("N")),
        ("3a20a7", Response("D")),
    ],
)
@warped
async def test_every_command_is_answered(frame: str, answer: Message) -> None:
    async with cuff() as host:
        assert await host.ask(bytes.fromhex(frame)) == answer


@warped
async def test_asleep_it_says_so_once() -> None:
    async with cuff() as host:
        assert await host.ask(bytes.fromhex("3a810000000045")) == Response("K")
        assert await host.ask(START) == Response("S")
        assert await host.ask(START) == Response("O")


@warped
async def test_a_higher_first_inflation_is_taken() -> None:
    async with cuff() as host:
        await host.ask(bytes.fromhex("3a17f000bf"))
        await host.ask(START)
        await asyncio.sleep(240 / 40 + 0.1)
        assert host.module.mmhg == 240
