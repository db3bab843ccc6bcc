"""A Polar H10 over the air: its ECG starts after its heart rate, settles first, is stopped at every end."""

from __future__ import annotations

import asyncio
import logging

import pytest

from drivers.heart_rate_strap import PolarH10
from kapmonitor.codecs.polar_pmd import RATE_HZ
from kapmonitor.errors import LinkLostError
from kapmonitor.model import Waveform
from simulators import polar_h10
from simulators.heart_rate_strap import HeartRateStrap
from tests.bluetooth import STRAP, Heard, driving, hearing, person, room
from tests.warp import WarpClock, warped


def ecg(heard: Heard) -> list[float]:
    pieces = [each for each in heard.all if isinstance(each, Waveform)]
    assert all((each.quantity, each.rate_hz) == ("ecg", RATE_HZ) for each in pieces)
    return [value for each in pieces for value in each.values]


def streams(strap: polar_h10.PolarH10) -> bool:
    return strap.streaming


@warped
async def test_the_ecg_comes_at_its_rate_and_without_the_drift_of_its_electrodes() -> None:
    clock = WarpClock()
    body = person(clock)
    strap, driver = polar_h10.PolarH10(body, clock, seed=1), PolarH10(clock)
    async with hearing(clock, strap, driver) as heard:
        while not streams(strap):
            await clock.sleep(0.05)
        began = clock.now()
        await clock.sleep(2.5)
        assert not ecg(heard), "the first three seconds are drift"
        await clock.sleep(20)
        samples = ecg(heard)
        assert len(samples) == pytest.approx((clock.now() - began - 3) * RATE_HZ, rel=0.05)
        beats = len(body.beats(clock.now() - len(samples) / RATE_HZ, clock.now()))
        peaks = [a < b >= c and b > 600 for a, b, c in zip(samples, samples[1:], samples[2:], strict=False)]
        assert sum(peaks) == pytest.approx(beats, abs=1)
        assert max(samples[:130]) < 1300
        assert len(heard.readings("heart_rate")) > 15
        assert heard.readings("rr_interval")
        assert heard.readings("battery")
    assert driver.model == "Polar H10"
    assert not streams(strap)
    assert strap.stops == 1


@warped
async def test_a_stream_that_a_killed_service_left_running_is_taken_over() -> None:
    clock = WarpClock()
    strap = polar_h10.PolarH10(person(clock), clock, seed=1)
    strap.streaming = True
    async with hearing(clock, strap, PolarH10(clock)) as heard:
        await heard.until(lambda: bool(ecg(heard)))
    assert not streams(strap)


def test_without_the_larger_mtu_there_is_no_ecg_and_the_heart_rate_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @warped
    async def small() -> None:
        clock = WarpClock()
        strap = polar_h10.PolarH10(person(clock), clock, seed=1)
        strap.least_mtu = 500
        async with hearing(clock, strap, PolarH10(clock)) as heard:
            await heard.until(lambda: len(heard.readings("heart_rate")) > 10)
            assert not ecg(heard)
        assert strap.starts == 3

    with caplog.at_level(logging.WARNING, logger="drivers"):
        small()
    assert "no ECG (invalid MTU)" in caplog.text


@warped
async def test_a_strap_without_the_service_is_read_as_any_other() -> None:
    clock = WarpClock()
    async with hearing(clock, HeartRateStrap(person(clock), clock, seed=1), PolarH10(clock)) as heard:
        await heard.until(lambda: len(heard.readings("heart_rate")) > 5)


@warped
async def test_one_that_is_carried_away_and_back_streams_again() -> None:
    clock = WarpClock()
    strap, driver = polar_h10.PolarH10(person(clock), clock, seed=1), PolarH10(clock)
    async with room(clock, (strap, STRAP)) as (_, adapter):
        heard = Heard()
        async with adapter.connector(STRAP)() as link:
            running = asyncio.create_task(driver.run(link, heard.report))
            await heard.until(lambda: bool(ecg(heard)))
            strap.out_of_range()
            with pytest.raises(LinkLostError):
                await running
        strap.in_range()
        async with driving(driver, adapter, STRAP) as again:
            await again.until(lambda: bool(ecg(again)))
        assert not streams(strap)
