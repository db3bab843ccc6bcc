"""A TCP or TLS connection that can be given up at any moment: no thread waits for it."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Callable

from kapmonitor.mqtt.errors import BrokerError, too_late
from kapmonitor.mqtt.server import Server


async def open_socket(server: Server, timeout_s: float) -> socket.socket:
    """A connected, non-blocking socket without Nagle's delay, its TLS handshake done where there is TLS.

    QoS 0 and QoS 1 on one connection with Nagle's delay stall each other for seconds.

    Raises:
        BrokerError: nobody there, no such name, a certificate we do not trust, or nothing in `timeout_s`.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _opened(server)
    except TimeoutError as error:
        raise too_late(timeout_s) from error
    except OSError as error:
        raise _unreachable(error) from error


async def _opened(server: Server) -> socket.socket:
    sock = await _connected(server)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock if server.tls is None else await _handshaken(sock, server.tls, server.host)
    except BaseException:
        sock.close()
        raise


async def _connected(server: Server) -> socket.socket:
    loop = asyncio.get_running_loop()
    addresses = await loop.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    failure = OSError(f"{server.host} has no address")
    for family, kind, protocol, _, address in addresses:
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
        try:
            await loop.sock_connect(sock, address)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


async def _handshaken(sock: socket.socket, tls: ssl.SSLContext, host: str) -> ssl.SSLSocket:
    loop = asyncio.get_running_loop()
    wrapped = tls.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    try:
        while True:
            try:
                wrapped.do_handshake()
            except ssl.SSLWantReadError:
                await _ready(wrapped, loop.add_reader, loop.remove_reader)
            except ssl.SSLWantWriteError:
                await _ready(wrapped, loop.add_writer, loop.remove_writer)
            else:
                return wrapped
    except BaseException:
        wrapped.close()
        raise


async def _ready(
    sock: socket.socket,
    watch: Callable[[socket.socket, Callable[[], None]], None],
    unwatch: Callable[[socket.socket], bool],
) -> None:
    ready = asyncio.Event()
    watch(sock, ready.set)
    try:
        await ready.wait()
    finally:
        unwatch(sock)


def _unreachable(error: OSError) -> BrokerError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return BrokerError(
            "cannot be trusted", error.verify_message, "check its certificate and its name in [mqtt] servers"
        )
    if isinstance(error, ssl.SSLError):
        return BrokerError("speaks no TLS with us", error.reason or "no reason", "look into the broker's log")
    code = error.errno or 0  # asyncio repeats the address in its words; an unknown name has a code below 0
    reason = os.strerror(code) if code > 0 else error.strerror or str(error)
    return BrokerError("does not answer", reason.lower())
