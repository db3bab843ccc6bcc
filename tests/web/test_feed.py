"""The live feed: whole pictures, at once when it matters; a slow page costs nobody anything."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from kapmonitor.people import User
from kapmonitor.web.access import IDLE_S, STAFF, Access
from kapmonitor.web.displays import Displays
from kapmonitor.web.feed import WAVE_FRAMES_KEPT, Client
from kapmonitor.web.frames import WaveBlock, encode_waves
from kapmonitor.web.guard import Guard
from kapmonitor.web.socket import LiveSocket
from tests.web.clinic import Clinic
from tests.web.conftest import Dashboard, running


async def picture(connection: ClientConnection, wanted: Callable[[Any], bool] = lambda _: True) -> Any:
    """The next picture that is as `wanted`."""
    async with asyncio.timeout(30):
        async for frame in connection:
            assert isinstance(frame, bytes)
            if frame.startswith(b"{"):
                found = json.loads(frame)
                if wanted(found):
                    return found
    raise AssertionError("the feed ended")


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not happened():
            await asyncio.sleep(0.01)


async def test_a_page_gets_the_whole_picture_at_once_and_then_every_second(
    dashboard: Dashboard, clinic: Clinic
) -> None:
    clinic.open(1)
    clinic.vitals(1, spo2=97)
    clinic.health.reasons.append("The broker does not answer.")
    async with dashboard.socket() as connection:
        first = await picture(connection)
        assert (first["site"], first["speed"], first["simulated"]) == ("north-clinic", 1.0, True)
        assert first["problems"] == ["The broker does not answer."]
        assert len(first["picture"]["places"]) == 3
        assert first["picture"]["places"][0]["session"]["values"]["spo2"]["value"] == 97
        second = await picture(connection)
        assert second["seq"] > first["seq"]
        assert second["picture"]["ts"] > first["picture"]["ts"]


async def test_alarm_and_value_are_of_the_same_picture(dashboard: Dashboard, clinic: Clinic) -> None:
    clinic.open(1)
    async with dashboard.socket() as connection:
        await picture(connection)
        clinic.vitals(1, spo2=85)
        clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88")
        found = await picture(connection, lambda frame: bool(frame["picture"]["alarms"]))
        assert found["picture"]["alarms"][0]["text"] == "SpO2 85 < 88"
        assert found["picture"]["places"][0]["session"]["values"]["spo2"]["value"] == 85


async def test_one_encoding_serves_all_pages(dashboard: Dashboard, clinic: Clinic) -> None:
    async with dashboard.socket() as one, dashboard.socket() as other:
        await picture(one)
        await picture(other)
        clinic.alarm(1, "spo2-low", "high", "SpO2 85 < 88")
        seen = [await picture(each, lambda frame: bool(frame["picture"]["alarms"])) for each in (one, other)]
        assert seen[0] == seen[1]


async def test_waves_arrive_as_they_were_measured(dashboard: Dashboard, clinic: Clinic) -> None:
    async with dashboard.socket() as connection:
        await picture(connection)
        clinic.feed.wave("s-1", "pleth", [1.0, 2.5, -3.0], 60.0, 123.5)
        async with asyncio.timeout(30):
            while not (frame := await connection.recv(decode=False)).startswith(b"\x01"):
                pass
        assert frame == encode_waves([WaveBlock("s-1", "pleth", 123.5, 60.0, [1.0, 2.5, -3.0])])
    clinic.feed.wave("s-1", "pleth", [1.0], 60.0, 124.0)
    await until(lambda: not clinic.feed.clients)
    assert not clinic.feed._blocks or len(clinic.feed._blocks) == 1  # nobody looks: nothing is gathered


async def test_of_a_hundred_rooms_no_wave_is_dropped_and_a_flood_stays_bounded() -> None:
    """Each says a second of 60 pieces before anything is sent, ten times what the feed waits for."""
    feed = Clinic(100).feed

    def second(session: str, start: int) -> WaveBlock:
        return WaveBlock(session, "pleth", start / 60, 60.0, [float(start + n) for n in range(60)])

    with feed.client() as client:
        await client.next()
        for piece in range(60):
            for n in range(100):
                feed.wave(f"s-{n}", "pleth", [float(piece)], 60.0, piece / 60)
        feed._send_waves()
        assert await client.next() == encode_waves(second(f"s-{n}", 0) for n in range(100))
        for piece in range(120_000):
            feed.wave("s-1", "pleth", [float(piece)], 60.0, piece / 60)
        feed._send_waves()
        newest = [second("s-1", start) for start in range(60_000, 120_000, 60)]
        assert await client.next() == encode_waves(newest)


@pytest.mark.parametrize(
    ("at", "rate_hz", "blocks"),
    [(1 / 60, 60.0, 1), (0.4, 60.0, 1), (0.6, 60.0, 2), (-0.6, 60.0, 2), (1 / 60, 130.0, 2)],
)
async def test_samples_after_a_gap_or_at_another_rate_are_a_block_of_their_own(
    at: float, rate_hz: float, blocks: int
) -> None:
    feed = Clinic(1).feed
    with feed.client() as client:
        await client.next()
        feed.wave("s-1", "pleth", [1.0], 60.0, 0.0)
        feed.wave("s-1", "pleth", [2.0], rate_hz, at)
        feed._send_waves()
        apart = [WaveBlock("s-1", "pleth", 0.0, 60.0, [1.0]), WaveBlock("s-1", "pleth", at, rate_hz, [2.0])]
        together = [WaveBlock("s-1", "pleth", 0.0, 60.0, [1.0, 2.0])]
        assert await client.next() == encode_waves(together if blocks == 1 else apart)


def test_the_layout_of_a_wave_frame() -> None:
    frame = encode_waves(
        [WaveBlock("s-1", "pleth", 2.0, 60.0, [1.0]), WaveBlock("s-22", "ecg", 3.0, 130.0, [])]
    )
    assert frame[:1] == b"\x01"
    assert frame[1:17] == struct.pack("<BBHfd", 3, 5, 1, 60.0, 2.0)
    assert frame[17:25] == b"s-1pleth"
    assert frame[25:29] == struct.pack("<f", 1.0)
    assert frame[29:45] == struct.pack("<BBHfd", 4, 3, 0, 130.0, 3.0)
    assert frame[45:] == b"s-22ecg"


async def test_what_a_page_did_not_take_is_replaced_or_dropped_oldest_first() -> None:
    client = Client()
    for n in range(100):
        client.offer_picture(b"{%d" % n)
        client.offer_waves(b"\x01%d" % n)
    assert client.waiting == WAVE_FRAMES_KEPT + 1
    assert client.dropped == 99 + 100 - WAVE_FRAMES_KEPT
    assert await client.next() == b"{99"
    taken = [await client.next() for _ in range(WAVE_FRAMES_KEPT)]
    assert taken == [b"\x01%d" % n for n in range(100 - WAVE_FRAMES_KEPT, 100)]
    assert client.waiting == 0


async def test_a_page_that_never_reads_costs_no_memory_and_is_closed(password_hash: str) -> None:
    clinic = Clinic(12)
    access = Access([User(STAFF, password_hash)])
    app = FastAPI()
    app.state.feed = clinic.feed
    displays = Displays()
    LiveSocket(clinic.feed, access, displays, stalled_s=1.0).add_to(app)
    app.add_middleware(Guard, access=access, displays=displays, https=False)
    async with running(app) as url:
        silent = await open_and_never_read(url, access.begin("staff"))
        await until(lambda: len(clinic.feed.clients) == 1)
        (client,) = clinic.feed.clients
        most = 0
        while clinic.feed.clients:  # until it is closed
            for _ in range(20):
                clinic.feed._send_picture()
                most = max(most, client.waiting)
                await asyncio.sleep(0)
            await asyncio.sleep(0.01)
        assert client.dropped > 0
        assert most <= WAVE_FRAMES_KEPT + 1
        silent.close()


async def open_and_never_read(url: str, token: str) -> socket.socket:
    """A socket with little room, upgraded to the live feed."""
    origin = url.rstrip("/")
    host, port = origin.removeprefix("http://").split(":")
    silent = socket.socket()
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    silent.settimeout(0)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(silent, (host, int(port)))
    request = (
        f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {origin}\r\nCookie: kap={token}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    await loop.sock_sendall(silent, request.encode())
    return silent


async def test_logging_out_closes_the_feed_with_a_code_that_says_so(dashboard: Dashboard) -> None:
    token = dashboard.access.begin("staff")
    async with dashboard.socket(cookie=f"kap={token}") as connection:
        await picture(connection)
        dashboard.access.end(token)
        async with asyncio.timeout(30):
            with contextlib.suppress(ConnectionClosed):
                while await connection.recv():  # what was on its way
                    pass
    assert connection.close_code == 4401


async def test_a_watched_wall_is_not_logged_out(dashboard: Dashboard) -> None:
    token = dashboard.access.begin("staff")
    login = dashboard.access.use(token)
    assert login is not None
    async with dashboard.socket(cookie=f"kap={token}") as connection:
        await picture(connection)
        login.used = left = dashboard.access.now() - IDLE_S / 2
        await until(lambda: login.used > left)


async def test_what_pages_say_on_the_socket_is_not_heard(dashboard: Dashboard) -> None:
    async with dashboard.socket() as connection:
        await connection.send('{"acknowledge": "spo2-low-1"}')
        await connection.send(b"\x00\xff")
        await picture(connection)
        await picture(connection)
    assert dashboard.clinic.staff.done == []
