"""Simulated ports: found by name, outliving whoever opens them, never stale."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from kapmonitor.device import SerialSettings
from kapmonitor.errors import ConfigError, LinkLostError
from kapmonitor.transports.serial import serial_connector
from simulators.wire import pty_port, tcp_port


async def test_a_port_is_found_by_its_name_and_gone_afterwards(tmp_path: Path) -> None:
    name = str(tmp_path / "oximeter-1")
    async with pty_port(name) as (url, far):
        assert url == name
        assert Path(name).stat().st_mode & 0o777 == 0o600
        async with serial_connector(url, SerialSettings())() as near:
            await far.write(b"here")
            assert await near.read() == b"here"
    assert not os.path.lexists(name)


async def test_a_port_takes_the_place_of_one_left_behind(tmp_path: Path) -> None:
    name = tmp_path / "oximeter-1"
    name.symlink_to("/dev/pts/gone")
    async with pty_port(str(name)):
        assert name.exists()


async def test_what_is_no_link_is_never_replaced(tmp_path: Path) -> None:
    name = tmp_path / "precious"
    name.write_text("data")
    with pytest.raises(ConfigError, match="choose another path"):
        await pty_port(str(name)).__aenter__()
    assert name.read_text() == "data"


async def test_a_link_that_somebody_else_took_over_stays(tmp_path: Path) -> None:
    name = str(tmp_path / "oximeter-1")
    async with pty_port(name):
        async with pty_port(name) as (_, far):
            await far.write(b"x")
            later = Path(name).readlink()
        assert not os.path.lexists(name)
    assert str(later).startswith("/dev/pts/")


async def test_a_device_that_nobody_hears_never_waits_and_is_heard_fresh() -> None:
    async with pty_port() as (url, far):
        for _ in range(200):
            await far.write(b"stale" * 100)
        terminal = os.open(url, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            waiting = 0
            while True:
                try:
                    waiting += len(os.read(terminal, 65_536))
                except BlockingIOError:
                    break
            assert waiting < 100_000
        finally:
            os.close(terminal)


async def test_a_serial_server_takes_one_caller_at_a_time() -> None:
    async with tcp_port() as (url, far):
        await far.write(b"nobody there")
        async with serial_connector(url, SerialSettings())() as near:
            await near.write(b"first")
            assert await far.read() == b"first"
            async with serial_connector(url, SerialSettings())() as second:
                with pytest.raises(LinkLostError):
                    await second.read()
            await far.write(b"still yours")
            assert await near.read() == b"still yours"


async def test_the_device_learns_that_its_port_is_gone() -> None:
    async with tcp_port() as (_, far):
        reading = asyncio.create_task(far.read())
        await asyncio.sleep(0)
    with pytest.raises(LinkLostError):
        await reading
