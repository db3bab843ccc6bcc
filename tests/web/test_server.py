"""Serving inside the service: clear errors for a port that cannot be had, and a quick end."""

from __future__ import annotations

import asyncio
import signal
import socket

import httpx2
import pytest

from kapmonitor.errors import ConfigError
from kapmonitor.web import STAFF, Access, User, create_app, serve
from tests.web.clinic import Clinic
from tests.web.conftest import Dashboard, running
from tests.web.test_feed import open_and_never_read


async def nothing_served(bind: str) -> str:
    clinic = Clinic()
    app = create_app(clinic.feed, clinic.staff, Access([]))
    with pytest.raises(ConfigError) as refused:
        await serve(app, bind, ready=lambda url: pytest.fail(f"serves {url}"))
    return str(refused.value)


async def test_a_port_that_is_taken_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        text = await nothing_served(f"127.0.0.1:{port}")
    assert text == (
        f"dashboard bind `127.0.0.1:{port}`: port {port} is taken by another program; "
        "stop that one or choose another port"
    )


@pytest.mark.parametrize("bind", ["8000", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:70000", "", "::1:80"])
async def test_a_bind_that_makes_no_sense_is_shown_one_that_does(bind: str) -> None:
    assert "write host:port, such as 127.0.0.1:8000" in await nothing_served(bind)


async def test_an_address_of_another_machine_is_refused() -> None:
    assert "this machine has no address 192.0.2.7" in await nothing_served("192.0.2.7:0")


async def test_it_ends_with_pages_open_and_the_port_is_free_again(clinic: Clinic, password_hash: str) -> None:
    access = Access([User(STAFF, password_hash)])
    app = create_app(clinic.feed, clinic.staff, access)
    async with running(app) as url:
        dashboard = Dashboard(clinic, access, app, url)
        silent = await open_and_never_read(url, access.begin("staff"))
        connection = await dashboard.socket()
        await connection.recv()
    await connection.wait_closed()
    assert connection.close_code == 1012  # the service restarts: come again
    silent.close()
    async with running(app, url.removeprefix("http://").rstrip("/")) as again:
        assert again == url
        async with httpx2.AsyncClient() as client:
            assert (await client.get(f"{again}healthz")).status_code == 200


async def test_signals_stay_the_service_s_business(dashboard: Dashboard) -> None:
    assert dashboard.url
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert asyncio.get_running_loop().is_running()
