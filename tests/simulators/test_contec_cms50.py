"""The simulated oximeter, spoken to as a foreign host would: raw bytes and the decoder's own reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from kapmonitor.clock import Clock
from kapmonitor.codecs.contec_cms50 import CMS50_5, CMS50_9, Sample
from kapmonitor.errors import DecodeError, LinkLostError
from kapmonitor.model import Route
from kapmonitor.transports.memory import MemoryLink, memory_pair
from simulators.contec_cms50 import ContecCms50, Variant
from simulators.physiology import Body, BodyEvent
from tests.warp import WarpClock, warped

START = bytes.fromhex("7d81a1808080808080")
STOP = bytes.fromhex("7d81a2808080808080")


@asynccontextmanager
async def oximeter(
    variant: Variant, *events: BodyEvent, clock: Clock | None = None
) -> AsyncIterator[tuple[MemoryLink, ContecCms50, Body]]:
    near, far = memory_pair()
    clock = clock or WarpClock()
    body = Body(3, Route.INTRAMUSCULAR, clock.now(), events)
    device = ContecCms50(body, clock, seed=1, variant=variant)
    running = asyncio.create_task(device.run(far))
    try:
        yield near, device, body
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def heard(near: MemoryLink, variant: Variant, seconds: float) -> list[Sample]:
    reader = (CMS50_5 if variant == "5" else CMS50_9).reader()
    data = b""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                data += await near.read()
    found = [each for each in reader.feed(data) if not isinstance(each, DecodeError)]
    assert len(found) * (5 if variant == "5" else 9) == len(data)
    return found


@warped
async def test_sixty_frames_a_second_without_drift() -> None:
    async with oximeter("5") as (near, device, _):
        for _ in range(5):
            await heard(near, "5", 60)
        assert device.frames == pytest.approx(60 * 300, abs=2)


@warped
async def test_the_display_shows_the_body() -> None:
    async with oximeter("5") as (near, _, body):
        now = asyncio.get_running_loop().time()
        last = (await heard(near, "5", 20))[-1]
        state = body.state(now + 18)
        assert last.spo2 == pytest.approx(state.spo2, abs=2)
        assert last.pulse_rate == pytest.approx(state.heart_rate, abs=5)
        assert not last.searching
        assert not last.finger_out


@warped
async def test_every_beat_beeps_once_and_the_pleth_pulses() -> None:
    async with oximeter("5") as (near, _, body):
        began = asyncio.get_running_loop().time()
        samples = await heard(near, "5", 30)
        beeps = sum(each.beep for each in samples)
        assert beeps == pytest.approx(len(body.beats(began, began + 30)), abs=2)
        shown = [each.pleth for each in samples if not each.searching]
        assert max(shown) - min(shown) > 50


@warped
async def test_off_the_finger_there_are_no_numbers_and_back_on_it_searches_first() -> None:
    async with oximeter("5", BodyEvent(20, "finger_off", 10)) as (near, _, _):
        await heard(near, "5", 18)
        off = (await heard(near, "5", 8))[-60:]
        assert all(each.finger_out and each.pleth == 0 and each.spo2 == 127 for each in off)
        back = await heard(near, "5", 12)
        states = [("off" if s.finger_out else "search" if s.searching else "on") for s in back]
        assert list(dict.fromkeys(states)) == ["off", "search", "on"]


@warped
async def test_saturation_falls_as_slowly_as_it_is_averaged() -> None:
    async with oximeter("5", BodyEvent(30, "desaturation", 60, 80.0)) as (near, _, body):
        now = asyncio.get_running_loop().time()
        samples = await heard(near, "5", 60)
        assert samples[-1].spo2 == 80
        assert samples[38 * 60].spo2 > round(body.state(now + 38).spo2)


@warped
async def test_a_newer_device_sends_only_what_it_is_asked_for() -> None:
    async with oximeter("9") as (near, _, _):
        assert await heard(near, "9", 5) == []
        await near.write(START)
        assert len(await heard(near, "9", 10)) == pytest.approx(600, abs=2)
        await near.write(STOP)
        assert (await near.read()).endswith(b"\x0c\x80")
        assert await heard(near, "9", 5) == []


@warped
async def test_a_newer_device_falls_silent_when_it_is_not_asked_again() -> None:
    async with oximeter("9") as (near, _, _):
        await near.write(START)
        assert len(await heard(near, "9", 60)) == pytest.approx(30 * 60, abs=2)


@warped
async def test_a_newer_device_has_a_perfusion_index() -> None:
    async with oximeter("9") as (near, _, body):
        await near.write(START)
        last = (await heard(near, "9", 10))[-1]
        seen = body.state(asyncio.get_running_loop().time()).perfusion_index
        assert last.perfusion_index == pytest.approx(100 * seen, rel=0.2)


@warped
async def test_the_same_seed_sends_the_same_bytes() -> None:
    async def bytes_of_a_minute() -> list[Sample]:
        async with oximeter("5") as (near, _, _):
            return await heard(near, "5", 10)

    assert await bytes_of_a_minute() == await bytes_of_a_minute()


@warped
async def test_it_ends_with_its_line() -> None:
    near, far = memory_pair()
    clock = WarpClock()
    device = ContecCms50(Body(3, Route.INTRAMUSCULAR, clock.now()), clock, variant="9")
    running = asyncio.create_task(device.run(far))
    await asyncio.sleep(1)
    near.pull_plug()
    with pytest.raises(LinkLostError):
        await running


async def test_a_faster_clock_gets_its_frames_too() -> None:
    clock = Clock(50)
    async with oximeter("5", clock=clock) as (near, device, _):
        began = clock.now()
        for _ in range(20):
            await near.read()
        assert device.frames == pytest.approx(60 * (clock.now() - began), rel=0.3)
        assert device.frames > 20 * 10
