"""Serial ports on real pseudo-terminals and sockets: reading, writing, and every way in which they fail."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
import termios
import threading
import tty
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import serial
from serial.rfc2217 import PortManager

from kapmonitor.device import ByteLink, SerialSettings
from kapmonitor.errors import DeviceNotFoundError, LinkLostError
from kapmonitor.transports import serial as transport
from kapmonitor.transports.inbox import BACKLOG_BYTES
from kapmonitor.transports.serial import serial_connector
from simulators.wire import pty_port, tcp_port

EVERY_BYTE = bytes(range(256))


async def read_all(link: ByteLink, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += await link.read()
    return data


@asynccontextmanager
async def near_and_far() -> AsyncIterator[tuple[ByteLink, ByteLink]]:
    async with pty_port() as (url, far), serial_connector(url, SerialSettings(19_200, "O"))() as near:
        yield near, far


async def test_every_byte_passes_a_terminal_both_ways() -> None:
    """XON, XOFF, newline, interrupt: a terminal must not touch any of them."""
    async with near_and_far() as (near, far):
        await far.write(EVERY_BYTE)
        assert await read_all(near, 256) == EVERY_BYTE
        await near.write(EVERY_BYTE)
        assert await read_all(far, 256) == EVERY_BYTE


async def test_a_full_line_makes_the_writer_wait_and_loses_nothing() -> None:
    async with near_and_far() as (near, far):
        data = EVERY_BYTE * 800
        writing = asyncio.create_task(near.write(data))
        assert await read_all(far, len(data)) == data
        await writing


async def test_what_nobody_reads_stays_bounded_and_fresh() -> None:
    async with near_and_far() as (near, far):
        for number in range(300):
            await far.write(bytes([number % 256]) * 1000)
            await asyncio.sleep(0)
        await far.write(b"end")
        got = b""
        while not got.endswith(b"end"):
            got = await near.read()
            assert len(got) <= BACKLOG_BYTES


async def test_speed_and_parity_can_be_changed_while_the_port_is_open() -> None:
    async with pty_port() as (url, _), serial_connector(url, SerialSettings(9600))() as near:
        near.configure(SerialSettings(115_200))
        terminal = os.open(url, os.O_RDWR | os.O_NOCTTY)
        try:
            assert termios.tcgetattr(terminal)[4] == termios.B115200
        finally:
            os.close(terminal)


async def test_a_device_that_vanishes_while_read_is_a_lost_link() -> None:
    async with pty_port() as (url, far):
        await far.write(b"half a fr")
        port = serial_connector(url, SerialSettings())()
        near = await port.__aenter__()
        await far.write(b"ame")
        assert await near.read()
        reading = asyncio.create_task(near.read())
        await asyncio.sleep(0)
    try:
        with pytest.raises(LinkLostError, match="is gone"):
            await reading
        with pytest.raises(LinkLostError, match="is gone"):
            await near.write(b"hello?")
    finally:
        await port.__aexit__(None, None, None)


async def test_a_writer_who_waits_for_room_learns_that_the_device_is_gone() -> None:
    device, terminal = os.openpty()
    tty.setraw(terminal)
    port = serial_connector(os.ttyname(terminal), SerialSettings())()
    near = await port.__aenter__()
    writing = asyncio.create_task(near.write(EVERY_BYTE * 4000))
    await asyncio.sleep(0.05)
    assert not writing.done()
    os.close(terminal)
    os.close(device)
    with pytest.raises(LinkLostError, match="is gone"):
        await asyncio.wait_for(writing, 30)
    await port.__aexit__(None, None, None)


async def test_a_port_can_be_opened_again_and_again() -> None:
    async with pty_port() as (url, far):
        for round_ in range(3):
            async with serial_connector(url, SerialSettings())() as near:
                await far.write(bytes([round_]))
                assert await near.read() == bytes([round_])


async def test_a_second_program_is_kept_out() -> None:
    async with pty_port() as (url, _), serial_connector(url, SerialSettings())():
        with pytest.raises(DeviceNotFoundError, match="another program uses it"):
            await serial_connector(url, SerialSettings())().__aenter__()


async def refused(url: str) -> str:
    with pytest.raises(DeviceNotFoundError) as caught:
        await serial_connector(url, SerialSettings())().__aenter__()
    return str(caught.value)


async def test_a_port_that_does_not_exist_is_named_with_what_to_do() -> None:
    text = await refused("/dev/serial/by-path/nothing-here")
    assert "/dev/serial/by-path/nothing-here" in text
    assert "plug the device in" in text


async def test_what_is_no_port_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert str(file) in await refused(str(file))
    assert str(tmp_path) in await refused(str(tmp_path))
    assert "carrier-pigeon" in await refused("carrier-pigeon://roof")
    assert "socket://nowhere" in await refused("socket://nowhere")


async def test_a_server_where_nobody_listens_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        text = await refused(f"socket://127.0.0.1:{taken.getsockname()[1]}")
    assert "nobody listens there" in text


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_a_port_of_another_group_is_explained(number: int) -> None:
    """As root no real port is closed to a test."""
    error = serial.SerialException(number, "could not open port")
    assert "dialout" in transport._reason(error)


async def test_ports_work_beyond_the_descriptors_that_select_can_take() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as open_files:
        open_files.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
        for _ in range(1100):
            open_files.enter_context(Path(os.devnull).open("rb"))
        async with near_and_far() as (near, far):
            await far.write(b"heard")
            assert await near.read() == b"heard"


async def test_a_serial_server_on_the_network() -> None:
    async with tcp_port() as (url, far):
        async with serial_connector(url, SerialSettings())() as near:
            await near.write(b"there")
            assert await far.read() == b"there"
            await far.write(EVERY_BYTE)
            assert await read_all(near, 256) == EVERY_BYTE
        async with serial_connector(url, SerialSettings())() as near:
            await near.write(b"again")
            assert await far.read() == b"again"


async def test_a_serial_server_that_hangs_up_is_a_lost_link() -> None:
    async with tcp_port() as (url, far):
        port = serial_connector(url, SerialSettings())()
        near = await port.__aenter__()
        await near.write(b"x")
        await far.read()
    try:
        with pytest.raises(LinkLostError, match="is gone"):
            await near.read()
    finally:
        await port.__aexit__(None, None, None)


async def test_a_port_that_only_a_thread_can_read() -> None:
    async with serial_connector("loop://", SerialSettings())() as near:
        near.configure(SerialSettings(115_200))
        await near.write(EVERY_BYTE)
        assert await read_all(near, 256) == EVERY_BYTE
    assert not [each for each in threading.enumerate() if "_read_on" in each.name]


@contextmanager
def rfc2217_server() -> Iterator[str]:
    """pyserial's own server side, in front of a line that echoes: a foreign peer for `rfc2217://`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        line = serial.serial_for_url("loop://", timeout=0.05)

        class Client:
            def write(self, data: bytes) -> None:
                connection.sendall(data)

        manager = PortManager(line, Client())  # type: ignore[arg-type] # its stubs know one kind of port only
        echo = threading.Thread(target=forward, args=(line, manager, connection))
        echo.start()
        try:
            while data := connection.recv(1024):
                line.write(b"".join(manager.filter(data)))
        finally:
            line.close()
            echo.join()
            connection.close()

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    try:
        yield f"rfc2217://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        server.join(10)


def forward(line: serial.Serial, manager: PortManager, connection: socket.socket) -> None:
    while line.is_open:
        data = line.read(1)
        if data:
            connection.sendall(b"".join(manager.escape(data)))


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial's own
async def test_a_serial_server_that_knows_about_lines() -> None:
    with rfc2217_server() as url:
        async with serial_connector(url, SerialSettings(9600))() as near:
            near.configure(SerialSettings(19_200, "O"))
            await near.write(EVERY_BYTE)
            assert await read_all(near, 256) == EVERY_BYTE


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial's own
async def test_a_port_that_hangs_while_it_opens_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "OPEN_TIMEOUT_S", 0.3)
    threads = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        opening = asyncio.create_task(refused(f"rfc2217://127.0.0.1:{silent.getsockname()[1]}?timeout=1"))
        turns = 0
        while not opening.done():
            await asyncio.sleep(0.01)
            turns += 1
        while threading.active_count() > threads:  # pyserial gives up in its own time
            await asyncio.sleep(0.05)
    assert "did not open within" in opening.result()
    assert turns > 1


async def test_giving_up_while_a_port_opens_leaves_it_closed() -> None:
    """The thread that opens it goes on, and closes it again."""
    async with pty_port() as (url, _):
        opening = asyncio.create_task(serial_connector(url, SerialSettings())().__aenter__())
        await asyncio.sleep(0)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        while True:
            try:
                async with serial_connector(url, SerialSettings())():
                    return
            except DeviceNotFoundError:
                await asyncio.sleep(0.05)
