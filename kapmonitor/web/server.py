"""Runs the dashboard inside the service's own loop; signals stay the service's business."""

from __future__ import annotations

import asyncio
import errno
import re
import socket
import ssl
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import uvicorn
from fastapi import FastAPI

from kapmonitor.errors import ConfigError
from kapmonitor.web.feed import LiveFeed

BIND = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\[\]:]+):(?P<port>[0-9]{1,5})")
GRACE_S = 1
STALLED_MS = 30_000
MESSAGE_LIMIT = 4096  # pages have nothing to say on their socket


class _Server(uvicorn.Server):
    """Leaves signals alone, and says when it answers."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._started = started

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._started()


class Tls(NamedTuple):
    """The files of a certificate and its key, PEM both."""

    certificate: Path
    key: Path


async def serve(
    app: FastAPI,
    bind: str,
    *,
    ready: Callable[[str], None],
    tls: Tls | None = None,
    proxies: Sequence[str] = (),
) -> None:
    """Serve `app` and its live feed at `bind` (`host:port`; port 0 = any free one) until cancelled.

    `ready` gets the address, such as `http://127.0.0.1:8000/`, as soon as it answers. `proxies`: addresses
    whose `X-Forwarded-For` and `-Proto` are believed; nobody else's are.

    Raises:
        ConfigError: `bind` makes no sense, the port cannot be had, or the certificate cannot be used.
    """
    feed: LiveFeed = app.state.feed
    context = None if tls is None else _context(tls)
    listener = _listen(bind)
    host, port = listener.getsockname()[:2]
    scheme = "http" if context is None else "https"
    address = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/"
    server = _Server(_config(app, context, proxies), lambda: ready(address))
    async with asyncio.TaskGroup() as tasks:
        feeding = tasks.create_task(feed.run())
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.shield(serving)
        finally:
            feeding.cancel()
            await _stop(server, serving)


async def _stop(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    """Close every connection; one that does not take its goodbye within a second is cut."""
    server.should_exit = True
    await asyncio.wait({serving})
    for connection in list(server.server_state.connections):
        connection.transport.abort()


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # TLS 1.2 and newer, with what Python holds to be safe
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except OSError as error:  # an SSLError, too
        remedy = "make one with kapmonitor certificate"
        raise ConfigError([f"dashboard.tls: {tls.certificate} with {tls.key}: {error}; {remedy}"]) from None
    return context


def _config(app: FastAPI, context: ssl.SSLContext | None, proxies: Sequence[str]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=MESSAGE_LIMIT,
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=bool(proxies),  # uvicorn by itself believes every process of this machine
        forwarded_allow_ips=list(proxies),
        ssl_context_factory=None if context is None else lambda _config, _made: context,
        timeout_graceful_shutdown=GRACE_S,
    )


def _listen(bind: str) -> socket.socket:
    match = BIND.fullmatch(bind)
    if match is None or int(match["port"]) > 0xFFFF:  # noqa: PLR2004 - the largest port there is
        raise ConfigError([f"dashboard bind `{bind}`: write host:port, such as 127.0.0.1:8000"])
    host, port = match["host"].strip("[]"), int(match["port"])
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # a page that never reads: the kernel drops it and its buffer
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_MS)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConfigError([f"dashboard bind `{bind}`: {_advice(error, host, port)}"]) from error
    return listener


def _advice(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} is taken by another program; stop that one or choose another port"
        case errno.EACCES:
            return f"port {port} is for the system administrator only; choose one above 1023"
        case errno.EADDRNOTAVAIL:
            return f"this machine has no address {host}; 127.0.0.1 is always there"
        case _:
            return error.strerror or str(error)
